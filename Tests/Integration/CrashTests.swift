import Foundation
import Testing

/// `kill -9` at any moment: what was answered 250 is delivered all the same.
@Suite(.serialized, .timeLimit(.minutes(15))) struct CrashTests {
    private static let rounds = 20
    private static let burst = 500
    private static let senders = (1...12).map { "sender\($0)@contoso.com" }

    private struct Report: Decodable { var acknowledged: [String: String] }

    /// Each round kills the process behind a random number of acknowledgements, while others are on their way and earlier
    /// mail is being delivered, and starts it again on what it left behind.
    @Test func nothingAcknowledgedIsLost() async throws {
        var random = SystemRandomNumberGenerator()
        var acknowledged: [String: String] = [:]
        try await Scenario.run(started: false) { scenario in
            for round in 1...Self.rounds {
                try await scenario.gateway.start()
                let after = Int.random(in: 1..<Self.burst, using: &random)
                let taken = try await burst(round, killAfter: after, scenario)
                #expect(taken.count >= after, "round \(round)")
                acknowledged.merge(taken) { $1 }
                #expect(await (try scenario.gateway.program.ending(within: .seconds(60)))?.bySignal == true)
            }
            try await scenario.gateway.start()
            try await check(acknowledged, scenario)
        }
    }

    private func burst(_ round: Int, killAfter: Int, _ scenario: Scenario) async throws -> [String: String] {
        try await Python.run(
            "burst.py",
            [
                "--port", "\(scenario.gateway.port)", "--count", "\(Self.burst)", "--senders",
                Self.senders.joined(separator: ","), "--prefix", "round\(round)", "--connections", "10", "--kill",
                "\(try scenario.gateway.program.pid)", "--after", "\(killAfter)",
            ], as: Report.self
        ).acknowledged
    }

    private func check(_ acknowledged: [String: String], _ scenario: Scenario) async throws {
        try await scenario.gateway.store.counts("drained", within: .seconds(300)) {
            $0.keys.allSatisfy { $0 == "S" }
        }
        let captured = try await scenario.emulator.messages()
        let copies = Dictionary(grouping: captured, by: \.subject).mapValues(\.count)
        let lost = acknowledged.keys.filter { copies[$0] == nil }.sorted()
        #expect(lost.isEmpty, "\(lost.count) of \(acknowledged.count) lost, such as \(lost.prefix(5))")
        let rows = try await scenario.gateway.store.rows()
        let ids = Set(rows.map(\.id))
        #expect(acknowledged.values.allSatisfy(ids.contains), "an acknowledged message has no row")
        let unknown = Set(try await scenario.gateway.store.attempts("outcome = 'unknown'").map(\.emailId))
        let doubled = rows.filter { copies[$0.subject ?? "", default: 0] > 1 && !unknown.contains($0.id) }
        #expect(doubled.isEmpty, "\(doubled.count) sent twice without an unknown outcome: \(doubled.prefix(5))")
    }

    /// A large message lies in a spool file, and that is as safe.
    @Test func aLargeMessageSurvivesToo() async throws {
        let corpus = try await Corpus.make()
        try await Scenario.run { scenario in
            try await scenario.emulator.addFault(#"{"preset": "outage"}"#)
            _ = try await Python.run(
                "smtplib_client.py",
                ["\(scenario.gateway.port)", Corpus.sender, Corpus.recipient, corpus.directory.path("large.eml")])
            try await scenario.gateway.kill()
            try await scenario.emulator.removeFaults()
            try await scenario.gateway.start()
            let message = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(WireMessage(message.bytes).body == WireMessage(try corpus.directory.read("large.eml")).body)
        }
    }

    /// The process dies while Microsoft has the message and has not answered: the attempt is on record as unknown.
    @Test func anAttemptUnderWayIsAnUnknownOutcome() async throws {
        try await Scenario.run(emulator: #"{"graph": {"latency": 3600}}"#) { scenario in
            let id = try #require(try await scenario.send().first)
            try await scenario.emulator.firstRequest()
            #expect(try await scenario.gateway.store.rows().first?.status == "P")
            try await scenario.gateway.kill()
            try await scenario.emulator.change("settings", #"{"graph": {"latency": 0}}"#)
            try await scenario.gateway.start()
            try await scenario.gateway.store.rows("sent") { $0.first?.status == "S" }
            let attempts = try await scenario.gateway.store.attempts("email_id = '\(id)'")
            #expect(attempts.map(\.outcome) == ["unknown", "accepted"])
        }
    }

    @Test func anAttemptUnderWayIsHeldWhereTheRouteSaysSo() async throws {
        let configuration = GatewayConfiguration(graph: ["on_unknown: hold"])
        try await Scenario.run(configuration, emulator: #"{"graph": {"latency": 3600}}"#) { scenario in
            try await scenario.send()
            try await scenario.emulator.firstRequest()
            try await scenario.gateway.kill()
            try await scenario.gateway.start()
            try await scenario.gateway.store.rows("unknown") { $0.first?.status == "U" }
            #expect(try await scenario.emulator.requests().count == 1)
        }
    }
}
