import MailModel
import Testing

@testable import DeliveryPolicy

/// A lane of a route with both paths: which one a row takes, and whom it keeps back.
@Suite struct LanePathsTests {
    private var random = SplitMix64(seed: 9)
    private let both = routeLimits(hasSMTP: true)
    private static let denied = refusal(.unauthorized)

    private func lane(_ rows: [Waiting], _ change: (inout LaneLimits) -> Void = { _ in }) -> Lane {
        var limits = LaneLimits()
        change(&limits)
        var lane = Lane(limits)
        for row in rows {
            let fits = lane.enqueue(row)
            #expect(fits)
        }
        return lane
    }

    private func start(
        _ lane: inout Lane, at now: Instant, _ outlook: RouteOutlook? = nil, through open: [Path] = [.graph, .smtp]
    ) -> String? {
        let turn = lane.startNext(at: now, through: open, outlook ?? DeliveryPolicyTests.outlook(both))
        return turn.map { "\(Int($0.row.id.rawValue) ?? 0) \($0.path)" }
    }

    // MARK: Which path

    enum Primary: Hashable, Sendable, CaseIterable {
        case well, full, throttled, unavailable, denied, deniedDue, probing, quota
    }

    /// The primary's gate is in that state since 0; a pause ends at 500, a wait for an operator at 400.
    private mutating func lane(_ primary: Primary) -> Lane {
        var lane = lane((1...9).map { row($0) }) { $0.concurrency = 2 }
        func restore(_ cause: Refusal.Cause, until: Instant) {
            lane.restorePause(on: .graph, refusal(cause), since: 0, until: until)
        }
        switch primary {
        case .well: break
        case .full: for _ in 0..<2 { _ = start(&lane, at: 0) }
        case .throttled: restore(.throttled, until: 500)
        case .unavailable: restore(.unavailable, until: 500)
        case .denied, .deniedDue: restore(.unauthorized, until: primary == .denied ? 400 : 100)
        case .probing:
            restore(.unauthorized, until: 0)
            _ = start(&lane, at: 0)
        case .quota: restore(.quota, until: 400)
        }
        return lane
    }

    enum Word: Hashable, Sendable {
        case graph, smtp, nobody
        case smtpFrom(Instant)
        case graphFrom(Instant)
    }

    static func expected(_ primary: Primary, at now: Instant) -> Word {
        switch primary {
        case .well, .deniedDue: .graph
        case .full: .nobody
        case .throttled: .graphFrom(500)
        case .quota: .graphFrom(400)
        case .unavailable, .denied, .probing: now < 120 ? .smtpFrom(120) : .smtp
        }
    }

    @Test(arguments: Primary.allCases, [110, 120, 300] as [Instant])
    mutating func aRowWithoutAPinGoes(primary: Primary, at now: Instant) {
        var lane = lane(primary)
        let outlook = outlook(both)
        let next = Path.allCases.compactMap { lane.nextStart(on: $0, outlook, at: now) }.min()
        let first = start(&lane, at: now)
        switch Self.expected(primary, at: now) {
        case .graph: #expect(first?.hasSuffix("graph") == true && next == now)
        case .smtp: #expect(first?.hasSuffix("smtp") == true && next == now)
        case .nobody: #expect(first == nil && next == nil)
        case .smtpFrom(let moment):
            #expect(first == nil && next == moment)
            #expect(lane.readiness(on: .smtp, outlook, at: now) == .later(moment))
            #expect(start(&lane, at: moment)?.hasSuffix("smtp") == true)
        case .graphFrom(let moment):
            #expect(first == nil && next == moment && lane.readiness(on: .smtp, outlook, at: now) == .idle)
            #expect(start(&lane, at: moment)?.hasSuffix("graph") == true)
        }
    }

    @Test func aPauseThatEndsBeforeItHasLastedMovesNothing() {
        var lane = lane([row(1)])
        lane.restorePause(on: .graph, refusal(.unavailable), since: 0, until: 119)
        #expect(lane.nextStart(on: .smtp, outlook(both), at: 5) == nil)
        #expect(start(&lane, at: 118) == nil)
        #expect(start(&lane, at: 119) == "1 graph")
    }

    @Test func theRoutesTroubleMovesWhatTheLanesOwnWouldNot() {
        let trouble = Trouble(reason: refusal(.unavailable, .route), since: 0, until: nil)
        let diverting = outlook(both, troubled: [.graph: trouble], at: 120)
        var lane = lane([row(1), row(2), row(3)])
        #expect(start(&lane, at: 120, diverting, through: [.smtp]) == "1 smtp")
        // The route's probe is due.
        #expect(start(&lane, at: 120, diverting) == "2 graph")
        lane.restorePause(on: .graph, refusal(.quota), since: 119, until: 900)
        #expect(start(&lane, at: 120, diverting) == "3 smtp")
    }

    @Test func theOtherPathsTroubleHoldsUpWhatMoves() {
        var lane = lane([row(1)])
        lane.restorePause(on: .graph, Self.denied, since: 0, until: 4000)
        lane.restorePause(on: .smtp, refusal(.throttled), since: 0, until: 200)
        #expect(start(&lane, at: 150) == nil)
        #expect(lane.nextStart(on: .smtp, outlook(both), at: 150) == 200)
        #expect(start(&lane, at: 200) == "1 smtp")
    }

    @Test mutating func oneProbesAndTheOthersMove() {
        var lane = lane((1...9).map { row($0) })
        lane.restorePause(on: .graph, Self.denied, since: 0, until: 300)
        #expect(start(&lane, at: 300) == "1 graph")
        #expect(start(&lane, at: 300) == "2 smtp" && start(&lane, at: 300) == "3 smtp")
        lane.finished(id(1), .healthy, reachedFarSide: true, at: 301, using: &random)
        #expect((0..<4).map { _ in start(&lane, at: 301) } == ["4 graph", "5 graph", "6 graph", nil])
    }

    // MARK: Pins

    @Test func aPinnedRowWaitsForItsPathAndKeepsNobodyBack() {
        for pin in Path.allCases {
            let free: Path = pin == .graph ? .smtp : .graph
            var lane = lane([row(1, .high, via: pin), row(2, .normal, via: free), row(3, .bulk, via: free)])
            lane.restorePause(on: pin, Self.denied, since: 0, until: 4000)
            #expect(start(&lane, at: 1000) == "2 \(free)" && start(&lane, at: 1000) == "3 \(free)")
            #expect(start(&lane, at: 3999) == nil && start(&lane, at: 4000) == "1 \(pin)")
        }
    }

    @Test func rowsWithoutAPinPassABlockedOne() {
        var lane = lane([row(1, .high, via: .smtp), row(2), row(3)])
        lane.restorePause(on: .smtp, refusal(.throttled), since: 0, until: 50)
        #expect(start(&lane, at: 0) == "2 graph" && start(&lane, at: 1) == "3 graph")
        #expect(lane.readiness(on: .smtp, outlook(both), at: 1) == .later(50))
    }

    /// The outcome of an attempt by it may be unknown: by another path the message might arrive twice.
    @Test(arguments: Path.allCases) func aRowWaitsForAPathTheRouteDoesNotHaveAndKeepsNobodyBack(pin: Path) {
        let free: Path = pin == .graph ? .smtp : .graph
        let alone = outlook(routeLimits { $0.primary = free })
        // Neither for want of what both paths share, nor of what is one's own, nor as overdue.
        let rows = [row(1, .high, recipients: 9, via: pin), row(2, .bulk, size: 9000, via: pin), row(3), row(4, .bulk)]
        var lane = lane(rows) {
            ($0.recipients, $0.upload) = (Rate(10, per: .seconds(60)), Rate(9000, per: .seconds(60)))
        }
        lane.restore(Spent(answeredAt: 0, recipients: 5, size: 10))
        for _ in 0..<20 { lane.fairness.taken(.high, contending: Set(Priority.allCases)) }
        #expect(lane.readiness(on: pin, alone, at: 1) == .idle)
        #expect(lane.readiness(on: free, alone, at: 1) == .now(.bulk))
        #expect((0..<3).map { _ in start(&lane, at: 1, alone, through: [free]) } == ["4 \(free)", "3 \(free)", nil])
        #expect(lane.readiness(on: free, alone, at: 1) == .idle && lane.nextStart(on: free, alone, at: 1) == nil)
        #expect(start(&lane, at: 5000, alone, through: [free]) == nil && lane.retirement(at: 90_000) == nil)
        #expect(lane.window.count == 2)
    }

    // MARK: Limits

    @Test func eachPathHasItsConcurrency() {
        var lane = lane((1...20).map { row($0, via: $0 % 2 == 0 ? .graph : .smtp) }) {
            ($0.concurrency, $0.connections) = (1, 2)
        }
        #expect((0..<4).map { _ in start(&lane, at: 0) } == ["1 smtp", "2 graph", "3 smtp", nil])
    }

    @Test func bulkLeavesOnePlaceOnEachPath() {
        var lane = lane((1...8).map { row($0, .bulk, via: $0 % 2 == 0 ? .graph : .smtp) })
        #expect((0..<5).map { _ in start(&lane, at: 0) } == ["1 smtp", "2 graph", "3 smtp", "4 graph", nil])
        _ = lane.enqueue(row(9, .high, via: .smtp))
        #expect(start(&lane, at: 0) == "9 smtp")
    }

    @Test func whoLacksWhatIsSharedKeepsAllBack() {
        var lane = lane([row(1, recipients: 9, via: .smtp), row(2), row(3, .bulk, via: .smtp)]) {
            $0.recipients = Rate(10, per: .seconds(60))
        }
        lane.restore(Spent(answeredAt: 0, path: .smtp, recipients: 5, size: 0))
        #expect(start(&lane, at: 1) == nil)
        for path in Path.allCases { #expect(lane.readiness(on: path, outlook(both), at: 1) == .later(60)) }
        #expect(start(&lane, at: 60) == "1 smtp")
    }

    @Test func whoLacksWhatIsSharedBehindAClosedPathKeepsNobodyBack() {
        let rows = [row(1, recipients: 9, via: .smtp), row(2), row(3, .bulk, via: .smtp)]
        var closed = lane(rows) { $0.recipients = Rate(10, per: .seconds(60)) }
        closed.restore(Spent(answeredAt: 0, recipients: 5, size: 0))
        var routeClosed = closed
        closed.restorePause(on: .smtp, refusal(.throttled), since: 0, until: 500)
        #expect(start(&closed, at: 1) == "2 graph" && start(&closed, at: 1) == nil)
        let trouble = Trouble(reason: refusal(.unavailable, .route), since: 0, until: 500)
        let troubled = outlook(both, troubled: [.smtp: trouble])
        #expect(start(&routeClosed, at: 1, troubled, through: [.graph]) == "2 graph")
        #expect(start(&routeClosed, at: 1, troubled, through: [.graph, .smtp]) == nil)
    }

    @Test func whoLacksWhatIsGraphsKeepsBackThoseOfGraph() {
        var lane = lane([row(1), row(2, .normal, due: 0, size: 1, via: .graph), row(3, .bulk, via: .smtp)]) {
            $0.upload = Rate(4000, per: .seconds(60))
        }
        lane.restore(Spent(answeredAt: 0, recipients: 1, size: 1000))
        #expect(start(&lane, at: 1) == "3 smtp" && start(&lane, at: 1) == nil)
        #expect(lane.readiness(on: .graph, outlook(both), at: 1) == .later(60))
    }

    /// While its route has no room for the row that comes first, the next goes; and the first to fit is the first to go.
    @Test func turnsHoldOverBothPaths() {
        let rows = [row(1, via: .smtp), row(2), row(3, via: .smtp), row(4)]
        var lane = lane(rows) { $0.messages = Rate(1, per: .seconds(60)) }
        var order: [String?] = []
        var random = SplitMix64(seed: 1)
        for number in 1...4 {
            let now = Instant(.seconds(60 * number))
            order.append(start(&lane, at: now))
            #expect(start(&lane, at: now) == nil)
            lane.finished(id(number), .healthy, reachedFarSide: true, at: now, using: &random)
        }
        #expect(order == ["1 smtp", "2 graph", "3 smtp", "4 graph"])
        var full = self.lane(rows)
        #expect(start(&full, at: 0, through: [.graph]) == "2 graph")
    }

    /// A row that waits for a closed path is not passed over by those who go: it could not have gone.
    @Test mutating func fairnessIsForThoseWhoCouldGo() {
        var lane = lane([row(1, .bulk, via: .smtp), row(2, .bulk, due: 1)]) {
            $0.messages = Rate(1000, per: .seconds(60))
        }
        lane.restorePause(on: .smtp, Self.denied, since: 0, until: 4000)
        var order: [String] = []
        for number in 10..<40 {
            _ = lane.enqueue(row(number, .high, due: 2))
            guard let next = start(&lane, at: 3), let number = Int(next.prefix { $0 != " " }) else { break }
            order.append(next)
            lane.finished(id(number), .healthy, reachedFarSide: true, at: 3, using: &random)
        }
        #expect(order.count == 30 && order.firstIndex(of: "2 graph") == 20)
    }

    // MARK: Effects

    @Test(arguments: Path.allCases) mutating func troubleOfOnePathLeavesTheOtherAlone(path: Path) {
        let other: Path = path == .graph ? .smtp : .graph
        let effects: [LaneEffect] = [
            .pause(refusal(.throttled), retryAfter: .seconds(60)), .pause(Self.denied, retryAfter: .seconds(60)),
        ]
        for effect in effects {
            var lane = lane([row(1, via: path), row(2, via: path), row(3, via: other)])
            #expect(start(&lane, at: 0) == "1 \(path)")
            lane.finished(id(1), effect, reachedFarSide: true, at: 0, using: &random)
            #expect(start(&lane, at: 1) == "3 \(other)" && start(&lane, at: 1) == nil)
            #expect(lane.gates[other].troubles(at: 1).isEmpty)
        }
    }
}
