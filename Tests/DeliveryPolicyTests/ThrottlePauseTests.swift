import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct ThrottlePauseTests {
    private var random = SplitMix64(seed: 3)
    private let throttled = refusal(.throttled, status: 429)

    @Test mutating func growsWithEachRepeatAndEndsWithSuccess() throws {
        var pause = ThrottlePause()
        var now: Instant = 0
        for plain in [1, 2, 4, 8, 16, 32, 60, 60] as [Double] {
            pause.refused(throttled, retryAfter: nil, at: now, using: &random)
            let until = try #require(pause.until)
            let wait = (until - now) / .seconds(1)
            #expect(plain * 0.8 - 0.001 <= wait && wait <= min(60, plain * 1.2))
            #expect(pause.isPaused(at: now) && !pause.isPaused(at: until))
            now = until
        }
        pause.flowed(at: now)
        #expect(pause.until == nil && pause.trouble(at: 0) == nil)
        pause.refused(throttled, retryAfter: nil, at: now, using: &random)
        #expect(try #require(pause.until) - now <= .seconds(1.2))
    }

    @Test("Pitfall 22: Retry-After is kept to the letter") mutating func retryAfterIsKeptToTheLetter() {
        var pause = ThrottlePause()
        pause.refused(throttled, retryAfter: .seconds(10), at: 0, using: &random)
        #expect(pause.until == 10 && pause.trouble(at: 0)?.reason == throttled)
    }

    @Test("Pitfall 22: Retry-After is always 1") mutating func aRetryAfterThatIsWrongAgainAndAgainGrows() throws {
        var pause = ThrottlePause()
        var now: Instant = 0
        for plain in [1, 1, 1, 1, 2, 4, 8, 16, 32, 60, 60] as [Double] {
            pause.refused(throttled, retryAfter: .seconds(1), at: now, using: &random)
            let until = try #require(pause.until)
            let wait = (until - now) / .seconds(1)
            #expect(plain == 1 ? wait == 1 : plain * 0.8 - 0.001 <= wait && wait <= min(60, plain * 1.2))
            now = until
        }
        pause.refused(throttled, retryAfter: .seconds(300), at: now, using: &random)
        #expect(pause.until == now + .seconds(300))
        pause.flowed(at: now + .seconds(300))
        pause.refused(throttled, retryAfter: .seconds(1), at: 2000, using: &random)
        #expect(pause.until == 2001)
    }

    @Test("Pitfall 22: below a second it says nothing", arguments: [0, 300])
    mutating func aRetryAfterOfNothingIsNone(milliseconds: Int) throws {
        var pause = ThrottlePause()
        pause.refused(throttled, retryAfter: .milliseconds(milliseconds), at: 0, using: &random)
        #expect(try #require(pause.until) >= 0.8)
    }

    @Test mutating func theLaterEndWins() {
        var pause = ThrottlePause()
        pause.refused(throttled, retryAfter: .seconds(30), at: 0, using: &random)
        let shorter = refusal(.unavailable)
        pause.refused(shorter, retryAfter: .seconds(5), at: 1, using: &random)
        #expect(pause.until == 30 && pause.trouble(at: 1)?.reason == throttled)
        pause.refused(shorter, retryAfter: .seconds(60), at: 2, using: &random)
        #expect(pause.until == 62 && pause.trouble(at: 2)?.reason == shorter)
        pause.restore(throttled, since: 2, until: 40)
        #expect(pause.until == 62)
    }

    @Test mutating func answersFromBeforeThePauseNeitherCountNorEndIt() throws {
        var pause = ThrottlePause()
        for moment in [0, 0.1, 0.2] as [Instant] {
            pause.refused(throttled, retryAfter: nil, at: moment, using: &random)
        }
        pause.flowed(at: 0.3)
        let until = try #require(pause.until)
        #expect(pause.isPaused(at: 0.5) && until <= 1.4)
        pause.refused(throttled, retryAfter: nil, at: until, using: &random)
        #expect(try #require(pause.until) - until <= .seconds(2.4))
    }

    /// Of two that are sent together one is refused, at once, and one is taken, a moment later: again and again.
    @Test mutating func aMailboxThatTakesSomethingEachTimeIsNotLeftAloneForLonger() throws {
        var pause = ThrottlePause()
        var now: Instant = 0
        for _ in 1...20 {
            pause.refused(throttled, retryAfter: nil, at: now, using: &random)
            pause.flowed(at: now + .milliseconds(300))
            let until = try #require(pause.until)
            #expect(pause.isPaused(at: now + .milliseconds(300)) && until - now <= .seconds(1.2))
            now = until
        }
    }

    @Test mutating func theTroubleLastsUntilSomethingFlows() {
        var pause = ThrottlePause()
        pause.refused(throttled, retryAfter: .seconds(10), at: 5, using: &random)
        #expect(pause.trouble(at: 14) == Trouble(reason: throttled, since: 5, until: 15))
        #expect(pause.trouble(at: 15) == nil)
        pause.refused(throttled, retryAfter: .seconds(10), at: 20, using: &random)
        #expect(pause.trouble(at: 21)?.since == 5)
        pause.flowed(at: 31)
        pause.refused(throttled, retryAfter: .seconds(10), at: 40, using: &random)
        #expect(pause.trouble(at: 41)?.since == 40)
        pause.restore(throttled, since: 12, until: 90)
        #expect(pause.trouble(at: 41) == Trouble(reason: throttled, since: 12, until: 90))
    }
}
