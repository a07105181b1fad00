import Foundation
import Testing

/// Credentials change while mail flows: nothing fails, nothing pauses, and nobody waits for a token.
@Suite(.serialized, .timeLimit(.minutes(5))) struct RotationTests {
    private static let next = "next-secret"
    /// Seconds that Entra takes for a token, far more than a message does: who waited for one would show.
    private static let latency = 8

    private func run(_ body: (Scenario) async throws -> Void) async throws {
        try await Scenario.run { scenario in
            try await scenario.send(prefix: "first")
            try await scenario.emulator.messages(count: 1)
            try await body(scenario)
        }
    }

    private func reload(_ credential: String, _ scenario: Scenario) async throws {
        try scenario.gateway.write(GatewayConfiguration(credential: "client_secret: \(credential)"))
        #expect(try await scenario.gateway.reload().contains("configuration reloaded"))
    }

    private func tokens(_ count: Int, _ scenario: Scenario) async throws {
        try await eventually("token \(count)") {
            try await scenario.emulator.counters().tokensIssued
        } until: {
            $0 == count
        }
    }

    /// As docs/OPERATIONS.md says.
    private func rotate(_ scenario: Scenario) async throws {
        try await scenario.emulator.changeApp(
            #"{"secrets": [{"value": "\#(Emulator.secret)"}, {"value": "\#(Self.next)"}]}"#)
        try await reload("[\(Self.next), \(Emulator.secret)]", scenario)
        try await tokens(2, scenario)
        try await scenario.emulator.changeApp(#"{"secrets": [{"value": "\#(Self.next)"}]}"#)
        try await reload(Self.next, scenario)
        try await tokens(3, scenario)
    }

    @Test func aSecretIsReplacedUnderSteadyMail() async throws {
        try await run { scenario in
            try await scenario.emulator.change("settings", #"{"tokens": {"latency": \#(Self.latency)}}"#)
            let isDone = Locked(false)
            async let sent = mail(until: isDone, scenario)
            try await rotate(scenario)
            isDone.with { $0 = true }
            let count = try await sent + 1
            let counts = try await scenario.gateway.store.counts("all sent") { $0 == ["S": count] }
            #expect(counts == ["S": count])
            let rows = try await scenario.gateway.store.rows()
            #expect(rows.allSatisfy { $0.attempts == 1 && $0.errorText == nil })
            #expect(rows.compactMap(\.latencyMs).allSatisfy { $0 < Self.latency * 1000 })
            try await checkNothingHappened(scenario)
        }
    }

    /// - Returns: how many messages were handed in.
    private func mail(until isDone: Locked<Bool>, _ scenario: Scenario) async throws -> Int {
        var count = 0
        repeat {
            try await scenario.send(20, prefix: "steady-\(count)", rate: 20)
            count += 20
        } while !isDone.with { $0 }
        return count
    }

    private func checkNothingHappened(_ scenario: Scenario) async throws {
        let counters = try await scenario.emulator.counters()
        #expect(counters.requests["token"] == ["200": 3])
        #expect(counters.requests["sendMail"]?.keys.sorted() == ["202"])
        #expect(try await scenario.gateway.store.query("SELECT * FROM lane_pause").rows.isEmpty)
        let log = try scenario.gateway.program.errors.text
        #expect(log.components(separatedBy: "new token").count == 4 && !log.contains("warning"), "\(log)")
    }

    /// What Entra does not know yet, or never will, is told at once; the token in hand carries the mail meanwhile.
    @Test func aSecretThatDoesNotWorkIsToldWhileMailGoesOn() async throws {
        try await run { scenario in
            try await reload("wrong", scenario)
            _ = try await scenario.gateway.program.errors.line(within: .seconds(60)) {
                $0.contains("no new token, the old one is used until it ends") && $0.contains("AADSTS7000215")
            }
            try await scenario.send(20, prefix: "wrong")
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 21] }
            try await reload("[wrong, \(Emulator.secret)]", scenario)
            let line = try await scenario.gateway.program.errors.line(within: .seconds(60)) {
                $0.contains("credential refused, the next is tried")
            }
            #expect(line != nil)
            try await tokens(2, scenario)
            #expect(try await scenario.gateway.store.attempts().allSatisfy { $0.outcome == "accepted" })
        }
    }
}
