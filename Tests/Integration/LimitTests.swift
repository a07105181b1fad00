import Foundation
import Testing

/// No more than the configured limits, ever: in any window, across restarts, and never before a Retry-After has run out.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LimitTests {
    @Test("Pitfall 19: never a fourth request at a time") func aBurstKeepsToTheCapAndIsNeverThrottled() async throws {
        try await Scenario.run { scenario in
            try await scenario.send(200, connections: 8)
            try await scenario.emulator.messages(count: 200)
            let counters = try await scenario.emulator.counters()
            #expect(counters.mailboxes["reports@contoso.com"]?.maxConcurrency == 3)
            #expect(counters.throttled == 0 && counters.earlyRequests == 0)
            #expect(counters.answers(202) == 200)
        }
    }

    /// The emulator refuses every so often, with a Retry-After in each of its forms in turn.
    @Test func aThrottledBurstWaitsAsLongAsItIsTold() async throws {
        try await Scenario.run { scenario in
            for (nth, wait) in [(20, "1"), (70, "1.5"), (120, "2")] {
                try await scenario.emulator.addFault(
                    #"{"preset": "throttle", "operation": "sendMail", "nth": \#(nth), "headers": {"Retry-After": "\#(wait)"}}"#
                )
            }
            try await scenario.send(200, connections: 8)
            try await scenario.emulator.messages(count: 200)
            let counters = try await scenario.emulator.counters()
            #expect(counters.answers(429) == 3 && counters.answers(202) == 200)
            #expect(counters.earlyRequests == 0)
            #expect((counters.mailboxes["reports@contoso.com"]?.maxConcurrency ?? 9) <= 3)
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 200] }
            let throttled = try await scenario.gateway.store.attempts("outcome = 'throttled'")
            #expect(throttled.map(\.retryAfterMs).sorted { ($0 ?? 0) < ($1 ?? 0) } == [1000, 1500, 2000])
        }
    }

    /// Two mailboxes; the pause of one is no concern of the other.
    @Test("Pitfall 20: limits belong to the mailbox") func aPausedMailboxDelaysNoOther() async throws {
        try await Scenario.run { scenario in
            try await scenario.emulator.addFault(
                #"{"preset": "throttle", "mailbox": "slow@contoso.com", "headers": {"Retry-After": "3600"}}"#)
            try await scenario.send(5, from: "slow@contoso.com", prefix: "slow")
            try await scenario.gateway.store.rows("the slow ones wait", where: "mailbox = 'slow@contoso.com'") {
                $0.contains { $0.errorText != nil }
            }
            try await scenario.send(20, from: "quick@contoso.com", prefix: "quick")
            try await eventually("the quick ones are delivered") {
                try await scenario.emulator.messages()
            } until: {
                $0.count { $0.mailbox == "quick@contoso.com" } == 20
            }
            // A graceful restart does not forget the pause.
            try await scenario.gateway.stop()
            try await scenario.gateway.start()
            try await scenario.send(1, from: "quick@contoso.com", prefix: "again")
            try await eventually("the quick one goes on") {
                try await scenario.emulator.messages()
            } until: {
                $0.contains { $0.subject.hasPrefix("again") }
            }
            #expect(try await scenario.emulator.counters().earlyRequests == 0)
        }
    }

    private static let window = 6.0

    /// 10 in any 6 seconds, with a restart of either kind in the middle of a window.
    @Test(arguments: [SIGTERM, SIGKILL])
    func noWindowSeesMoreThanTheLimitAcrossARestart(_ signal: Int32) async throws {
        let configuration = GatewayConfiguration(limits: "{messages_per_mailbox: 10/6s}")
        try await Scenario.run(configuration) { scenario in
            try await scenario.send(25)
            try await scenario.emulator.messages(count: 10)
            try scenario.gateway.program.send(signal)
            _ = try await scenario.gateway.program.ending(within: .seconds(60))
            try await scenario.gateway.start()
            try await scenario.emulator.messages(count: 25)
            let arrivals = try await scenario.emulator.requests().map(\.arrived).sorted()
            for (index, start) in arrivals.enumerated() {
                let inWindow = arrivals[index...].count { $0 < start + Self.window }
                #expect(inWindow <= 10, "\(inWindow) requests in the window from \(start): \(arrivals)")
            }
        }
    }

    /// The default: of 40 exactly 30 leave at first, and a restart lets no more pass.
    @Test("Pitfall 17: the message rate is kept without being asked") func thirtyAMinuteIsTheDefault() async throws {
        try await Scenario.run(GatewayConfiguration(limits: "{}")) { scenario in
            try await scenario.send(40)
            try await scenario.emulator.messages(count: 30)
            try await scenario.gateway.store.counts("ten wait") { $0 == ["S": 30, "Q": 10] }
            try await scenario.gateway.kill()
            try await scenario.gateway.start()
            // Another mailbox's mail shows that delivery is at work again.
            try await scenario.send(5, from: "other@contoso.com", prefix: "other")
            try await eventually("the others are delivered") {
                try await scenario.emulator.messages()
            } until: {
                $0.count { $0.mailbox == "other@contoso.com" } == 5
            }
            #expect(try await scenario.emulator.counters().mailboxes["reports@contoso.com"]?.messages == 30)
            let waiting = try await scenario.gateway.store.rows("status = 'Q'")
            #expect(waiting.count == 10 && waiting.allSatisfy { $0.attempts == 0 })
        }
    }
}
