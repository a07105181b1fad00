import MailModel
import Testing

@testable import DeliveryPolicy

/// An outage of one path of a route, from the first fault to the return of the mail.
@Suite struct RouteFallbackTests {
    private var random = SplitMix64(seed: 12)
    private var route = RouteLanes(routeLimits(hasSMTP: true))
    private let boxes = (0..<6).map { address("box\($0)@contoso.com") }
    private let down = refusal(.unavailable, .route, status: nil)

    private mutating func enqueue(_ number: Int, _ box: Int, via pin: Path? = nil) {
        let fits = route.update(boxes[box], at: 0) { $0.enqueue(row(number, via: pin)) }
        #expect(fits)
    }

    private mutating func starts(at now: Instant) -> [String] {
        var starts: [String] = []
        while let next = route.startNext(at: now) {
            starts.append("\(Int(next.turn.row.id.rawValue) ?? 0) \(next.turn.path)")
        }
        return starts.sorted()
    }

    private mutating func finish(
        _ number: Int, _ box: Int, via pin: Path? = nil, by path: Path = .graph, _ effect: LaneEffect, at now: Instant
    ) -> Instant {
        route.finished(
            row(number, via: pin), by: path, of: boxes[box], effect, reachedFarSide: false, at: now, using: &random)
    }

    /// Closes Graph at 0 with three faults of three mailboxes; their rows wait again.
    private mutating func breakGraph() {
        for box in 0..<3 { enqueue(box, box) }
        #expect(starts(at: 0) == ["0 graph", "1 graph", "2 graph"])
        for box in 0..<3 { _ = finish(box, box, .routeFailure(down, retryAfter: nil), at: 0) }
        for box in 0..<3 { enqueue(box, box) }
    }

    @Test mutating func mailMovesAfterAWhileAndReturnsWithTheFirstGoodProbe() throws {
        breakGraph()
        enqueue(3, 3)
        // Before the time is over: one probe at a time, nobody moves.
        let first = try #require(route.nextWake(at: 0))
        #expect(first >= 4 && first <= 6)
        let probes = starts(at: first)
        #expect(probes == ["2 graph"])
        #expect(route.nextWake(at: first) == 120)
        #expect(finish(2, 2, .routeFailure(down, retryAfter: .seconds(200)), at: 60) == 120)
        #expect(starts(at: 119).isEmpty && route.nextWake(at: 119) == 120)
        #expect(starts(at: 120) == ["0 smtp", "1 smtp", "3 smtp"])
        #expect(route.pathStatus(at: 120).map(\.inFlight) == [0, 3])
        // A row that comes back may move at once.
        enqueue(2, 2)
        #expect(starts(at: 121) == ["2 smtp"])
        // The next probe is due: one goes there, the others go on moving.
        for number in 10..<13 { enqueue(number, 4) }
        #expect(starts(at: 260) == ["10 graph", "11 smtp", "12 smtp"])
        #expect(finish(10, 4, .healthy, at: 261) == 261)
        for number in 20..<23 { enqueue(number, 5) }
        #expect(starts(at: 261) == ["20 graph", "21 graph", "22 graph"])
    }

    @Test mutating func pinnedRowsStayAndBlockNobody() {
        breakGraph()
        enqueue(10, 0, via: .graph)
        enqueue(11, 0, via: .smtp)
        #expect(starts(at: 1) == ["11 smtp"])
        _ = route.startNext(at: 60)
        let moved = starts(at: 120)
        #expect(moved.allSatisfy { $0.hasSuffix("smtp") } && !moved.contains { $0.hasPrefix("10 ") })
    }

    static let rules: [(FallbackRule?, Refusal.Cause, moves: Bool)] = [
        (FallbackRule(), .unavailable, true), (FallbackRule(), .unauthorized, true), (nil, .unavailable, false),
        (FallbackRule(on: [.throttled]), .unavailable, false), (FallbackRule(), .misconfigured, false),
    ]

    @Test(arguments: rules) mutating func theRuleDecides(rule: FallbackRule?, cause: Refusal.Cause, moves: Bool) {
        _ = route.configure(routeLimits(hasSMTP: true) { $0.fallback = rule }, at: 0)
        let reason = refusal(cause, .route)
        route.restorePause(on: .graph, reason, since: 0, until: 1000, at: 0)
        enqueue(1, 1)
        #expect(route.nextWake(at: 0) == (moves ? 120 : 1000))
        let status = route.explain(boxes[1], at: 5)
        #expect(status.pausedUntil == (moves ? 120 : 1000) && status.nextStart == status.pausedUntil)
        #expect(status.reason == reason)
        #expect(starts(at: 120) == (moves ? ["1 smtp"] : []))
        enqueue(2, 1)
        let later = route.explain(boxes[1], at: 120)
        #expect(later.pausedUntil == (moves ? nil : 1000) && later.reason == (moves ? nil : reason))
        #expect(later.nextStart == (moves ? 120 : 1000))
        let graph = later.paths[0]
        #expect(graph.isRouteWide && graph.troubleSince == 0 && graph.reason == reason && graph.pausedUntil == 1000)
    }

    @Test mutating func saysWhenARowMayBeLookedAtAgain() {
        route.restorePause(on: .smtp, refusal(.unavailable, .route), since: 0, until: 40, at: 0)
        enqueue(1, 0)
        enqueue(2, 1, via: .graph)
        enqueue(3, 2)
        #expect(starts(at: 0) == ["1 graph", "2 graph", "3 graph"])
        let denied = LaneEffect.routeFailure(refusal(.unauthorized, .route), retryAfter: .seconds(500))
        #expect(finish(1, 0, denied, at: 10) == 130)
        #expect(finish(2, 1, via: .graph, denied, at: 10) == 510)
        route.restorePause(on: .smtp, refusal(.unavailable, .route), since: 0, until: 400, at: 11)
        #expect(finish(3, 2, denied, at: 20) == 400)
    }

    /// One mailbox's 503s are that mailbox's pause; after a while its mail alone moves.
    @Test mutating func aMailboxThatIsUnavailableMovesAlone() {
        let busy = refusal(.unavailable, .route, status: 503)
        enqueue(1, 0)
        _ = starts(at: 0)
        #expect(finish(1, 0, .routeFailure(busy, retryAfter: .seconds(600)), at: 0) == 120)
        enqueue(1, 0)
        enqueue(2, 1)
        #expect(starts(at: 1) == ["2 graph"])
        #expect(route.nextWake(at: 1) == 120)
        #expect(starts(at: 120) == ["1 smtp"])
        #expect(
            route.explain(boxes[0], at: 130).reason == nil && route.pathStatus(at: 130).allSatisfy { $0.reason == nil })
        #expect(route.explain(boxes[0], at: 130).paths[0].reason?.scope == .mailbox)
    }

    @Test mutating func eachPathHasItsOwnBreakerAndConcurrency() {
        _ = route.configure(routeLimits(hasSMTP: true) { $0.concurrency = 2 }, at: 0)
        for number in 0..<5 { enqueue(number, number) }
        for number in 10..<15 { enqueue(number, number - 10, via: .smtp) }
        #expect(starts(at: 0) == ["0 graph", "1 graph", "10 smtp", "11 smtp"])
        let denied = LaneEffect.routeFailure(refusal(.unauthorized, .route), retryAfter: nil)
        _ = finish(10, 0, via: .smtp, by: .smtp, denied, at: 1)
        _ = finish(0, 0, .healthy, at: 1)
        #expect(starts(at: 1) == ["2 graph"])
        let status = route.pathStatus(at: 1)
        #expect(status.map(\.path) == [.graph, .smtp] && status.map(\.inFlight) == [2, 1])
        #expect(status[0].reason == nil && status[1].reason?.cause == .unauthorized && status[1].troubleSince == 1)
    }

    static let shared: [(connections: Int?, graph: Int, smtp: Int)] = [(nil, 4, 4), (1, 4, 1), (3, 4, 3), (6, 4, 6)]

    @Test(arguments: shared) mutating func mailboxesOfOneLoginShareItsConnections(
        connections: Int?, graph: Int, smtp: Int
    ) {
        let limits = routeLimits(hasSMTP: true) { ($0.concurrency, $0.connections) = (4, connections) }
        #expect(limits.concurrency(of: .graph) == graph && limits.concurrency(of: .smtp) == smtp)
        _ = route.configure(limits, at: 0)
        for number in 0..<12 {
            enqueue(number, number % 6)
            enqueue(number + 20, number % 6, via: .smtp)
        }
        let first = starts(at: 0)
        #expect(first.count { $0.hasSuffix("graph") } == graph && first.count { $0.hasSuffix("smtp") } == smtp)
        #expect(route.nextWake(at: 0) == nil)
        _ = finish(20, 0, via: .smtp, by: .smtp, .healthy, at: 1)
        #expect(route.nextWake(at: 1) == 1)
        let next = starts(at: 1)
        #expect(next.count == 1 && next[0].hasSuffix("smtp"))
    }

    @Test mutating func aFullPrimaryIsNoReasonToLeave() {
        _ = route.configure(routeLimits(hasSMTP: true) { $0.concurrency = 1 }, at: 0)
        enqueue(1, 1)
        enqueue(2, 2)
        #expect(starts(at: 0) == ["1 graph"])
        #expect(starts(at: 5000).isEmpty && route.nextWake(at: 5000) == nil)
    }

    @Test mutating func anOperatorMayHurryBothPaths() {
        let denied = refusal(.unauthorized, .route)
        for (number, path) in Path.allCases.enumerated() {
            route.restorePause(on: path, denied, since: 0, until: 0, at: 0)
            enqueue(number, number, via: path)
        }
        #expect(starts(at: 0) == ["0 graph", "1 smtp"])
        for (number, path) in Path.allCases.enumerated() {
            _ = finish(number, number, via: path, by: path, .routeFailure(denied, retryAfter: nil), at: 1)
            enqueue(number, number, via: path)
        }
        #expect(starts(at: 2).isEmpty)
        route.hurry(at: 2)
        #expect(starts(at: 2) == ["0 graph", "1 smtp"])
    }

    @Test mutating func aReloadMayTakeAPathAway() {
        enqueue(1, 0, via: .smtp)
        route.restorePause(on: .smtp, refusal(.unavailable, .route), since: 0, until: 900, at: 0)
        #expect(starts(at: 0).isEmpty)
        enqueue(2, 0)
        _ = route.configure(routeLimits(), at: 1)
        #expect(starts(at: 1) == ["2 graph"] && starts(at: 1000).isEmpty && route.nextWake(at: 1000) == nil)
        #expect(route.pathStatus(at: 1).map(\.path) == [.graph])
        _ = route.configure(routeLimits(hasSMTP: true), at: 1001)
        #expect(starts(at: 1001) == ["1 smtp"])
    }

    /// Its answer comes when the path is gone: the row waits for that path, not for another attempt elsewhere.
    @Test mutating func aReloadMayTakeThePathOfAnAttempt() {
        enqueue(1, 0, via: .smtp)
        #expect(starts(at: 0) == ["1 smtp"])
        _ = route.configure(routeLimits(), at: 1)
        #expect(finish(1, 0, via: .smtp, by: .smtp, .inconclusive, at: 2) == 2)
        enqueue(1, 0, via: .smtp)
        #expect(starts(at: 2).isEmpty && route.nextWake(at: 2) == nil)
        _ = route.configure(routeLimits(hasSMTP: true), at: 3)
        #expect(starts(at: 3) == ["1 smtp"] && route.pathStatus(at: 3).map(\.inFlight) == [0, 1])
    }
}
