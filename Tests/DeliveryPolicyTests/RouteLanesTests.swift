import MailModel
import Testing

@testable import DeliveryPolicy

/// The route's breaker, as its lanes feel it.
@Suite struct RouteLanesTests {
    private var random = SplitMix64(seed: 8)
    private var route = RouteLanes(RouteLimits())
    private let boxes = (0..<4).map { address("box\($0)@contoso.com") }

    private func enqueue(_ number: Int, _ box: Int, into route: inout RouteLanes) {
        let fits = route.update(boxes[box], at: 0) { $0.enqueue(row(number)) }
        #expect(fits)
    }

    private mutating func fail(
        _ number: Int, _ box: Int, _ refusal: Refusal, retryAfter: Duration? = nil, at now: Instant
    ) -> Instant {
        enqueue(number, box, into: &route)
        #expect(route.startNext(at: now)?.turn.row.id == id(number))
        let effect = LaneEffect.routeFailure(refusal, retryAfter: retryAfter)
        return route.finished(
            row(number), by: .graph, of: boxes[box], effect, reachedFarSide: false, at: now, using: &random)
    }

    /// The first one might still be one mailbox's own trouble.
    @Test mutating func threeMoreFaultsOfDifferentMailboxesCloseTheWay() throws {
        let down = refusal(.unavailable, .route, status: 503)
        #expect(fail(4, 3, down, at: 0) > 0)
        #expect(route.explain(boxes[0], at: 0).reason == nil)
        for box in 0..<3 { #expect(fail(box, box, down, at: 0) > 0) }
        enqueue(9, 3, into: &route)
        #expect(route.startNext(at: 1) == nil)
        let wake = try #require(route.nextWake(at: 1))
        #expect(wake >= 4 && wake <= 6)
        #expect(route.explain(boxes[3], at: 1).reason == down && route.explain(boxes[3], at: 1).pausedUntil == wake)
        #expect(route.startNext(at: wake)?.turn.row.id == id(9))
    }

    @Test mutating func faultsOfOneMailboxPauseThatMailboxAlone() {
        let down = refusal(.unavailable, .route, status: 503)
        var now: Instant = 0
        for number in 0..<6 { now = fail(number, 0, down, at: now) }
        #expect(route.explain(boxes[0], at: 0).reason?.scope == .mailbox)
        #expect(route.explain(boxes[3], at: 0).reason == nil)
        enqueue(7, 0, into: &route)
        enqueue(9, 3, into: &route)
        #expect(route.startNext(at: now - .milliseconds(1))?.turn.row.id == id(9))
        #expect(route.startNext(at: now - .milliseconds(1)) == nil)
        #expect(route.startNext(at: now)?.turn.row.id == id(7))
    }

    @Test mutating func noAnswerAtAllSpeaksForTheRouteWhoeverAsks() {
        let unreachable = refusal(.unavailable, .route, status: nil)
        var now: Instant = 0
        for number in 0..<3 { now = fail(number, 0, unreachable, at: now) }
        enqueue(9, 3, into: &route)
        #expect(route.startNext(at: now - .milliseconds(1)) == nil)
    }

    @Test mutating func aRefusedTokenClosesTheWayAtOnce() {
        let until = fail(1, 0, refusal(.unauthorized, .route, status: 401), at: 0)
        enqueue(9, 3, into: &route)
        #expect(route.startNext(at: until - .milliseconds(1)) == nil)
        #expect(route.startNext(at: until)?.turn.row.id == id(9))
        enqueue(10, 2, into: &route)
        #expect(route.startNext(at: until) == nil)
        #expect(route.nextWake(at: until) == nil)
        _ = route.finished(row(9), by: .graph, of: boxes[3], .healthy, reachedFarSide: true, at: until, using: &random)
        #expect(route.startNext(at: until)?.turn.row.id == id(10))
    }

    @Test mutating func aPausedMailboxProvesThatTheRouteWorks() {
        let until = fail(1, 0, refusal(.unauthorized, .route, status: 401), at: 0)
        enqueue(9, 3, into: &route)
        enqueue(10, 2, into: &route)
        #expect(route.startNext(at: until)?.turn.row.id == id(9))
        let throttled = LaneEffect.pause(refusal(.throttled), retryAfter: .seconds(40))
        let next = route.finished(
            row(9), by: .graph, of: boxes[3], throttled, reachedFarSide: true, at: until, using: &random)
        #expect(next == until + .seconds(40))
        #expect(route.startNext(at: until)?.turn.row.id == id(10))
    }

    @Test mutating func retryAfterOfTheRouteIsKept() {
        let down = refusal(.unavailable, .route, status: nil)
        #expect(fail(1, 0, down, retryAfter: .seconds(90), at: 0) == 90)
        enqueue(9, 3, into: &route)
        #expect(route.nextWake(at: 0) == 90)
        route.hurry(at: 1)
        #expect(route.nextWake(at: 1) == 90)
    }

    @Test mutating func hurryProbesAtOnce() {
        _ = fail(1, 0, refusal(.unauthorized, .route, status: 401), at: 0)
        enqueue(9, 3, into: &route)
        route.hurry(at: 1)
        #expect(route.startNext(at: 1)?.turn.row.id == id(9))
    }

    /// What is ready at 0 is kept back at 1 by an urgent row to more people than there is room for.
    @Test mutating func aMailboxThatYieldsNothingIsPassedOverAndNotLost() {
        _ = route.configure(routeLimits { $0.lane.recipients = Rate(10, per: .seconds(60)) }, at: 0)
        for box in 0..<2 {
            route.update(boxes[box], at: 0) { $0.restore(Spent(answeredAt: 0, recipients: 5, size: 0)) }
            enqueue(box, box, into: &route)
            let fits = route.update(boxes[box], at: 0) { $0.enqueue(row(box + 4, .high, due: 1, recipients: 9)) }
            #expect(fits)
        }
        enqueue(3, 2, into: &route)
        #expect(route.startNext(at: 1)?.turn.row.id == id(3))
        #expect(route.startNext(at: 1) == nil && route.nextWake(at: 1) == 60)
        #expect(route.startNext(at: 60)?.turn.row.id == id(4) && route.startNext(at: 60)?.turn.row.id == id(5))
    }
}
