import MailModel
import Testing

@testable import DeliveryPolicy

/// Rows of a trial's arm in the scheduler: which path they take, whom they keep back, and what becomes of them when the trial
/// ends.
@Suite struct TrialPathTests {
    private var random = SplitMix64(seed: 21)
    private var scheduler = Scheduler()
    private static let key = LaneKey(route: "r", mailbox: address("reports@contoso.com"))
    private static let down = refusal(.unavailable, .route, status: nil)

    /// SMTP is the primary, and Graph is tried.
    private static func limits(
        _ trial: Path? = .graph, fallback: FallbackRule? = FallbackRule(),
        _ change: (inout RouteLimits) -> Void = { _ in }
    ) -> RouteLimits {
        routeLimits {
            ($0.primary, $0.other, $0.fallback, $0.trialPath) = (.smtp, .graph, fallback, trial)
            change(&$0)
        }
    }

    private mutating func configure(_ limits: RouteLimits = limits(), at now: Instant = 0) {
        scheduler.configure("r", limits, at: now)
    }

    private mutating func enqueue(_ rows: Waiting..., at now: Instant = 0) {
        for row in rows { #expect(scheduler.enqueue(row, lane: Self.key, at: now) == .waiting) }
    }

    private mutating func starts(at now: Instant) -> [String] {
        scheduler.start(at: now).map { "\(Int($0.id.rawValue) ?? 0) \($0.path)" }.sorted()
    }

    private mutating func pause(_ path: Path, _ cause: Refusal.Cause, until: Instant) {
        scheduler.restorePause(Self.key, path, refusal(cause), since: 0, until: until, at: 0)
    }

    @Test mutating func eachArmTakesItsPath() {
        configure()
        enqueue(row(1, isTrial: true), row(2), row(3, via: .smtp, isTrial: true), row(4, via: .graph))
        #expect(starts(at: 0) == ["1 graph", "2 smtp", "3 smtp", "4 graph"])
    }

    @Test(arguments: [nil, Path.smtp]) mutating func withoutATrialAllTakeThePrimary(_ trial: Path?) {
        configure(Self.limits(trial))
        enqueue(row(1, isTrial: true), row(2))
        #expect(starts(at: 0) == ["1 smtp", "2 smtp"])
    }

    @Test mutating func aRouteOfOnePathTriesNothing() {
        configure(routeLimits { $0.trialPath = .smtp })
        enqueue(row(1, isTrial: true))
        #expect(starts(at: 0) == ["1 graph"])
    }

    // MARK: Trouble of the path that is tried

    static let rules: [(FallbackRule?, after: Instant)] = [
        (FallbackRule(), 120), (FallbackRule(on: [], after: .seconds(30)), 30), (nil, 120),
        (FallbackRule(on: [.unrepresentable], after: .seconds(1)), 1),
    ]

    /// Whatever the route's rule is for its own mail: nobody waits for a trial.
    @Test(arguments: rules, [Refusal.Cause.unavailable, .unauthorized, .throttled])
    mutating func troubleSendsItByThePrimary(_ rule: (FallbackRule?, after: Instant), _ cause: Refusal.Cause) {
        configure(Self.limits(fallback: rule.0))
        pause(.graph, cause, until: 4000)
        enqueue(row(1, isTrial: true), row(2))
        #expect(starts(at: 0) == ["2 smtp"])
        #expect(scheduler.nextWake(at: 0) == rule.after && starts(at: rule.after) == ["1 smtp"])
    }

    @Test(arguments: [Refusal.Cause.quota, .misconfigured])
    mutating func whatThePrimaryWouldMeetAsWellMovesNothing(_ cause: Refusal.Cause) {
        configure()
        pause(.graph, cause, until: 4000)
        enqueue(row(1, isTrial: true))
        #expect(starts(at: 3999).isEmpty && starts(at: 4000) == ["1 graph"])
    }

    @Test mutating func aRoutesOpenCircuitMovesAllOfThemAndItsEndBringsThemBack() {
        configure()
        for number in 1...3 { enqueue(row(number, isTrial: true)) }
        #expect(starts(at: 0) == ["1 graph", "2 graph", "3 graph"])
        for number in 1...3 {
            scheduler.finished(
                id(number), .routeFailure(Self.down, retryAfter: .seconds(600)), reachedFarSide: false, at: 0,
                using: &random)
        }
        enqueue(row(4, isTrial: true), row(5))
        #expect(starts(at: 1) == ["5 smtp"])
        #expect(scheduler.nextWake(at: 1) == 120 && starts(at: 120) == ["4 smtp"])
        enqueue(row(6, isTrial: true), row(7, isTrial: true), at: 600)
        #expect(starts(at: 600) == ["6 graph", "7 smtp"], "one goes to see")
        scheduler.finished(id(6), .healthy, at: 601, using: &random)
        enqueue(row(8, isTrial: true), at: 601)
        #expect(starts(at: 601) == ["8 graph"])
    }

    @Test mutating func aPathInTroubleKeepsNobodyOfTheOtherArmBack() {
        configure(Self.limits { $0.lane.messages = Rate(1000, per: .seconds(60)) })
        pause(.graph, .unavailable, until: 4000)
        for number in 1...50 { enqueue(row(number, .high, isTrial: true)) }
        enqueue(row(60, .bulk))
        #expect(starts(at: 1) == ["60 smtp"])
        let waits = scheduler.waits(Self.key, at: 1)
        #expect(waits.map(\.queue) == [.trial] && waits[0].until == 120)
        #expect(waits[0].reason == .pause(.graph, refusal(.unavailable)))
    }

    @Test mutating func thePrimarysTroubleKeepsNobodyOfTheTrialBack() {
        configure(Self.limits(fallback: nil))
        pause(.smtp, .unavailable, until: 4000)
        enqueue(row(1), row(2, isTrial: true))
        #expect(starts(at: 1) == ["2 graph"])
    }

    // MARK: Windows

    @Test mutating func eachQueueHasAWindowOfItsOwn() {
        configure(Self.limits { $0.window = 3 })
        pause(.graph, .unavailable, until: 4000)
        for number in 1...3 { enqueue(row(number, isTrial: true)) }
        let full = LaneSections(LaneSection(.normal, .trial))
        #expect(scheduler.roomy(.all, of: Self.key) == LaneSections.all.subtracting(full))
    }

    // MARK: The trial ends

    /// At once, also for what waits for a pause of the path that was tried; nothing leaves the queue.
    @Test mutating func whatWaitsGoesByThePrimaryOnceTheTrialEnds() {
        configure()
        pause(.graph, .unavailable, until: 4000)
        enqueue(row(1, isTrial: true), row(2, isTrial: true))
        #expect(starts(at: 1).isEmpty)
        #expect(scheduler.configure("r", Self.limits(nil), at: 2).isEmpty)
        #expect(starts(at: 2) == ["1 smtp", "2 smtp"])
    }

    @Test mutating func whatWaitsGoesByTheOtherPathOnceATrialBegins() {
        configure(Self.limits(nil) { $0.lane.connections = 1 })
        enqueue(row(1, isTrial: true), row(2, isTrial: true), row(3))
        #expect(starts(at: 0) == ["1 smtp"])
        configure(Self.limits { $0.lane.connections = 1 }, at: 1)
        #expect(starts(at: 1) == ["2 graph"])
    }

    // MARK: What is told

    @Test mutating func eachQueueSaysWhatItWaitsFor() throws {
        configure()
        pause(.graph, .throttled, until: 4000)
        let status = try #require(scheduler.explain(Self.key, at: 1))
        #expect(status.queue(.free)?.path == .smtp && status.queue(.free)?.reason == nil)
        let trial = try #require(status.queue(.trial))
        #expect(trial.path == .graph && trial.pausedUntil == 120 && trial.reason?.cause == .throttled)
        let moved = try #require(scheduler.explain(Self.key, at: 120)?.queue(.trial))
        #expect(moved.pausedUntil == nil && moved.reason == nil)
        #expect(status.queue(.graph)?.pausedUntil == 4000)
    }
}
