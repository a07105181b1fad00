import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct SchedulerPathsTests {
    private var random = SplitMix64(seed: 3)
    private var scheduler = Scheduler()
    private let lane = LaneKey(route: "r", mailbox: address("box@contoso.com"))

    init() { scheduler.configure("r", routeLimits(hasSMTP: true), at: 0) }

    private mutating func enqueue(_ rows: Waiting..., at now: Instant = 0) {
        for row in rows {
            let answer = scheduler.enqueue(row, lane: lane, at: now)
            #expect(answer == .waiting)
        }
    }

    @Test mutating func aStartNamesItsPathAndItsEndConcernsThatPath() {
        enqueue(row(1, via: .smtp), row(2))
        #expect(scheduler.start(at: 0).map(\.path) == [.smtp, .graph])
        let throttled = LaneEffect.pause(refusal(.throttled), retryAfter: .seconds(40))
        #expect(scheduler.finished(id(1), throttled, at: 1, using: &random) == 41)
        enqueue(row(1, via: .smtp), row(3), at: 1)
        #expect(scheduler.start(at: 1) == [.init(id: id(3), lane: lane, path: .graph)])
        #expect(scheduler.nextWake(at: 1) == 41)
        #expect(scheduler.start(at: 41) == [.init(id: id(1), lane: lane, path: .smtp)])
    }

    @Test mutating func aRouteMayBeSMTPAlone() {
        scheduler.configure("r", routeLimits { $0.primary = .smtp }, at: 0)
        enqueue(row(1), row(2, via: .smtp))
        #expect(scheduler.start(at: 0).map(\.path) == [.smtp, .smtp])
        #expect(scheduler.pathStatus(route: "r", at: 0).map(\.path) == [.smtp])
    }

    @Test mutating func thePrimaryMayBeSMTPAndFallBackToGraph() {
        let both = routeLimits { ($0.primary, $0.other, $0.fallback) = (.smtp, .graph, FallbackRule()) }
        scheduler.configure("r", both, at: 0)
        scheduler.restorePause(route: "r", path: .smtp, refusal(.unauthorized, .route), until: 900, at: 0)
        enqueue(row(1))
        #expect(scheduler.start(at: 0).isEmpty && scheduler.nextWake(at: 0) == 120)
        #expect(scheduler.start(at: 120).map(\.path) == [.graph])
    }

    @Test mutating func aPauseOutlivesARestartOnItsPath() {
        scheduler.restorePause(lane, .smtp, refusal(.throttled), until: 25, at: 0)
        enqueue(row(1, via: .smtp), row(2, via: .graph))
        #expect(scheduler.start(at: 0).map(\.id) == [id(2)])
        #expect(scheduler.start(at: 25).map(\.id) == [id(1)])
    }

    @Test mutating func aTroubleFromBeforeTheRestartNeedNotLastAnew() {
        scheduler.restorePause(
            route: "r", path: .graph, refusal(.unavailable, .route), since: -100, until: 300, at: 0)
        enqueue(row(1))
        #expect(scheduler.start(at: 19).isEmpty && scheduler.nextWake(at: 19) == 20)
        #expect(scheduler.start(at: 20).map(\.path) == [.smtp])
        scheduler.restorePause(lane, .smtp, refusal(.unavailable), since: -500, until: 300, at: 20)
        #expect(scheduler.explain(lane, at: 20)?.paths.map(\.troubleSince) == [-100, -500])
    }

    @Test mutating func countsMessagesOverBothPaths() {
        let spent = Path.allCases.map { Spent(answeredAt: -10, path: $0, messages: 14, recipients: 14, size: 0) }
        scheduler.restore(lane, spent, at: 0)
        enqueue(row(1), row(2, via: .smtp), row(3))
        #expect(scheduler.start(at: 0).map(\.path) == [.graph, .smtp])
        #expect(scheduler.nextWake(at: 0) == 50)
    }

    @Test mutating func explainsBothPaths() throws {
        scheduler.restorePause(lane, .graph, refusal(.throttled), until: 70, at: 0)
        scheduler.restorePause(route: "r", path: .smtp, refusal(.unavailable, .route), until: 5, at: 0)
        enqueue(row(1, via: .smtp), row(2))
        #expect(scheduler.start(at: 5).map(\.id) == [id(1)])
        let status = try #require(scheduler.explain(lane, at: 6))
        let graph = Trouble(reason: refusal(.throttled), since: 0, until: 70)
        let smtp = Trouble(reason: refusal(.unavailable, .route), since: 0, until: nil)
        #expect(
            status.paths == [
                PathStatus(.graph, inFlight: 0, graph, isRouteWide: false, at: 6),
                PathStatus(.smtp, inFlight: 1, smtp, isRouteWide: true, at: 6),
            ])
        #expect(status.inFlight == 1 && status.pausedUntil == 70 && status.nextStart == 70)
        #expect(status.reason == refusal(.throttled))
    }
}
