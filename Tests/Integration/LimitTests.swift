import Foundation
import Testing

/// No more than the configured limits, ever: in any window, across restarts, and never before a Retry-After has run out.
@Suite(.serialized, .timeLimit(.minutes(15))) struct LimitTests {
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

    // MARK: Restarts

    private static let window = 4
    private static let externalWindow = 6
    private static let messages = 10
    private static let recipients = 24
    private static let restarts = Scale.of(3, long: 10)
    private static let burst = Scale.of(8, long: 24)

    /// The service ends in the middle of bursts, orderly and by force in turn, and starts again at once. One mailbox comes to
    /// its limit of messages, the other to that of recipients.
    @Test func noWindowSeesMoreThanTheLimitAcrossRestarts() async throws {
        let configuration = GatewayConfiguration(
            limits:
                "{messages_per_mailbox: \(Self.messages)/\(Self.window)s, "
                + "recipients_per_mailbox: \(Self.recipients)/\(Self.window)s}")
        try await Scenario.run(configuration) { scenario in
            for round in 1...Self.restarts {
                let before = try await scenario.emulator.counters().messages
                try await handIn(round, scenario)
                try await scenario.emulator.messages(count: before + 3)
                try scenario.gateway.program.send(round % 2 == 0 ? SIGTERM : SIGKILL)
                _ = try await scenario.gateway.program.ending(within: .seconds(60))
                try await scenario.gateway.start()
            }
            try await handIn(Self.restarts + 1, scenario)
            let all = 2 * Self.burst * (Self.restarts + 1)
            try await scenario.gateway.store.counts("all sent", within: .seconds(300)) { $0 == ["S": all] }
            try await checkWindows(scenario)
        }
    }

    private func handIn(_ round: Int, _ scenario: Scenario) async throws {
        try await scenario.send(Self.burst, from: "one@contoso.com", prefix: "one-\(round)")
        try await scenario.send(
            Self.burst, from: "three@contoso.com", to: "a@example.org,b@example.org,c@example.org",
            prefix: "three-\(round)")
    }

    private func checkWindows(_ scenario: Scenario) async throws {
        let requests = Dictionary(grouping: try await scenario.emulator.requests(), by: \.mailbox)
        #expect(Set(requests.keys) == ["one@contoso.com", "three@contoso.com"])
        for (mailbox, recipients) in [("one@contoso.com", 1), ("three@contoso.com", 3)] {
            let arrivals = requests[mailbox, default: []].map(\.arrived).sorted()
            #expect(arrivals.count >= Self.burst * (Self.restarts + 1))
            for (index, start) in arrivals.enumerated() {
                let inWindow = arrivals[index...].prefix { $0 < start + Double(Self.window) }.count
                let isWithin = inWindow <= Self.messages && inWindow * recipients <= Self.recipients
                #expect(isWithin, "\(mailbox): \(inWindow) requests in the window from \(start): \(arrivals)")
            }
        }
    }

    /// The same for what all mailboxes share: 10 external recipients in any window.
    @Test("Pitfall 26: external recipients are counted") func noWindowSeesMoreExternalRecipientsThanTheRouteMay()
        async throws
    {
        let configuration = GatewayConfiguration(
            limits: "{messages_per_mailbox: 100000/m, external_recipients: 10/\(Self.externalWindow)s}")
        try await Scenario.run(configuration) { scenario in
            let senders = "reports@contoso.com,other@contoso.com"
            try await scenario.send(24, from: senders)
            try await scenario.emulator.messages(count: 10)
            try await scenario.gateway.kill()
            try await scenario.gateway.start()
            try await scenario.emulator.messages(count: 24)
            let arrivals = try await scenario.emulator.requests().map(\.arrived).sorted()
            for (index, start) in arrivals.enumerated() {
                let inWindow = arrivals[index...].count { $0 < start + Double(Self.externalWindow) }
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
