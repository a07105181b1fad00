import DeliveryPolicy
import MailModel
import Testing

@Suite struct DispositionTests {
    private static let accepted = Timestamp(secondsSince1970: 1_000_000)
    private static let schedule = RetrySchedule(jitter: 0)
    private static let receipt = Receipt(status: 202)

    private static func judge(
        _ outcome: Outcome, after age: Duration = .seconds(1), retries: Int = 0,
        _ policy: Disposition.UnknownPolicy = .retry
    ) -> Disposition {
        var random = SplitMix64(seed: 1)
        return Disposition(
            of: outcome, .init(retries: retries, acceptedAt: accepted), schedule: schedule, onUnknown: policy,
            at: accepted + age, using: &random)
    }

    private static func later(_ seconds: Int64) -> Timestamp { accepted + .seconds(seconds) }

    static let table: [(Outcome, Disposition.Row, LaneEffect)] = {
        let busy = refusal(.unavailable, .message)
        let greylisted = refusal(.unavailable, .recipient)
        let throttled = refusal(.throttled, .mailbox)
        let denied = refusal(.unauthorized, .mailbox)
        let down = refusal(.unavailable, .route)
        let no = refusal(.rejected, .message)
        let noMailbox = refusal(.misconfigured, .mailbox)
        return [
            (.accepted(receipt), .sent(receipt), .healthy),
            (.rejected(no), .failed(no), .healthy),
            (.rejected(noMailbox), .failed(noMailbox), .healthy),
            (.deferred(busy, retryAfter: nil), .retry(at: later(16), busy), .healthy),
            (.deferred(busy, retryAfter: .seconds(99)), .retry(at: later(100), busy), .healthy),
            (.deferred(greylisted, retryAfter: nil), .retry(at: later(16), greylisted), .healthy),
            (
                .deferred(throttled, retryAfter: .seconds(10)), .waits(throttled),
                .pause(throttled, retryAfter: .seconds(10))
            ),
            (.deferred(denied, retryAfter: nil), .waits(denied), .pause(denied, retryAfter: nil)),
            (.deferred(down, retryAfter: .seconds(7)), .waits(down), .routeFailure(down, retryAfter: .seconds(7))),
            (.unknown(busy), .retry(at: later(16), busy), .inconclusive),
            (.unknown(down), .retry(at: later(16), down), .routeFailure(down, retryAfter: nil)),
            (.unknown(throttled), .retry(at: later(16), throttled), .pause(throttled, retryAfter: nil)),
        ]
    }()

    @Test(arguments: table) func means(outcome: Outcome, row: Disposition.Row, effect: LaneEffect) {
        let disposition = Self.judge(outcome)
        #expect(disposition.row == row)
        #expect(disposition.effect == effect)
    }

    @Test(arguments: Refusal.Scope.allCases) func anUnknownOutcomeIsHeldWhereConfigured(scope: Refusal.Scope) {
        let lost = refusal(.unavailable, scope)
        #expect(Self.judge(.unknown(lost), .hold).row == .unknownHeld(lost))
        #expect(Self.judge(.unknown(lost), after: .seconds(400_000), .hold).row == .unknownHeld(lost))
    }

    @Test func spentRetriesLengthenTheWait() {
        let busy = refusal(.unavailable, .message)
        let row = Self.judge(.deferred(busy, retryAfter: nil), retries: 3).row
        #expect(row == .retry(at: Self.later(121), busy))
    }

    static let temporary: [Outcome] = Refusal.Scope.allCases.flatMap { scope -> [Outcome] in
        [.deferred(refusal(.unavailable, scope), retryAfter: .seconds(5)), .unknown(refusal(.unavailable, scope))]
    }

    @Test(arguments: temporary) func whatIsTooOldFailsWithTheLastAnswer(outcome: Outcome) throws {
        let disposition = Self.judge(outcome, after: .seconds(2 * 86_400))
        guard case .failed(let refusal) = disposition.row else {
            Issue.record("not failed: \(disposition.row)")
            return
        }
        #expect(refusal.text == "Given up after 2d (`give_up_after`). Last answer: unavailable")
        #expect(refusal.status == 503)
        #expect(disposition.effect == Self.judge(outcome).effect)
    }

    @Test func anAcceptedMessageIsSentHoweverOld() {
        #expect(Self.judge(.accepted(Self.receipt), after: .seconds(900_000)).row == .sent(Self.receipt))
    }

    static let spans: [(Duration, String)] = [
        (.seconds(86_400), "1d"), (.seconds(5400), "90m"), (.seconds(7200), "2h"), (.seconds(61), "61s"), (.zero, "0s"),
    ]

    @Test(arguments: spans) func namesTheSpan(span: Duration, text: String) {
        var random = SplitMix64(seed: 1)
        let disposition = Disposition(
            of: .deferred(refusal(.unavailable, .message), retryAfter: nil),
            .init(retries: 0, acceptedAt: Self.accepted), schedule: RetrySchedule(giveUpAfter: span),
            onUnknown: .retry, at: Self.later(900_000), using: &random)
        guard case .failed(let refusal) = disposition.row else {
            Issue.record("not failed")
            return
        }
        #expect(refusal.text.hasPrefix("Given up after \(text) "))
    }
}
