import Foundation
import Testing

/// Signals: SIGTERM drains, SIGHUP reloads.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LifecycleTests {
    /// What is under way is finished and recorded; what waits is kept for the next start.
    @Test func sigtermFinishesWhatIsUnderWay() async throws {
        try await Scenario.run(emulator: #"{"graph": {"latency": 1.5}}"#) { scenario in
            try await scenario.send(10)
            try await scenario.emulator.firstRequest()
            let ending = try await scenario.gateway.stop()
            #expect(ending == Program.Ending(status: 0, bySignal: false))
            let counts = try await scenario.gateway.store.counts()
            let captured = try await scenario.emulator.counters().messages
            #expect(counts["P"] == nil && counts["S"] == captured && captured > 0, "\(counts)")
            #expect(counts["Q"] == 10 - captured)
            #expect(try await scenario.gateway.store.attempts().allSatisfy { $0.outcome == "accepted" })
        }
    }

    /// A signal may come as soon as the service says it is ready.
    @Test(arguments: 1...5) func sigtermRightBehindReadyIsHeard(_ round: Int) async throws {
        let gateway = try Gateway(GatewayConfiguration(), endpoint: "http://127.0.0.1:9")
        try await gateway.start()
        #expect(try await gateway.stop() == Program.Ending(status: 0, bySignal: false), "round \(round)")
    }

    @Test func sighupRightBehindReadyIsHeard() async throws {
        let gateway = try Gateway(GatewayConfiguration(), endpoint: "http://127.0.0.1:9")
        try await gateway.start()
        #expect(try await gateway.reload().contains("configuration reloaded"))
        #expect(try await gateway.stop() == Program.Ending(status: 0, bySignal: false))
    }

    /// A message that is arriving when SIGTERM comes is taken, or its client hears that it is not.
    @Test func aSecondServiceGoesOnWhereTheFirstStopped() async throws {
        try await Scenario.run { scenario in
            try await scenario.emulator.addFault(#"{"preset": "outage"}"#)
            try await scenario.send(5)
            #expect(try await scenario.gateway.stop()?.status == 0)
            try await scenario.emulator.removeFaults()
            try await scenario.gateway.start()
            try await scenario.emulator.messages(count: 5)
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 5] }
        }
    }

    private func answer(from sender: String, _ scenario: Scenario) async throws -> String {
        let text = "From: \(sender)\r\nTo: a@example.org\r\nSubject: x\r\n\r\nx\r\n."
        let replies = try await Dialogue.commands(
            ["MAIL FROM:<\(sender)>", "RCPT TO:<a@example.org>", "DATA", text], port: scenario.gateway.port
        ).run()
        return replies.first { $0.hasPrefix("5") } ?? replies.last ?? ""
    }

    @Test func sighupPutsANewConfigurationInForce() async throws {
        try await Scenario.run { scenario in
            #expect(try await answer(from: "x@fabrikam.test", scenario).hasPrefix("550 5.7.1"))
            try scenario.gateway.write(GatewayConfiguration(senders: #"["*@contoso.com", "*@fabrikam.test"]"#))
            #expect(try await scenario.gateway.reload().contains("configuration reloaded"))
            #expect(try await answer(from: "x@fabrikam.test", scenario).hasPrefix("250 "))
        }
    }

    @Test func aBadConfigurationIsRefusedAndTheOldOneStays() async throws {
        try await Scenario.run { scenario in
            try scenario.gateway.write("routes:\n  - nam: contoso\n")
            let words = try await scenario.gateway.reload()
            #expect(words.contains("configuration refused") && words.contains("postern.yaml:2"), "\(words)")
            #expect(try await answer(from: "reports@contoso.com", scenario).hasPrefix("250 "))
            try await scenario.emulator.messages(count: 1)
        }
    }
}
