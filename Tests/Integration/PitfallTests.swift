import Foundation
import Testing

/// What docs/PITFALLS.md tells of and no other suite shows by itself.
@Suite(.serialized, .timeLimit(.minutes(5))) struct PitfallTests {
    @Test("Pitfall 1: many messages on one connection stay many") func manyMessagesOnOneConnection() async throws {
        try await Scenario.run { scenario in
            let ids = try await scenario.send(25, connections: 1)
            #expect(Set(ids).count == 25)
            try await scenario.checkEachOnce(ids)
        }
    }

    @Test("Pitfall 3: the attempt after a throttle sends the whole body") func theBodyIsReadAnew() async throws {
        try await Scenario.run(GatewayConfiguration(retry: Self.quick)) { scenario in
            try await scenario.emulator.addFault(
                #"{"preset": "throttle", "operation": "sendMail", "count": 2, "headers": {"Retry-After": "1"}}"#)
            let text = String(repeating: "A line that must arrive.\r\n", count: 4000)
            try await scenario.submit(Self.header + text)
            let message = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(WireMessage(message.bytes).body == Data(text.utf8))
            let attempts = try await scenario.gateway.store.attempts()
            #expect(attempts.map(\.outcome) == ["throttled", "throttled", "accepted"])
        }
    }

    @Test("Pitfall 5: reception does not wait for a dead connection to Graph") func receptionGoesOn() async throws {
        try await Scenario.run { scenario in
            try await scenario.emulator.addFault(#"{"preset": "stall", "operation": "sendMail", "count": 0}"#)
            let first = try await scenario.send(3, prefix: "stalled")
            try await scenario.gateway.store.counts("they are under way") { $0["P"] == 3 }
            let second = try await scenario.send(40, prefix: "meanwhile")
            #expect(Set(first + second).count == 43)
            try await scenario.gateway.store.counts("the others wait") { $0 == ["P": 3, "Q": 40] }
            try await scenario.gateway.kill()
        }
    }

    @Test("Pitfall 7: a crowd of logins takes no crowd of threads") func loginsShareThreads() async throws {
        var configuration = GatewayConfiguration(listener: ["auth: optional"])
        configuration.top = ["users: [{name: reports, password_hash: \"\(Self.hash)\", senders: [\"*@contoso.com\"]}]"]
        try await Scenario.run(configuration) { scenario in
            let before = try Self.threads(of: scenario.gateway.program.pid)
            try await withThrowingTaskGroup { group in
                for _ in 0..<24 { group.addTask { try await Self.login(at: scenario.gateway.port) } }
                for try await answer in group { #expect(answer.output.contains("535"), "\(answer)") }
            }
            // The pools are as large as the machine has cores; they only have to be bounded.
            #expect(try Self.threads(of: scenario.gateway.program.pid) - before <= 16)
        }
    }

    private static func login(at port: UInt16) async throws -> Command.Result {
        try await Python.run(
            "auth_client.py",
            [
                "--port", "\(port)", "--user", "nobody", "--password", "guess", "--sender", Corpus.sender,
                "--header-from", Corpus.sender, "--mechanism", "PLAIN",
            ])
    }

    private static func threads(of process: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("Threads:") }
        return line.flatMap { Int($0.dropFirst(8).trimmingCharacters(in: .whitespaces)) } ?? 0
    }

    @Test("Pitfall 9: the log says who has accepted it, and under which id") func acceptedIsNotDelivered() async throws
    {
        try await Scenario.run { scenario in
            let id = try #require(try await scenario.send().first)
            try await scenario.gateway.store.counts("sent") { $0 == ["S": 1] }
            let shown = try await scenario.gateway.run("log", "show", id)
            #expect(shown.output.contains("S (accepted by Microsoft)"), "\(shown)")
            #expect(!shown.output.lowercased().contains("delivered"))
            let row = try #require(try await scenario.gateway.store.rows().first)
            #expect(try #require(row.requestId).isEmpty == false && shown.output.contains(row.requestId ?? "?"))
        }
    }

    @Test("Pitfall 13: two attempts can be told to be the same mail") func attemptsCarryTheSameMarks() async throws {
        try await Scenario.run(GatewayConfiguration(retry: Self.quick)) { scenario in
            try await scenario.emulator.addFault(#"{"preset": "504-sent", "operation": "sendMail"}"#)
            try await scenario.submit(Self.header + "Text.\r\n")
            let copies = try await scenario.emulator.messages(count: 2)
            let id = try #require(try await scenario.gateway.store.rows().first?.id)
            #expect(copies.map { $0.header("X-Postern-Id") } == [[id], [id]])
            #expect(Set(copies.flatMap { $0.header("Message-ID") }).count == 1)
        }
    }

    /// Of no password that anyone knows.
    private static let hash =
        "$scrypt$ln=15,r=8,p=1$YWFhYWFhYWFhYWFhYWFhYQ$YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI"
    private static let quick = "{first: 300ms, factor: 1, max: 300ms, jitter: 0}"
    private static let header = "From: reports@contoso.com\r\nTo: customer@example.org\r\nSubject: a pitfall\r\n\r\n"
}
