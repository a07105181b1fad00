import Foundation
import Testing

/// One mailbox is throttled at every request; a hundred others do not notice.
@Suite(.serialized, .timeLimit(.minutes(30))) struct IsolationTests {
    private static let slow = "slow@contoso.com"
    private static let others = (1...100).map { "mailbox\($0)@contoso.com" }
    private static let throttle = #"""
        {"preset": "throttle", "operation": "sendMail", "mailbox": "\#(slow)", "count": 0, "headers": {"Retry-After": "1"}}
        """#

    private func throttle(_ scenario: Scenario) async throws {
        try await scenario.emulator.addFault(Self.throttle)
        try await scenario.send(50, from: Self.slow, prefix: "slow")
        try await eventually("it is throttled") {
            try await scenario.emulator.counters().answers(429)
        } until: {
            $0 > 1
        }
    }

    /// All of theirs is delivered at the first attempt, while the throttled one waits with all of its own.
    @Test func aThrottledMailboxHoldsUpNoOther() async throws {
        try await Scenario.run { scenario in
            try await throttle(scenario)
            let before = try await scenario.emulator.counters().answers(429)
            try await scenario.send(300, from: Self.others.joined(separator: ","), prefix: "other", connections: 8)
            try await scenario.gateway.store.counts("the others' is sent") { $0["S"] == 300 }
            let rows = try await scenario.gateway.store.rows("status = 'S'")
            #expect(rows.allSatisfy { $0.attempts == 1 && $0.mailbox != Self.slow })
            #expect(Set(rows.map(\.mailbox)).count == Self.others.count)
            let waiting = try await scenario.gateway.store.rows("mailbox = '\(Self.slow)'")
            #expect(waiting.count == 50 && waiting.allSatisfy { ["Q", "P"].contains($0.status) })
            // It was tried all the time, and is free the moment that Microsoft says so.
            try await eventually("it is tried again") {
                try await scenario.emulator.counters().answers(429)
            } until: {
                $0 > before
            }
            try await scenario.emulator.removeFaults()
            try await scenario.gateway.store.counts("all sent", within: .seconds(120)) { $0 == ["S": 350] }
        }
    }

    // MARK: At full length

    private static let messages = 1200
    private static let rate = 40
    private static let repeats = 5

    /// The p95 of the others' latency, in runs without and with the throttled one by turns. A single run is chance.
    @Test(.enabled(if: Scale.isLong)) func theOthersAreAsFastAsWithoutIt() async throws {
        var (alone, beside): ([Int], [Int]) = ([], [])
        for _ in 1...Self.repeats {
            alone.append(try await latency(besideThrottled: false))
            beside.append(try await latency(besideThrottled: true))
        }
        print("p95 of the others' latency in ms: alone \(alone), beside a throttled mailbox \(beside)")
        let (usual, found) = (alone.sorted()[Self.repeats / 2], beside.sorted()[Self.repeats / 2])
        #expect(Double(found) <= Double(usual) * 1.1, "\(found) ms against \(usual) ms")
    }

    private func latency(besideThrottled isBeside: Bool) async throws -> Int {
        var found: [Int] = []
        try await Scenario.run(emulator: #"{"graph": {"latency": 0.1}}"#) { scenario in
            if isBeside { try await throttle(scenario) }
            try await scenario.send(
                Self.messages, from: Self.others.joined(separator: ","), prefix: "other", connections: 8,
                rate: Self.rate)
            try await scenario.gateway.store.counts("the others' is sent") { $0["S"] == Self.messages }
            found = try await scenario.gateway.store.rows("status = 'S'").compactMap(\.latencyMs).sorted()
        }
        return found[found.count * 95 / 100]
    }
}
