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
        try await Scenario.run(Self.withUsers) { scenario in
            let pid = try scenario.gateway.program.pid
            // The pools begin with the first that needs them. They are as large as the machine has cores.
            _ = try await Python.run(
                "logins.py", ["repeat", "\(scenario.gateway.port)", "1", "careful", Self.password])
            let before = try Vitals(of: pid).threads
            let crowd = try Python.program(
                "logins.py", ["crowd", "\(scenario.gateway.port)", "60", "careful", Self.password])
            defer { crowd.send(SIGKILL) }
            // Amid the exchange, while passwords are compared, and when all are logged in.
            for moment in ["asked", "answered", "in"] {
                let line = await crowd.output.line(within: .seconds(90)) { $0 == moment }
                #expect(line != nil, "\(moment): \(crowd.errors.text)")
                let more = try Vitals(of: pid).threads - before
                #expect(more <= max(16, ProcessInfo.processInfo.activeProcessorCount), "\(moment): \(more)")
                if moment == "asked" { crowd.send(SIGUSR1) }
            }
        }
    }

    /// Two of three with a wrong password. Comparing one with this hash takes 64 KB.
    @Test("Pitfall 7: logins leave no memory behind") func loginsLeaveNothing() async throws {
        try await Scenario.run(Self.withUsers) { scenario in
            let pid = try scenario.gateway.program.pid
            func logIn(_ connections: Int) async throws -> Int {
                _ = try await Python.run(
                    "logins.py", ["repeat", "\(scenario.gateway.port)", "\(connections)", "quick", Self.password])
                return try Vitals(of: pid).memory
            }
            let before = try await logIn(100)
            let after = try await logIn(500)
            #expect(after <= before + 4_000_000, "\(before), then \(after) bytes")
        }
    }

    /// The hash of `quick` costs little, that of `careful` some ten milliseconds.
    private static var withUsers: GatewayConfiguration {
        let salt = "YWFhYWFhYWFhYWFhYWFhYQ"
        var configuration = GatewayConfiguration(listener: ["auth: optional"])
        configuration.top = [
            "users:",
            "  - name: careful",
            "    password_hash: \"$scrypt$ln=13,r=8,p=1$\(salt)$YIQWnZB9zhnTuHeAW+8ffTS6y40g8oeq0iF9I713DDo\"",
            "    senders: [\"*@contoso.com\"]",
            "  - name: quick",
            "    password_hash: \"$scrypt$ln=6,r=8,p=1$\(salt)$Q7OItmXdMWsn0s4lI0xkTOjVJqvFUyxHvRxziPu2b5g\"",
            "    senders: [\"*@contoso.com\"]",
        ]
        return configuration
    }
    private static let password = "guess"

    @Test("Pitfall 9: the log says who has accepted it, and under which id") func acceptedIsNotDelivered() async throws
    {
        try await Scenario.run { scenario in
            let id = try #require(try await scenario.send().first)
            try await scenario.gateway.store.counts("sent") { $0 == ["S": 1] }
            let shown = try await scenario.gateway.run("log", "show", id)
            #expect(shown.output.contains("S (accepted by Microsoft)"), "\(shown)")
            #expect(!shown.output.lowercased().contains("delivered"))
            let log = try scenario.gateway.program.errors
            let line = await log.line(within: .seconds(60)) { $0.contains("message sent") && $0.contains(id) }
            #expect(line != nil && !log.text.lowercased().contains("delivered"), "\(log.text)")
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

    /// Not even by its Message-ID: a client that hands it in again may mean it.
    @Test("Pitfall 13: what is handed in twice is two messages") func twiceIsTwo() async throws {
        try await Scenario.run { scenario in
            for _ in 1...2 { try await scenario.submit("Message-ID: <one@client.test>\r\n\(Self.header)Text.\r\n") }
            let copies = try await scenario.emulator.messages(count: 2)
            #expect(copies.allSatisfy { $0.header("Message-ID") == ["<one@client.test>"] })
            #expect(Set(copies.flatMap { $0.header("X-Postern-Id") }).count == 2)
        }
    }

    private static let quick = "{first: 300ms, factor: 1, max: 300ms, jitter: 0}"
    private static let header = "From: reports@contoso.com\r\nTo: customer@example.org\r\nSubject: a pitfall\r\n\r\n"
}
