import EmailLog
import Foundation
import Testing

/// `kill -9` at any moment: what was answered 250 is delivered all the same.
@Suite(.serialized, .timeLimit(.minutes(15))) struct CrashTests {
    private static let kills = 50

    /// Every point by name, twice, and random moments from the start of the process on; all on one store, in any order.
    @Test(arguments: 1...Scale.of(1, long: 20)) func nothingAcknowledgedIsLost(_ seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var deaths = (Death.points + Death.points).map { Death.at($0, using: &random) }
        while deaths.count < Self.kills { deaths.append(Death.sometime(using: &random)) }
        let configuration = GatewayConfiguration(top: ["bounce: {mode: sender}"])
        try await die(deaths.shuffled(using: &random), configuration, "seed \(seed)", settlesSome: true)
    }

    /// The same with SMTP as the path, where a connection of a dead process counts until the far side has noticed.
    @Test(arguments: 1...Scale.of(1, long: 10)) func nothingAcknowledgedIsLostBySMTP(_ seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let deaths =
            [CrashPoint.bytesLeaving, .answered].map { Death.at($0, using: &random) }
            + (0..<2).map { _ in Death.sometime(using: &random) }
        let configuration = GatewayConfiguration(route: ["primary: smtp", "fallback: {on: []}"], smtp: [])
        try await die(deaths.shuffled(using: &random), configuration, "seed \(seed)")
    }

    /// A command that delivers itself, because no service runs, leaves nothing open either.
    @Test func aCommandThatDies() async throws {
        try await Scenario.run(started: false) { scenario in
            let campaign = CrashCampaign(scenario)
            for point in [CrashPoint.committing, .committed, .claimed, .bytesLeaving, .answered, .settled] {
                try await campaign.dieSending(at: point)
            }
            try await campaign.check("commands")
        }
    }

    private func die(
        _ deaths: [Death], _ configuration: GatewayConfiguration, _ what: String, settlesSome: Bool = false
    ) async throws {
        try await Scenario.run(configuration, started: false) { scenario in
            let campaign = CrashCampaign(scenario)
            try await campaign.begin()
            if settlesSome { try await campaign.settleSome() }
            for death in deaths { try await campaign.die(death) }
            try await campaign.check(what)
            #expect(campaign.deaths >= deaths.count)
        }
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
