import MailModel
import Testing

@testable import GraphProtocol

/// A hundred senders share one token on a made-up clock, against an issuer that is slow, fails, and withdraws tokens.
@Suite struct TokenStateSimulation {
    struct World {
        var random: SplitMix
        var state = TokenState()
        var now = Instant.start
        var waiting = 0
        /// When the request in flight ends.
        var arrival: Instant?
        var fetches: [Instant] = []
        /// Tokens up to this generation are refused by the far side.
        var withdrawn = 0
        var sent = 0
        var refused = 0

        mutating func perform(_ action: TokenState.Action) {
            switch action {
            case .use(let held): send(held)
            case .useAndFetch(let held):
                start()
                send(held)
            case .fetch:
                start()
                waiting += 1
            case .wait: waiting += 1
            case .fail(_, let retryAt): #expect(retryAt > now)
            }
        }

        mutating func start() {
            #expect(arrival == nil, "two requests in flight")
            fetches.append(now)
            arrival = now + .milliseconds(Int.random(in: 10...3000, using: &random))
        }

        mutating func send(_ held: HeldToken) {
            #expect(now < held.fetchedAt + held.token.expiresIn, "a token past its end was used")
            guard held.generation <= withdrawn else {
                sent += 1
                return
            }
            refused += 1
            perform(state.rejected(generation: held.generation, words: "refused", now: now))
        }

        /// The end of the request in flight: all who wait get the same answer.
        mutating func arrive() {
            arrival = nil
            let action = answer()
            if case .fetch = action {
                start()
                return
            }
            let resumed = waiting
            waiting = 0
            for _ in 0..<resumed { perform(action) }
        }

        mutating func answer() -> TokenState.Action {
            switch Int.random(in: 0..<10, using: &random) {
            case 0: return state.failed(TokenStateTests.trouble, now: now)
            case 1: return state.failed(TokenStateTests.stale, now: now)
            default:
                let life = Duration.seconds(Int.random(in: 60...4000, using: &random))
                return state.fetched(AccessToken(text: "t", expiresIn: life), now: now)
            }
        }

        mutating func step() {
            now = now + .milliseconds(Int.random(in: 1...2000, using: &random))
            if let arrival, arrival <= now { arrive() }
            if Int.random(in: 0..<200, using: &random) == 0 { withdrawn = state.held?.generation ?? withdrawn }
            for _ in 0..<Int.random(in: 0...5, using: &random) where waiting < 100 { perform(state.needed(now: now)) }
        }
    }

    @Test(arguments: [1, 2, 3, 5, 8, 13, 21, 34] as [UInt64]) func neverTwoRequestsAndNeverAStorm(seed: UInt64) {
        var world = World(random: SplitMix(state: seed))
        for _ in 0..<20_000 { world.step() }
        #expect(world.sent > 5000, "seed \(seed)")
        #expect(world.refused > 0, "seed \(seed)")
        // Some five hours: renewals of lives of half an hour on average, failures and withdrawals.
        #expect(world.fetches.count < 800, "seed \(seed)")
        #expect(world.arrival != nil || world.waiting == 0, "seed \(seed): someone waits for nothing")
    }

    @Test func hundredWhoComeAtOnceShareOneRequest() {
        var world = World(random: SplitMix(state: 7))
        for _ in 0..<100 { world.perform(world.state.needed(now: world.now)) }
        #expect(world.fetches.count == 1)
        #expect(world.waiting == 100)
        let action = world.state.fetched(TokenStateTests.token, now: seconds(1))
        world.waiting = 0
        for _ in 0..<100 { world.perform(action) }
        #expect(world.sent == 100)
    }

    @Test func anApplicationThatIsDisabledMakesFewRequests() {
        var world = World(random: SplitMix(state: 7))
        world.withdrawn = .max
        // Tokens are issued and refused at once, for an hour of asking ten times a second.
        for tick in 0..<36_000 {
            world.now = Instant(.milliseconds(tick * 100))
            if world.arrival != nil {
                world.arrival = nil
                let action = world.state.fetched(TokenStateTests.token, now: world.now)
                let resumed = world.waiting
                world.waiting = 0
                for _ in 0..<resumed { world.perform(action) }
            }
            world.perform(world.state.needed(now: world.now))
        }
        #expect(world.sent == 0)
        // Two at first, then after 3, 6, 12, 24, 48, 96 and 192 s, and every 200 s: 23 or so more.
        #expect((20...30).contains(world.fetches.count))
    }
}
