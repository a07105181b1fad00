import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct SchedulerTests {
    private var random = SplitMix64(seed: 11)
    private var scheduler = Scheduler()

    init() { scheduler.configure("r", routeLimits(), at: 0) }

    private static func lane(_ number: Int, route: String = "r") -> LaneKey {
        LaneKey(route: route, mailbox: address("box\(number)@contoso.com"))
    }

    @Test mutating func startsWhatFitsAndNamesTheWay() {
        #expect(scheduler.enqueue(row(1), lane: Self.lane(1), at: 0) == .waiting)
        #expect(scheduler.nextWake(at: 0) == 0)
        #expect(scheduler.start(at: 0) == [.init(id: id(1), lane: Self.lane(1), path: .graph)])
        #expect(scheduler.start(at: 0).isEmpty && scheduler.nextWake(at: 0) == nil)
        #expect(scheduler.enqueue(row(1), lane: Self.lane(1), at: 0) == .duplicate)
        #expect(scheduler.finished(id(1), .healthy, at: 1, using: &random) == 1)
        #expect(scheduler.enqueue(row(1), lane: Self.lane(1), at: 1) == .waiting)
    }

    @Test mutating func aPauseHoldsBackWhatHasStartedButSentNothing() {
        for number in 1...3 { _ = scheduler.enqueue(row(number), lane: Self.lane(number / 3), at: 0) }
        #expect(scheduler.start(at: 0).count == 3 && scheduler.stillAdmits(id(2), at: 0))
        scheduler.finished(id(1), .pause(refusal(.throttled), retryAfter: .seconds(9)), at: 1, using: &random)
        #expect(!scheduler.stillAdmits(id(2), at: 1) && scheduler.stillAdmits(id(3), at: 1))
        #expect(scheduler.finished(id(2), .inconclusive, reachedFarSide: false, at: 1, using: &random) == 10)
        scheduler.finished(id(3), .routeFailure(refusal(.unauthorized, .route), retryAfter: nil), at: 1, using: &random)
        _ = scheduler.enqueue(row(4), lane: Self.lane(7), at: 1)
        guard let opening = scheduler.nextWake(at: 1) else {
            Issue.record("no probe")
            return
        }
        #expect(scheduler.start(at: opening).map(\.id) == [id(4)])
        #expect(scheduler.stillAdmits(id(4), at: opening), "a probe may go")
    }

    @Test mutating func refusesWhatCannotWait() {
        #expect(scheduler.enqueue(row(1), lane: Self.lane(1), at: 0) == .waiting)
        #expect(scheduler.enqueue(row(1), lane: Self.lane(2), at: 0) == .duplicate)
        #expect(scheduler.enqueue(row(2), lane: Self.lane(1, route: "none"), at: 0) == .unknownRoute)
        let tooMany = scheduler.enqueue(row(3, recipients: 10_001), lane: Self.lane(1), at: 0)
        guard case .neverFits(let refusal) = tooMany else {
            Issue.record("fits")
            return
        }
        #expect(refusal.text.contains("`recipients_per_mailbox`") && refusal.scope == .message)
        #expect(scheduler.enqueue(row(3), lane: Self.lane(1), at: 0) == .waiting)
    }

    @Test mutating func removesWhatWaitsButNotWhatFlies() {
        for number in 1...4 { _ = scheduler.enqueue(row(number), lane: Self.lane(1), at: 0) }
        #expect(scheduler.start(at: 0).map(\.id) == [id(1), id(2), id(3)])
        let removed = [1, 9, 4].map { scheduler.remove(id($0), at: 0) }
        #expect(removed == [false, false, true])
        scheduler.finished(id(1), .healthy, at: 1, using: &random)
        #expect(scheduler.start(at: 1).isEmpty)
        #expect(scheduler.finished(id(1), .healthy, at: 2, using: &random) == 2)
    }

    @Test mutating func sharesAScarceRouteFairly() {
        scheduler.configure("r", routeLimits { $0.concurrency = 2 }, at: 0)
        for number in 0..<30 { _ = scheduler.enqueue(row(number), lane: Self.lane(number % 3), at: 0) }
        var turns: [LaneKey] = []
        var flying: [Scheduler.Start] = []
        for _ in 0..<15 {
            flying += scheduler.start(at: 0)
            #expect(flying.count == 2)
            turns.append(flying[0].lane)
            scheduler.finished(flying.removeFirst().id, .healthy, at: 0, using: &random)
        }
        #expect(turns == (0..<15).map { Self.lane($0 % 3) })
    }

    @Test mutating func urgentMailOfOneMailboxGoesBeforeBulkOfOthers() {
        scheduler.configure("r", routeLimits { $0.concurrency = 1 }, at: 0)
        for number in 0..<10 { _ = scheduler.enqueue(row(number, .bulk), lane: Self.lane(number), at: 0) }
        #expect(scheduler.start(at: 0).map(\.id) == [id(0)])
        _ = scheduler.enqueue(row(50, .high), lane: Self.lane(50), at: 0)
        _ = scheduler.enqueue(row(51, .high), lane: Self.lane(9), at: 0)
        scheduler.finished(id(0), .healthy, at: 1, using: &random)
        #expect(scheduler.start(at: 1).map(\.id) == [id(50)])
        scheduler.finished(id(50), .healthy, at: 1, using: &random)
        #expect(scheduler.start(at: 1).map(\.id) == [id(51)])
    }

    @Test mutating func anAttemptThatNeverLeftCostsNothing() {
        scheduler.configure("r", routeLimits { $0.lane.messages = Rate(1, per: .seconds(60)) }, at: 0)
        for number in 1...2 { _ = scheduler.enqueue(row(number), lane: Self.lane(1), at: 0) }
        #expect(scheduler.start(at: 0).count == 1)
        scheduler.finished(id(1), .inconclusive, reachedFarSide: false, at: 1, using: &random)
        #expect(scheduler.start(at: 1).map(\.id) == [id(2)])
        scheduler.finished(id(2), .inconclusive, at: 2, using: &random)
        _ = scheduler.enqueue(row(3), lane: Self.lane(1), at: 2)
        #expect(scheduler.start(at: 2).isEmpty && scheduler.nextWake(at: 2) == 62)
    }

    @Test mutating func tellsWhenAPausedRowIsLookedAtAgain() {
        _ = scheduler.enqueue(row(1), lane: Self.lane(1), at: 0)
        _ = scheduler.start(at: 0)
        let throttled = LaneEffect.pause(refusal(.throttled), retryAfter: .seconds(17))
        #expect(scheduler.finished(id(1), throttled, at: 3, using: &random) == 20)
        _ = scheduler.enqueue(row(1), lane: Self.lane(1), at: 4)
        #expect(scheduler.start(at: 4).isEmpty && scheduler.nextWake(at: 4) == 20)
    }

    @Test mutating func aReloadKeepsWhatWasSpentAndPaused() {
        for number in 1...3 { _ = scheduler.enqueue(row(number, recipients: 20), lane: Self.lane(1), at: 0) }
        _ = scheduler.enqueue(row(4, recipients: 20), lane: Self.lane(2), at: 0)
        #expect(scheduler.start(at: 0).count == 4)
        scheduler.finished(id(1), .pause(refusal(.throttled), retryAfter: .seconds(30)), at: 1, using: &random)
        for number in 5...6 { _ = scheduler.enqueue(row(number, recipients: 20), lane: Self.lane(2), at: 1) }
        _ = scheduler.enqueue(row(7), lane: Self.lane(1), at: 1)
        let tight = routeLimits {
            $0.concurrency = 4
            $0.lane.messages = Rate(2, per: .seconds(60))
            $0.lane.recipients = Rate(10, per: .seconds(60))
        }
        #expect(scheduler.configure("r", tight, at: 1) == [id(5), id(6)])
        #expect(scheduler.enqueue(row(4), lane: Self.lane(2), at: 1) == .duplicate)
        for number in [2, 3, 4] { scheduler.finished(id(number), .healthy, at: 2, using: &random) }
        #expect(scheduler.start(at: 40).isEmpty)
        #expect(scheduler.nextWake(at: 40) == 62)
    }

    @Test mutating func aRouteThatIsTakenOutLeavesNothingBehind() {
        for number in 1...5 { _ = scheduler.enqueue(row(number), lane: Self.lane(1), at: 0) }
        _ = scheduler.start(at: 0)
        #expect(scheduler.remove(route: "r") == [id(4), id(5)])
        #expect(scheduler.finished(id(1), .healthy, at: 1, using: &random) == 1)
        #expect(scheduler.start(at: 1).isEmpty && scheduler.nextWake(at: 1) == nil)
        #expect(scheduler.roomy(.all, of: Self.lane(1)).isEmpty)
        #expect(scheduler.pathStatus(route: "r", at: 1).isEmpty)
        #expect(scheduler.explain(Self.lane(1), at: 1) == nil)
    }

    @Test mutating func eachPriorityAndPinHasAWindowOfItsOwn() {
        scheduler.configure("r", routeLimits { $0.window = 3 }, at: 0)
        for number in 1...3 { _ = scheduler.enqueue(row(number, .high, due: 99), lane: Self.lane(1), at: 0) }
        _ = scheduler.enqueue(row(4, .bulk, due: 99), lane: Self.lane(1), at: 0)
        _ = scheduler.enqueue(row(5, .high, due: 99, via: .smtp), lane: Self.lane(1), at: 0)
        let full = LaneSections(LaneSection(.high, .free))
        #expect(scheduler.roomy(.all, of: Self.lane(1)) == LaneSections.all.subtracting(full))
        #expect(scheduler.roomy(full, of: Self.lane(1)).isEmpty)
        #expect(scheduler.roomy(full, of: Self.lane(2)) == full)
    }

    @Test(arguments: [(1, 0, true), (1, 1, false), (2, 0, true), (2, 1, false), (10, 4, true), (10, 5, false)])
    mutating func aWindowIsRoomyThatMisses(_ window: Int, _ waiting: Int, _ isRoomy: Bool) {
        scheduler.configure("r", routeLimits { $0.window = window }, at: 0)
        for number in 0..<waiting { _ = scheduler.enqueue(row(number, due: 99), lane: Self.lane(1), at: 0) }
        let section = LaneSections(LaneSection(.normal, .free))
        #expect(scheduler.roomy(section, of: Self.lane(1)) == (isRoomy ? section : []))
    }

    @Test mutating func theLogIsTheLimitersMemory() {
        let spent = (0..<28).map { Spent(answeredAt: Instant(.seconds($0 - 30)), recipients: 2, size: 100) }
        scheduler.restore(Self.lane(1), spent, at: 0)
        for number in 1...5 { _ = scheduler.enqueue(row(number), lane: Self.lane(1), at: 0) }
        #expect(scheduler.start(at: 0).count == 2)
        #expect(scheduler.nextWake(at: 0) == 30)
        #expect(scheduler.start(at: 30).count == 1)
    }

    @Test mutating func aPauseOutlivesARestart() {
        scheduler.restorePause(Self.lane(1), .graph, refusal(.throttled), until: 25, at: 0)
        _ = scheduler.enqueue(row(1), lane: Self.lane(1), at: 0)
        _ = scheduler.enqueue(row(2), lane: Self.lane(2), at: 0)
        #expect(scheduler.start(at: 0).map(\.id) == [id(2)])
        #expect(scheduler.nextWake(at: 0) == 25)
        #expect(scheduler.start(at: 25).map(\.id) == [id(1)])
    }

    @Test mutating func aRoutesPauseOutlivesARestartAndEndsWithAProbe() {
        let down = refusal(.unavailable, .route)
        scheduler.restorePause(route: "r", path: .graph, down, until: 25, at: 0)
        for number in 1...3 { _ = scheduler.enqueue(row(number), lane: Self.lane(number), at: 0) }
        #expect(scheduler.start(at: 24).isEmpty && scheduler.nextWake(at: 24) == 25)
        #expect(scheduler.explain(Self.lane(1), at: 24)?.reason == down)
        #expect(scheduler.start(at: 25).map(\.id) == [id(1)])
        scheduler.finished(id(1), .healthy, at: 26, using: &random)
        #expect(scheduler.start(at: 26).map(\.id) == [id(2), id(3)])
    }

    @Test mutating func explainsALane() throws {
        for number in 1...40 { _ = scheduler.enqueue(row(number), lane: Self.lane(1), at: 0) }
        _ = scheduler.start(at: 0)
        let throttled = refusal(.throttled)
        scheduler.finished(id(1), .pause(throttled, retryAfter: .seconds(30)), at: 0, using: &random)
        let status = try #require(scheduler.explain(Self.lane(1), at: 10))
        let trouble = Trouble(reason: throttled, since: 0, until: 30)
        let path = PathStatus(.graph, inFlight: 2, trouble, isRouteWide: false, at: 10)
        #expect(
            status
                == LaneStatus(
                    waiting: 37, inFlight: 2, paths: [path],
                    queues: [LaneQueue.free, .graph, .trial].map {
                        QueueStatus(queue: $0, path: .graph, pausedUntil: 30, reason: throttled)
                    }, nextStart: 30, availableMessages: 27))
        #expect(status.pausedUntil == 30 && status.reason == throttled)
        let drain = scheduler.timeToDrain(Self.lane(1), Backlog(messages: 57, recipients: 57), at: 10)
        #expect(drain == .seconds(20) + .seconds(60))
        let unknown = try #require(scheduler.explain(Self.lane(7), at: 10))
        #expect(unknown.waiting == 0 && unknown.reason == nil && unknown.availableMessages == 30)
    }

    @Test mutating func forgetsALaneOnceNothingItKnowsMatters() {
        for number in 0..<100 { _ = scheduler.enqueue(row(number), lane: Self.lane(number), at: 0) }
        for start in scheduler.start(at: 0) {
            scheduler.finished(start.id, .healthy, at: 1, using: &random)
        }
        for start in scheduler.start(at: 1) { scheduler.finished(start.id, .healthy, at: 2, using: &random) }
        #expect(scheduler.routes["r"]?.lanes.count == 100)
        _ = scheduler.start(at: 86_400)
        #expect(scheduler.routes["r"]?.lanes.count == 100)
        _ = scheduler.start(at: 86_402)
        #expect(scheduler.routes["r"]?.lanes.count == 0)
        _ = scheduler.enqueue(row(1), lane: Self.lane(1), at: 90_000)
        scheduler.remove(id(1), at: 90_000)
        #expect(scheduler.routes["r"]?.lanes.count == 0)
    }
}
