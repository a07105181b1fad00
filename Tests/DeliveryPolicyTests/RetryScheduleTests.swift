import DeliveryPolicy
import MailModel
import Testing

@Suite struct RetryScheduleTests {
    private static let accepted = Timestamp(secondsSince1970: 1_000_000)
    private static let exact = RetrySchedule(jitter: 0)

    private static func decide(
        _ retries: Int, after age: Int64, retryAfter: Duration? = nil, _ schedule: RetrySchedule = exact
    ) -> RetrySchedule.Decision {
        var random = SplitMix64(seed: 1)
        return schedule.decide(
            retries: retries, acceptedAt: accepted, now: accepted + .seconds(age), retryAfter: retryAfter,
            using: &random)
    }

    static let waits: [(retries: Int, seconds: Int64)] = [
        (0, 15), (1, 30), (2, 60), (3, 120), (6, 960), (7, 1800), (8, 1800), (10_000, 1800), (.max, 1800),
    ]

    @Test(arguments: waits) func doublesUpToHalfAnHour(retries: Int, seconds: Int64) {
        #expect(Self.decide(retries, after: 10) == .retry(at: Self.accepted + .seconds(10 + seconds)))
    }

    @Test func neverBeforeRetryAfterNorSoonerForIt() {
        #expect(Self.decide(0, after: 0, retryAfter: .seconds(600)) == .retry(at: Self.accepted + .seconds(600)))
        #expect(Self.decide(3, after: 0, retryAfter: .seconds(5)) == .retry(at: Self.accepted + .seconds(120)))
        let fraction = Duration.seconds(600) + .microseconds(1)
        #expect(Self.decide(0, after: 0, retryAfter: fraction) == .retry(at: Self.accepted + .milliseconds(600_001)))
    }

    @Test func givesUpAtItsAgeAfterALastAttempt() {
        let end: Int64 = 2 * 86_400
        #expect(Self.decide(100, after: end - 60) == .retry(at: Self.accepted + .seconds(end)))
        #expect(
            Self.decide(100, after: end - 1, retryAfter: .seconds(90)) == .retry(at: Self.accepted + .seconds(end + 89))
        )
        #expect(Self.decide(0, after: end) == .giveUp)
        #expect(Self.decide(0, after: end + 1, retryAfter: .seconds(1)) == .giveUp)
    }

    @Test func jitterSpreads() {
        var random = SplitMix64(seed: 4)
        let moments = (0..<200).map { _ in
            RetrySchedule().decide(retries: 0, acceptedAt: Self.accepted, now: Self.accepted, using: &random)
        }
        #expect(Set(moments).count > 150)
        for case .retry(let moment) in moments {
            #expect(Duration.milliseconds(11_999) <= moment - Self.accepted && moment - Self.accepted <= .seconds(18))
        }
    }
}
