import MailModel
import Testing

@testable import DeliveryPolicy

/// A lane that is ready on one path has a turn whatever else is open, in every state: else it would stay at the front of
/// the ring and yield nothing.
@Suite struct TurnsThroughMorePathsTests {
    private static let supersets: [Path: [[Path]]] = [
        .graph: [[.graph], [.graph, .smtp], [.smtp, .graph]], .smtp: [[.smtp], [.graph, .smtp], [.smtp, .graph]],
    ]

    @Test(arguments: [UInt64](1...20)) func readinessOnAPathIsATurnThroughAllThatHoldIt(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var ready = 0
        for _ in 0..<100 {
            var state = RandomLane(using: &random)
            for _ in 0..<6 {
                ready += Path.allCases.count { expectTurns(state, on: $0) }
                state.step(using: &random)
            }
        }
        #expect(ready > 100, "the states say something")
    }

    /// - Returns: whether the lane is ready on the path.
    private func expectTurns(_ state: RandomLane, on path: Path) -> Bool {
        let (lane, outlook, now) = (state.lane, state.outlook, state.now)
        switch lane.readiness(on: path, outlook, at: now) {
        case .now(let priority):
            for open in Self.supersets[path] ?? [] {
                var copy = lane
                let turn = copy.startNext(at: now, through: open, outlook)
                #expect(turn != nil, "ready on \(path), no turn through \(open): \(state)")
                guard let turn else { continue }
                #expect(open.contains(turn.path) && (turn.row.via ?? turn.path) == turn.path)
                if open == [path] { #expect(turn.row.priority == priority) }
            }
            return true
        case .later(let moment):
            #expect(moment > now, "later is not now: \(state)")
        case .idle: break
        }
        var copy = lane
        #expect(copy.startNext(at: now, through: [path], outlook) == nil)
        return false
    }

    // MARK: One such state

    private static let route = routeLimits(hasSMTP: true)

    /// Of the rows that have waited for too long, the longest due is pinned to a path without a place; the urgent ones lack
    /// what the small one behind them by Graph does not.
    private static func stuck() -> Lane {
        var limits = LaneLimits()
        limits.connections = 1
        limits.upload = Rate(10_000, per: .seconds(60))
        var lane = Lane(limits)
        lane.restore(Spent(answeredAt: 0, recipients: 1, size: 3000))
        _ = lane.enqueue(row(1, via: .smtp))
        _ = lane.startNext(at: 1, through: [.smtp], outlook(route))
        _ = lane.enqueue(row(2, .normal, due: 0, via: .smtp))
        _ = lane.enqueue(row(3, .normal, due: 1, size: 300))
        _ = lane.enqueue(row(4, .high, due: 1, size: 6000))
        for _ in 0..<20 { lane.fairness.taken(.high, contending: Set(Priority.allCases)) }
        return lane
    }

    @Test func theLongestDueThatDoesNotFitKeepsNobodyBack() {
        #expect(Self.stuck().readiness(on: .graph, outlook(Self.route), at: 2) == .now(.normal))
        for open in Self.supersets[.graph] ?? [] {
            var lane = Self.stuck()
            let turn = lane.startNext(at: 2, through: open, outlook(Self.route))
            #expect(turn?.row.id == id(3) && turn?.path == .graph && turn?.isOverdue == true)
        }
    }

    @Test func theRouteStartsItAndComesToAnEnd() {
        var route = RouteLanes(Self.route)
        let box = address("box@contoso.com")
        route.update(box, at: 2) { $0 = Self.stuck() }
        #expect(route.startNext(at: 2)?.turn.row.id == id(3))
        #expect(route.startNext(at: 2) == nil)
        #expect(route.startNext(at: 60)?.turn.row.id == id(4))
    }
}

/// A lane with rows, pauses, spendings and attempts under way by chance, on a route by chance.
private struct RandomLane: CustomStringConvertible {
    private(set) var lane: Lane
    private(set) var outlook: RouteOutlook
    private(set) var now: Instant = 10
    private var nextNumber = 0
    private var flying: [QueueID] = []

    init(using random: inout SplitMix64) {
        var limits = LaneLimits()
        limits.concurrency = .random(in: 1...2, using: &random)
        limits.connections = .random(in: 1...2, using: &random)
        limits.messages = Rate(.random(in: 4...40, using: &random), per: .seconds(60))
        limits.recipients = Rate(.random(in: 8...30, using: &random), per: .seconds(60))
        limits.requests = Rate(.random(in: 2...20, using: &random), per: .seconds(30))
        limits.upload = Rate(.random(in: 4_000...40_000, using: &random), per: .seconds(45))
        lane = Lane(limits)
        outlook = Self.outlook(at: now, using: &random)
        for path in Path.allCases where Int.random(in: 0..<2, using: &random) == 0 {
            let people = Int64.random(in: 1...8, using: &random)
            lane.restore(
                Spent(answeredAt: 0, path: path, recipients: people, size: .random(in: 0...9000, using: &random)))
        }
        for path in Path.allCases where Int.random(in: 0..<4, using: &random) == 0 {
            let causes: [Refusal.Cause] = [.throttled, .unauthorized, .unavailable, .quota]
            let until = Instant(.seconds(Int.random(in: 5...90, using: &random)))
            lane.restorePause(
                on: path, refusal(causes.randomElement(using: &random) ?? .quota), since: -200, until: until)
        }
        for _ in 0..<Int.random(in: 1...9, using: &random) { addRow(using: &random) }
        if Bool.random(using: &random) {
            for _ in 0..<20 { lane.fairness.taken(.high, contending: Set(Priority.allCases)) }
        }
    }

    var description: String { "at \(now), \(outlook), \(lane)" }

    private static func outlook(at now: Instant, using random: inout SplitMix64) -> RouteOutlook {
        let limits = routeLimits(hasSMTP: Int.random(in: 0..<5, using: &random) > 0) {
            if $0.other != nil, Bool.random(using: &random) { ($0.primary, $0.other) = (.smtp, .graph) }
            if Bool.random(using: &random) { $0.fallback?.after = .zero }
        }
        var troubled: [Path: Trouble] = [:]
        for path in Path.allCases where Int.random(in: 0..<5, using: &random) == 0 {
            troubled[path] = Trouble(reason: refusal(.unavailable, .route), since: 0, until: nil)
        }
        return DeliveryPolicyTests.outlook(limits, troubled: troubled, at: now)
    }

    private mutating func addRow(using random: inout SplitMix64) {
        nextNumber += 1
        _ = lane.enqueue(
            row(
                nextNumber, Priority.allCases.randomElement(using: &random) ?? .normal,
                due: Instant(.seconds(Int.random(in: 0...15, using: &random))),
                recipients: .random(in: 1...8, using: &random), size: .random(in: 10...12_000, using: &random),
                via: [nil, .graph, .smtp].randomElement(using: &random) ?? nil))
    }

    /// Something starts, ends, comes in, or time goes by.
    mutating func step(using random: inout SplitMix64) {
        switch Int.random(in: 0..<5, using: &random) {
        case 0, 1:
            let open = [[Path.graph], [.smtp], [.graph, .smtp]].randomElement(using: &random) ?? []
            if let turn = lane.startNext(at: now, through: open, outlook) { flying.append(turn.row.id) }
        case 2:
            guard let id = flying.popLast() else { return }
            let effects: [LaneEffect] = [
                .healthy, .healthy, .inconclusive, .pause(refusal(.throttled), retryAfter: .seconds(5)),
            ]
            let effect = effects.randomElement(using: &random) ?? .healthy
            lane.finished(id, effect, reachedFarSide: Bool.random(using: &random), at: now, using: &random)
        case 3: addRow(using: &random)
        default: now = now + .seconds(Int.random(in: 1...20, using: &random))
        }
    }
}
