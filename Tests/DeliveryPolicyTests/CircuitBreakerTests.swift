import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct CircuitBreakerTests {
    enum Event: Hashable, Sendable, CaseIterable {
        case started, answered, otherAnswered, inconclusive, otherInconclusive
        case fault, otherFault, decisive, faultWithRetryAfter, otherFaultWithRetryAfter, hurry
    }

    enum Start: Hashable, Sendable, CaseIterable { case closed, faulty, open, halfOpen }

    private static let probe = id(1)
    private static let other = id(2)
    private static let down = refusal(.unavailable, .route)
    private static let denied = refusal(.unauthorized, .route)

    /// The state at 100 s; the breaker has been open since 0 and may be probed from 5 s on, where it is open at all.
    private static func breaker(_ start: Start) -> CircuitBreaker {
        var random = SplitMix64(seed: 1)
        var breaker = CircuitBreaker(
            .init(faultsToOpen: 3, backoff: Backoff(first: .seconds(5), max: .seconds(60), jitter: 0)))
        let faults =
            switch start {
            case .closed: 0
            case .faulty: 2
            case .open, .halfOpen: 3
            }
        for _ in 0..<faults { breaker.failed(other, down, retryAfter: nil, at: 0, using: &random) }
        if start == .halfOpen { breaker.started(probe) }
        return breaker
    }

    private static func send(_ event: Event, to breaker: inout CircuitBreaker) {
        var random = SplitMix64(seed: 1)
        switch event {
        case .started: breaker.started(probe)
        case .answered: breaker.answered(probe)
        case .otherAnswered: breaker.answered(other)
        case .inconclusive: breaker.inconclusive(probe, at: 100)
        case .otherInconclusive: breaker.inconclusive(other, at: 100)
        case .fault: breaker.failed(probe, down, retryAfter: nil, at: 100, using: &random)
        case .otherFault: breaker.failed(other, down, retryAfter: nil, at: 100, using: &random)
        case .decisive: breaker.failed(probe, denied, retryAfter: nil, at: 100, using: &random)
        case .faultWithRetryAfter: breaker.failed(probe, down, retryAfter: .seconds(30), at: 100, using: &random)
        case .otherFaultWithRetryAfter:
            breaker.failed(other, down, retryAfter: .seconds(30), at: 100, using: &random)
        case .hurry: breaker.hurry(at: 3)
        }
    }

    static func expected(_ start: Start, _ event: Event) -> CircuitBreaker.State {
        let half = CircuitBreaker.State.halfOpen(probe: probe, .init(reason: down, since: 0, repeats: 0))
        func open(
            _ until: Instant, _ repeats: Int = 0, _ reason: Refusal = down, since: Instant = 0
        ) -> CircuitBreaker.State {
            .open(until: until, .init(reason: reason, since: since, repeats: repeats))
        }
        return switch (start, event) {
        case (.closed, .fault), (.closed, .otherFault): .closed(faults: 1)
        case (.faulty, .fault), (.faulty, .otherFault): open(105, since: 100)
        case (.closed, .decisive), (.faulty, .decisive): open(105, 0, denied, since: 100)
        case (.closed, .faultWithRetryAfter), (.faulty, .faultWithRetryAfter): open(130, since: 100)
        case (.closed, .otherFaultWithRetryAfter), (.faulty, .otherFaultWithRetryAfter): open(130, since: 100)
        case (.closed, .answered), (.closed, .otherAnswered): .closed(faults: 0)
        case (.faulty, .answered), (.faulty, .otherAnswered): .closed(faults: 0)
        case (.closed, .started), (.closed, .inconclusive), (.closed, .otherInconclusive): .closed(faults: 0)
        case (.closed, .hurry): .closed(faults: 0)
        case (.faulty, .started), (.faulty, .inconclusive), (.faulty, .otherInconclusive): .closed(faults: 2)
        case (.faulty, .hurry): .closed(faults: 2)
        case (.open, .started): half
        case (.open, .answered), (.open, .otherAnswered): open(5)
        case (.open, .inconclusive), (.open, .otherInconclusive): open(5)
        case (.open, .fault), (.open, .otherFault), (.open, .decisive): open(5)
        case (.open, .faultWithRetryAfter), (.open, .otherFaultWithRetryAfter): open(130)
        case (.open, .hurry): open(3)
        case (.halfOpen, .started): half  // a precondition; not sent
        case (.halfOpen, .answered): .closed(faults: 0)
        case (.halfOpen, .otherAnswered), (.halfOpen, .otherInconclusive), (.halfOpen, .otherFault): half
        case (.halfOpen, .inconclusive): open(100)
        case (.halfOpen, .fault): open(110, 1)
        case (.halfOpen, .decisive): open(110, 1, denied)
        case (.halfOpen, .faultWithRetryAfter): open(130, 1)
        case (.halfOpen, .otherFaultWithRetryAfter): open(130)
        case (.halfOpen, .hurry): half
        }
    }

    @Test(arguments: Start.allCases, Event.allCases) func goes(from start: Start, on event: Event) {
        var breaker = Self.breaker(start)
        if !(start == .halfOpen && event == .started) { Self.send(event, to: &breaker) }
        #expect(breaker.state == Self.expected(start, event))
    }

    @Test func admitsAllWhenClosedNoneWhenOpenAndOneToProbe() {
        var breaker = Self.breaker(.closed)
        #expect(breaker.admits(at: 0) && breaker.trouble == nil)
        breaker = Self.breaker(.open)
        #expect(!breaker.admits(at: 4.999) && breaker.admits(at: 5))
        #expect(breaker.opening(at: 1) == 5 && breaker.trouble == Trouble(reason: Self.down, since: 0, until: 5))
        breaker.started(Self.probe)
        #expect(
            !breaker.admits(at: 1000) && breaker.opening(at: 1000) == nil
                && breaker.trouble == Trouble(reason: Self.down, since: 0, until: nil))
        breaker.answered(Self.probe)
        #expect(breaker.admits(at: 10) && breaker.trouble == nil)
    }

    @Test func probesGrowRarerAndStartAfreshAfterSuccess() {
        var random = SplitMix64(seed: 1)
        var breaker = Self.breaker(.open)
        var waits: [Duration] = []
        for _ in 0..<6 {
            let now = breaker.trouble?.until ?? 0
            breaker.started(Self.probe)
            breaker.failed(Self.probe, Self.down, retryAfter: nil, at: now, using: &random)
            waits.append((breaker.trouble?.until ?? now) - now)
        }
        #expect(waits == [10, 20, 40, 60, 60, 60].map { .seconds($0) })
        breaker.started(Self.probe)
        breaker.answered(Self.probe)
        breaker.failed(Self.probe, Self.denied, retryAfter: nil, at: 1000, using: &random)
        #expect(breaker.trouble?.until == 1005)
    }

    @Test func hurryDoesNotCutARetryAfterShort() {
        var random = SplitMix64(seed: 1)
        var breaker = Self.breaker(.closed)
        breaker.failed(Self.probe, Self.denied, retryAfter: .seconds(20), at: 0, using: &random)
        breaker.hurry(at: 1)
        #expect(breaker.trouble?.until == 20)
    }

    @Test func takesUpAWaitFromBefore() {
        var breaker = CircuitBreaker(.mailbox)
        breaker.restore(Self.denied, since: -7, until: 40)
        #expect(!breaker.admits(at: 39) && breaker.admits(at: 40))
        #expect(breaker.trouble == Trouble(reason: Self.denied, since: -7, until: 40))
    }

    @Test func theTroubleBeginsOnceAndEndsWithAGoodAnswer() {
        var random = SplitMix64(seed: 1)
        var breaker = Self.breaker(.closed)
        breaker.failed(Self.probe, Self.denied, retryAfter: nil, at: 7, using: &random)
        for now in [20, 60, 200] as [Instant] {
            breaker.started(Self.probe)
            #expect(breaker.trouble?.since == 7)
            breaker.failed(Self.probe, Self.down, retryAfter: nil, at: now, using: &random)
            #expect(breaker.trouble?.since == 7 && breaker.trouble?.reason == Self.down)
        }
        breaker.started(Self.probe)
        breaker.answered(Self.probe)
        breaker.failed(Self.probe, Self.denied, retryAfter: nil, at: 300, using: &random)
        #expect(breaker.trouble?.since == 300)
    }
}
