import MailModel
import Testing

@testable import GraphProtocol

@Suite struct TokenStateTests {
    static let token = AccessToken(text: "t", expiresIn: .seconds(3600))
    static let trouble = TokenFailure(kind: .transient, text: "busy", explanation: "wait")
    static let fault = TokenFailure(kind: .operator, text: "expired", explanation: "renew it")
    static let stale = TokenFailure(kind: .newAssertionOnce, text: "stale", explanation: "clock")

    /// The states, each reached the way it is reached in life; a token of 3600 s is renewed at 1800 s and used to 3300 s.
    enum Place: String, CaseIterable {
        case none, fetching, valid, aging, refreshing, expired, pausedWithToken, paused, pauseOver, replaced

        var state: TokenState {
            var state = TokenState()
            if self == .none { return state }
            _ = state.needed(now: .start)
            if self == .fetching { return state }
            if self == .paused || self == .pauseOver {
                _ = state.failed(TokenStateTests.trouble, now: seconds(self == .paused ? 2000 : 1000))
                return state
            }
            _ = state.fetched(TokenStateTests.token, now: .start)
            if self == .refreshing || self == .pausedWithToken { _ = state.needed(now: seconds(1900)) }
            if self == .pausedWithToken { _ = state.failed(TokenStateTests.fault, now: seconds(1998)) }
            if self == .replaced {
                _ = state.rejected(generation: 1, words: "no", now: seconds(1950))
                _ = state.fetched(TokenStateTests.token, now: seconds(1960))
            }
            return state
        }

        var now: Instant {
            switch self {
            case .valid: seconds(1000)
            case .expired: seconds(3300)
            default: seconds(2000)
            }
        }
    }

    /// What people call an action.
    static func word(_ action: TokenState.Action) -> String {
        switch action {
        case .use(let held): "use \(held.generation)"
        case .useAndFetch(let held): "use \(held.generation) and fetch"
        case .fetch: "fetch"
        case .wait: "wait"
        case .fail(let failure, let retryAt):
            "fail \(failure.text) until \(retryAt.sinceStart.components.seconds)"
        }
    }

    static let whenNeeded: [(Place, String)] = [
        (.none, "fetch"), (.fetching, "wait"), (.valid, "use 1"), (.aging, "use 1 and fetch"), (.refreshing, "use 1"),
        (.expired, "fetch"), (.pausedWithToken, "use 1"), (.paused, "fail busy until 2001"), (.pauseOver, "fetch"),
        (.replaced, "use 2"),
    ]

    @Test(arguments: whenNeeded) func needed(in place: Place, gives expected: String) {
        var state = place.state
        #expect(Self.word(state.needed(now: place.now)) == expected)
    }

    static let whenFetched: [(Place, String)] = [
        (.none, "use 1"), (.fetching, "use 1"), (.valid, "use 2"), (.aging, "use 2"), (.refreshing, "use 2"),
        (.expired, "use 2"), (.pausedWithToken, "use 2"), (.paused, "use 1"), (.pauseOver, "use 1"),
        (.replaced, "use 3"),
    ]

    @Test(arguments: whenFetched) func fetched(in place: Place, gives expected: String) {
        var state = place.state
        #expect(Self.word(state.fetched(Self.token, now: place.now)) == expected)
        #expect(state.failure == nil)
        #expect(Self.word(state.needed(now: place.now)) == expected)
    }

    /// Without a request in flight a failure is none of ours.
    static let whenFailed: [(Place, String)] = [
        (.none, "fetch"), (.fetching, "fail busy until 2001"), (.valid, "use 1"), (.aging, "use 1 and fetch"),
        (.refreshing, "use 1"), (.expired, "fetch"), (.pausedWithToken, "use 1"), (.paused, "fail busy until 2001"),
        (.pauseOver, "fetch"), (.replaced, "use 2"),
    ]

    @Test(arguments: whenFailed) func failed(in place: Place, gives expected: String) {
        var state = place.state
        #expect(Self.word(state.failed(Self.trouble, now: place.now)) == expected)
    }

    static let whenRejected: [(Place, String)] = [
        (.none, "fetch"), (.fetching, "wait"), (.valid, "fetch"), (.aging, "fetch"), (.refreshing, "wait"),
        (.expired, "fetch"), (.pausedWithToken, "fail expired until 2001"), (.paused, "fail busy until 2001"),
        (.pauseOver, "fetch"), (.replaced, "fail no until 2003"),
    ]

    @Test(arguments: whenRejected) func rejectedNewest(in place: Place, gives expected: String) {
        var state = place.state
        let generation = state.held?.generation ?? 0
        #expect(Self.word(state.rejected(generation: generation, words: "no", now: place.now)) == expected)
        #expect(state.held == nil)
    }

    static let whenDoubted: [(Place, String)] = [
        (.none, "fetch"), (.fetching, "wait"), (.valid, "fetch"), (.aging, "fetch"), (.refreshing, "wait"),
        (.expired, "fetch"), (.pausedWithToken, "-"), (.paused, "-"), (.pauseOver, "-"), (.replaced, "-"),
    ]

    @Test(arguments: whenDoubted) func doubtedNewest(in place: Place, gives expected: String) {
        var state = place.state
        let newest = state.held?.generation ?? 1
        let action = state.doubted(generation: newest, now: place.now)
        #expect(action.map(Self.word) ?? "-" == expected)
    }

    /// Its refusal is a mailbox's affair: the others go on with it.
    @Test func aDoubtNeverTakesATokenAway() {
        var state = Place.replaced.state
        #expect(state.doubted(generation: 2, now: seconds(2000)) == nil)
        #expect(Self.word(state.needed(now: seconds(2000))) == "use 2")
        #expect(state.doubted(generation: 2, now: seconds(2260)).map(Self.word) == "fetch", "it has held for a while")
    }

    @Test func aDoubtedTokenIsUsedUntilAnotherIsThere() {
        for place in [Place.valid, .aging, .refreshing] {
            var state = place.state
            _ = state.doubted(generation: 1, now: place.now)
            #expect(Self.word(state.needed(now: place.now)) == "use 1")
            #expect(state.doubted(generation: 1, now: place.now) == .wait, "one request for all who doubt")
            #expect(Self.word(state.fetched(Self.token, now: place.now)) == "use 2")
            #expect(state.doubted(generation: 2, now: place.now) == nil, "it is a replacement")
        }
    }

    @Test func aDoubtThatBringsNoTokenLeavesTheOldOne() {
        var state = Place.valid.state
        _ = state.doubted(generation: 1, now: seconds(1000))
        #expect(Self.word(state.failed(Self.trouble, now: seconds(1001))) == "use 1")
        #expect(state.doubted(generation: 1, now: seconds(1001)) == nil)
    }

    /// A refusal is more than a doubt.
    @Test func aDoubtedTokenThatIsRefusedIsUsedNoMore() {
        var state = Place.valid.state
        _ = state.doubted(generation: 1, now: seconds(1000))
        #expect(state.rejected(generation: 1, words: "no", now: seconds(1000)) == .wait)
        #expect(state.needed(now: seconds(1000)) == .wait)
    }

    // MARK: Other credentials

    static let whenSucceeded: [(Place, String)] = [
        (.none, "fetch"), (.fetching, "fetch"), (.valid, "use 1 and fetch"), (.aging, "use 1 and fetch"),
        (.refreshing, "use 1 and fetch"), (.expired, "fetch"), (.pausedWithToken, "use 1 and fetch"),
        (.paused, "fetch"),
        (.pauseOver, "fetch"), (.replaced, "use 2 and fetch"),
    ]

    @Test(arguments: whenSucceeded) func succeeded(in place: Place, gives expected: String) {
        let old = place.state
        var state = TokenState(succeeding: old)
        #expect(state.held?.generation == old.held?.generation && state.failure == nil)
        #expect(state.held?.usableUntil == old.held?.usableUntil)
        #expect(Self.word(state.needed(now: place.now)) == expected)
        let newest = old.held?.generation ?? 0
        #expect(Self.word(state.fetched(Self.token, now: place.now)) == "use \(newest + 1)")
    }

    @Test func tablesHoldEveryState() {
        for table in [
            Self.whenNeeded, Self.whenFetched, Self.whenFailed, Self.whenRejected, Self.whenDoubted, Self.whenSucceeded,
        ] {
            #expect(table.map(\.0) == Place.allCases)
        }
    }

    @Test(arguments: Place.allCases) func aLateRefusalOfAnOldTokenChangesNothing(in place: Place) {
        var asked = place.state
        var told = place.state
        #expect(told.rejected(generation: 99, words: "no", now: place.now) == asked.needed(now: place.now))
        #expect(told == asked)
    }

    @Test func hundredRefusalsOfOneTokenAreOneRenewal() {
        var state = Place.valid.state
        #expect(state.rejected(generation: 1, words: "no", now: seconds(10)) == .fetch)
        for _ in 0..<99 { #expect(state.rejected(generation: 1, words: "no", now: seconds(10)) == .wait) }
        #expect(Self.word(state.fetched(Self.token, now: seconds(11))) == "use 2")
        for _ in 0..<99 {
            #expect(Self.word(state.rejected(generation: 1, words: "no", now: seconds(12))) == "use 2")
        }
    }

    @Test func refusedReplacementsAreTriedAgainMoreAndMoreSeldom() {
        var state = Place.valid.state
        #expect(state.rejected(generation: 1, words: "no", now: seconds(100)) == .fetch)
        var now = 100
        var waits: [Int] = []
        for generation in 2...7 {
            _ = state.fetched(Self.token, now: seconds(now))
            guard case .fail(_, let retryAt) = state.rejected(generation: generation, words: "no", now: seconds(now))
            else {
                Issue.record("expected a failure")
                return
            }
            #expect(Self.word(state.needed(now: seconds(now))).hasPrefix("fail"))
            let wait = Int(retryAt.sinceStart.components.seconds) - now
            waits.append(wait)
            now += wait
            #expect(state.needed(now: seconds(now)) == .fetch)
        }
        #expect(waits == [3, 6, 12, 24, 48, 96])
    }

    @Test func aReplacementThatHeldMayBeReplacedAgain() {
        var state = Place.replaced.state
        #expect(Self.word(state.rejected(generation: 2, words: "no", now: seconds(1960 + 299))).hasPrefix("fail"))
        state = Place.replaced.state
        #expect(state.rejected(generation: 2, words: "no", now: seconds(1960 + 300)) == .fetch)
    }

    @Test func refusalDuringRenewalWaitsForItsResultAndPutsItOnProbation() {
        var state = Place.refreshing.state
        #expect(state.rejected(generation: 1, words: "no", now: seconds(2000)) == .wait)
        #expect(state.needed(now: seconds(2000)) == .wait)
        _ = state.fetched(Self.token, now: seconds(2001))
        #expect(Self.word(state.rejected(generation: 2, words: "no", now: seconds(2002))) == "fail no until 2005")
    }

    @Test func refusalDuringAPauseKeepsThePause() {
        var state = Place.pausedWithToken.state
        _ = state.rejected(generation: 1, words: "no", now: seconds(2000))
        #expect(Self.word(state.needed(now: seconds(2000))) == "fail expired until 2001")
        #expect(state.needed(now: seconds(2001)) == .fetch)
        _ = state.fetched(Self.token, now: seconds(2002))
        #expect(Self.word(state.rejected(generation: 2, words: "no", now: seconds(2003))).hasPrefix("fail no"))
    }

    @Test func aStaleAssertionIsMadeAnewOnce() {
        var state = Place.fetching.state
        #expect(state.failed(Self.stale, now: .start) == .fetch)
        #expect(state.needed(now: .start) == .wait)
        #expect(Self.word(state.failed(Self.stale, now: .start)) == "fail stale until 3")
        state = Place.refreshing.state
        #expect(state.failed(Self.stale, now: seconds(2000)) == .fetch)
        #expect(Self.word(state.needed(now: seconds(2000))) == "use 1")
        #expect(Self.word(state.failed(Self.stale, now: seconds(2000))) == "use 1")
        #expect(state.failure == Self.stale)
    }

    @Test func renewalThatFailsToTheEndFails() {
        var state = Place.refreshing.state
        #expect(Self.word(state.failed(Self.fault, now: seconds(3298))) == "use 1")
        #expect(Self.word(state.needed(now: seconds(3299))) == "use 1")
        #expect(Self.word(state.needed(now: seconds(3300))) == "fail expired until 3301")
        #expect(state.needed(now: seconds(3301)) == .fetch)
    }

    @Test func renewalStillInFlightAtTheEndIsWaitedFor() {
        var state = Place.refreshing.state
        #expect(state.needed(now: seconds(3300)) == .wait)
        #expect(Self.word(state.failed(Self.trouble, now: seconds(3301))) == "fail busy until 3302")
    }

    @Test func aPausedRenewalIsTakenUpAgain() {
        var state = Place.pausedWithToken.state
        #expect(Self.word(state.needed(now: seconds(2020))) == "use 1 and fetch")
        #expect(Self.word(state.needed(now: seconds(2020))) == "use 1")
    }

    /// Life, the issuer's wish, then when it is renewed and until when it is used, in milliseconds.
    static let lives: [(Int, Int?, Int64, Int64)] = [
        (3600, nil, 1_800_000, 3_300_000), (5400, nil, 2_700_000, 5_100_000), (86400, 43200, 43_200_000, 86_100_000),
        (60, nil, 30_000, 54_000), (1, nil, 500, 900), (1200, nil, 600_000, 1_080_000),
        (3600, 7200, 3_300_000, 3_300_000),
        (3600, 10, 10_000, 3_300_000),
    ]

    @Test("Pitfall 27: a token is renewed long before it ends", arguments: lives) func life(
        _ life: Int, _ wish: Int?, _ refreshAt: Int64, _ usableUntil: Int64
    ) {
        var state = Place.fetching.state
        let token = AccessToken(text: "t", expiresIn: .seconds(life), refreshIn: wish.map { .seconds($0) })
        _ = state.fetched(token, now: seconds(1000))
        #expect(state.held?.refreshAt == seconds(1000) + .milliseconds(refreshAt))
        #expect(state.held?.usableUntil == seconds(1000) + .milliseconds(usableUntil))
    }

    static let pauses: [(TokenFailure.Kind, Duration?, [Int])] = [
        (.transient, nil, [1, 2, 4, 8, 16, 32, 60, 60]),
        (.transient, .seconds(17), [17, 17, 17]),
        (.transient, .zero, [1, 1, 1]),
        (.transient, .seconds(86400), [86400]),
        (.operator, nil, [3, 6, 12, 24, 48, 96, 192, 200, 200]),
        (.operator, .seconds(90), [90, 90, 90, 90, 90, 96]),
        (.newAssertionOnce, nil, [3, 6]),
        (.backOffMinutes, nil, [300, 600, 1200, 1800, 1800]),
        (.backOffMinutes, .seconds(400), [400, 600]),
    ]

    @Test(arguments: pauses) func pause(_ kind: TokenFailure.Kind, _ retryAfter: Duration?, _ expected: [Int]) {
        let failure = TokenFailure(kind: kind, retryAfter: retryAfter, text: "", explanation: "")
        let found = (1...expected.count).map { TokenBackoff.pause(after: failure, failures: $0) }
        #expect(found == expected.map { .seconds($0) })
        #expect(TokenBackoff.pause(after: failure, failures: 1_000_000) >= found[found.count - 1])
    }

    @Test func successForgetsFailures() {
        var state = TokenState()
        for wait in [1, 2, 4] {
            let start = seconds(wait * 100)
            #expect(state.needed(now: start) == .fetch)
            #expect(state.failed(Self.trouble, now: start) == .fail(Self.trouble, retryAt: start + .seconds(wait)))
        }
        _ = state.needed(now: seconds(1000))
        _ = state.fetched(Self.token, now: seconds(1000))
        _ = state.needed(now: seconds(1000 + 3300))
        #expect(Self.word(state.failed(Self.trouble, now: seconds(4300))) == "fail busy until 4301")
    }
}
