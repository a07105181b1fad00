import MailModel
import Testing

@testable import DeliveryPolicy

/// A route that a reload takes away and another brings back, while its attempts are under way.
@Suite struct ReaddedRouteTests {
    private var random = SplitMix64(seed: 9)
    private var scheduler = Scheduler()
    private let key = LaneKey(route: "r", mailbox: address("box@contoso.com"))
    private let limits = routeLimits {
        $0.lane.messages = Rate(5, per: .seconds(60))
        $0.concurrency = 4
    }

    init() {
        scheduler.configure("r", limits, at: 0)
        for number in 1...3 { _ = scheduler.enqueue(row(number), lane: key, at: 0) }
    }

    private mutating func readd(at now: Instant) {
        #expect(scheduler.remove(route: "r").isEmpty)
        #expect(scheduler.enqueue(row(9), lane: key, at: now) == .unknownRoute)
        scheduler.configure("r", limits, at: now)
    }

    @Test mutating func theirPlacesAreStillTaken() {
        #expect(scheduler.start(at: 0).count == 3)
        readd(at: 1)
        #expect(scheduler.explain(key, at: 1)?.inFlight == 3)
        for number in 4...9 { _ = scheduler.enqueue(row(number), lane: key, at: 1) }
        #expect(scheduler.enqueue(row(1), lane: key, at: 1) == .duplicate)
        #expect(scheduler.start(at: 1).isEmpty)
        scheduler.finished(id(1), .healthy, at: 2, using: &random)
        #expect(scheduler.start(at: 2).map(\.id) == [id(4)])
    }

    @Test mutating func theirTokensComeBackAWindowAfterTheirAnswer() {
        #expect(scheduler.start(at: 0).count == 3)
        readd(at: 1)
        for number in 4...9 { _ = scheduler.enqueue(row(number), lane: key, at: 1) }
        for number in 1...3 { scheduler.finished(id(number), .healthy, at: 5, using: &random) }
        #expect(scheduler.start(at: 5).count == 2)
        #expect(scheduler.explain(key, at: 5)?.availableMessages == 0 && scheduler.nextWake(at: 5) == 65)
    }

    @Test mutating func theirAnswersPauseTheNewOne() {
        #expect(scheduler.start(at: 0).count == 3)
        readd(at: 1)
        scheduler.finished(id(1), .pause(refusal(.throttled), retryAfter: .seconds(30)), at: 2, using: &random)
        #expect(scheduler.explain(key, at: 3)?.pausedUntil == 32)
        #expect(scheduler.pathStatus(route: "r", at: 3).map(\.inFlight) == [2])
    }

    /// As of another process, by what the store says of it.
    @Test mutating func whatIsUnderWayElsewhereCountsToo() {
        for number in 20...22 { scheduler.adopt(row(number), lane: key, by: .graph, at: 0) }
        scheduler.adopt(row(20), lane: key, by: .graph, at: 0)
        scheduler.adopt(row(30), lane: LaneKey(route: "none", mailbox: key.mailbox), by: .graph, at: 0)
        #expect(scheduler.explain(key, at: 0)?.inFlight == 3)
        #expect(scheduler.start(at: 0).isEmpty)
        scheduler.finished(id(20), .healthy, at: 1, using: &random)
        #expect(scheduler.start(at: 1).map(\.id) == [id(1)])
    }
}
