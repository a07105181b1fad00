import DeliveryPolicy
import MailModel
import Testing

@testable import EmailLog
@testable import Postern

/// What the log remembers of the limits, as the scheduler is told.
@Suite struct SpendingMemoryTests {
    private let lane = LaneKey(route: "contoso", mailbox: ann)

    private func limits(_ messages: Int64, recipients: Int64 = 10_000) -> RouteLimits {
        var limits = RouteLimits()
        limits.lane.messages = Rate(messages, per: .seconds(60))
        limits.lane.recipients = Rate(recipients, per: .seconds(3600))
        return limits
    }

    private let directory = Result { try TemporaryDirectory() }

    private func log(attempted count: Int, ended date: Timestamp, recipients: Int = 1) async throws -> EmailLog {
        let log = try directory.get().service()
        for number in 0..<count {
            let id = try await log.accept(waiting("q\(number)", start: .inProgress(.graph)))
            try await log.settle(
                id, .sent(keepBody: false),
                attempt: AttemptRecord(
                    startedDate: date, duration: .zero, path: .graph, outcome: acceptance,
                    cost: .init(recipients: recipients, bytes: 100)), at: date)
        }
        return log
    }

    private func scheduler(_ limits: RouteLimits) -> Scheduler {
        var scheduler = Scheduler()
        scheduler.configure("contoso", limits, at: .start)
        return scheduler
    }

    private func starts(_ scheduler: inout Scheduler, recipients: Int = 1, at now: Instant) -> Int {
        let row = Waiting(id: QueueID(rawValue: "new"), due: now, recipients: recipients, size: 100)
        _ = scheduler.enqueue(row, lane: lane, at: now)
        return scheduler.start(at: now).count
    }

    @Test(arguments: [(29, 0), (59, 0), (60, 1), (61, 1)])
    func messagesComeBackAMinuteAfterTheirAnswer(_ seconds: Int, _ starts: Int) async throws {
        let log = try await log(attempted: 2, ended: noon)
        let clock = ManualClock(at: after(seconds))
        let memory = try await SpendingMemory.load(from: log, for: [limits(2)], clocks: clock.clocks)
        var scheduler = scheduler(limits(2))
        memory.restore(into: &scheduler, routes: ["contoso"], clocks: clock.clocks)
        #expect(self.starts(&scheduler, at: clock.instant) == starts)
    }

    @Test func theLongestWindowIsRemembered() async throws {
        let log = try await log(attempted: 1, ended: noon, recipients: 8)
        let clock = ManualClock(at: after(3000))
        let memory = try await SpendingMemory.load(from: log, for: [limits(2, recipients: 10)], clocks: clock.clocks)
        #expect(memory.spent[lane]?.count == 1)
        var scheduler = scheduler(limits(2, recipients: 10))
        memory.restore(into: &scheduler, routes: ["contoso"], clocks: clock.clocks)
        #expect(starts(&scheduler, recipients: 3, at: clock.instant) == 0)
    }

    @Test func whatIsOlderThanEveryWindowIsNot() async throws {
        let log = try await log(attempted: 3, ended: noon)
        let clock = ManualClock(at: after(90_000))
        let memory = try await SpendingMemory.load(from: log, for: [RouteLimits()], clocks: clock.clocks)
        #expect(memory.spent.isEmpty)
    }

    /// A clock that was set back must not make the past the future.
    @Test func anAnswerFromTheFutureCountsAsOfNow() async throws {
        let log = try await log(attempted: 2, ended: after(500))
        let clock = ManualClock(at: noon)
        let memory = try await SpendingMemory.load(from: log, for: [limits(2)], clocks: clock.clocks)
        #expect(memory.spent[lane]?.allSatisfy { $0.answeredAt == clock.instant } == true)
    }

    @Test(arguments: [
        (Refusal.Cause.throttled, true), (.unavailable, true), (.unauthorized, false), (.misconfigured, false),
        (.quota, true),
    ])
    func onlyPausesThatTimeEndsAreKept(_ cause: Refusal.Cause, _ isKept: Bool) async throws {
        let log = try directory.get().service()
        try await log.pause(
            LanePause(
                route: "contoso", mailbox: ann, path: .graph, since: noon, until: after(60), cause: cause,
                reason: "rest"))
        try await log.pause(
            LanePause(
                route: "contoso", mailbox: bob, path: .graph, since: noon, until: noon, cause: .throttled,
                reason: "over"))
        let clock = ManualClock(at: after(10))
        let memory = try await SpendingMemory.load(from: log, for: [RouteLimits()], clocks: clock.clocks)
        #expect(memory.pauses.count == 1)
        var scheduler = scheduler(RouteLimits())
        memory.restore(into: &scheduler, routes: ["contoso"], clocks: clock.clocks)
        let status = try #require(scheduler.explain(lane, at: clock.instant))
        #expect(status.pausedUntil == (isKept ? Instant(.seconds(50)) : nil))
        #expect(status.reason?.scope == (isKept ? .mailbox : nil))
    }

    private func attempt(
        rest: Duration?, ended date: Timestamp = noon, path: Path = .graph, lane: LaneKey? = nil
    ) -> SpentAttempt {
        SpentAttempt(
            id: QueueID(rawValue: "q"), lane: lane ?? self.lane, path: path, finishedDate: date,
            cost: .init(recipients: 1, bytes: 100), rest: rest)
    }

    /// A 503 that asked for a wait, under a pause of the whole route that does not outlive the process.
    @Test func whatAnAnswerAskedForHoldsToItsEnd() {
        let pause = LanePause(
            route: "contoso", mailbox: nil, path: .graph, since: noon, until: after(900), cause: .unauthorized,
            reason: "make a new secret")
        let clock = ManualClock(at: after(10))
        let attempts = [
            attempt(rest: .seconds(20)), attempt(rest: .seconds(60)), attempt(rest: .seconds(30)),
            attempt(rest: .seconds(600), path: .smtp, lane: LaneKey(route: "contoso", mailbox: bob)),
        ]
        var scheduler = scheduler(RouteLimits())
        SpendingMemory(of: attempts, pauses: [pause], clocks: clock.clocks)
            .restore(into: &scheduler, routes: ["contoso"], clocks: clock.clocks)
        #expect(scheduler.explain(lane, at: clock.instant)?.pausedUntil == Instant(.seconds(50)))
        #expect(scheduler.explain(lane, at: clock.instant)?.reason?.cause == .throttled)
        let other = scheduler.explain(LaneKey(route: "contoso", mailbox: bob), at: clock.instant)
        #expect(other?.pausedUntil == nil, "by the other path it may go")
    }

    @Test func aRestMayBeLongerThanEveryWindow() async throws {
        let log = try directory.get().service()
        let id = try await log.accept(waiting("q1", start: .inProgress(.graph)))
        let quota = Refusal(scope: .mailbox, cause: .quota, status: 429, text: "tomorrow")
        try await log.settle(
            id, .retry(at: after(50_000), spent: false, because: nil),
            attempt: AttemptRecord(
                startedDate: noon, duration: .zero, path: .graph,
                outcome: .deferred(quota, retryAfter: .seconds(50_000)), cost: .init(recipients: 1, bytes: 100)),
            at: noon)
        let clock = ManualClock(at: after(40_000))
        let memory = try await SpendingMemory.load(from: log, for: [limits(2)], clocks: clock.clocks)
        #expect(memory.respites == [lane: [.graph: after(50_000)]])
    }

    @Test(arguments: [nil, Duration.seconds(9), .seconds(10)])
    func whatIsOverIsOver(_ rest: Duration?) {
        let clock = ManualClock(at: after(10))
        var scheduler = scheduler(RouteLimits())
        SpendingMemory(of: [attempt(rest: rest)], clocks: clock.clocks)
            .restore(into: &scheduler, routes: ["contoso"], clocks: clock.clocks)
        #expect(scheduler.explain(lane, at: clock.instant)?.pausedUntil == nil)
    }

    /// Of a process that had settled what another left, and died before it could record a pause.
    @Test(arguments: [
        (Path.smtp, true, 4, 1 as Int64?), (.smtp, true, 5, nil), (.smtp, false, 0, nil), (.graph, true, 0, nil),
    ])
    func connectionsOutliveTheirProcess(_ path: Path, _ isUnknown: Bool, _ seconds: Int, _ left: Int64?) {
        let clock = ManualClock(at: after(seconds))
        var attempt = attempt(rest: nil, path: path)
        attempt.isUnknown = isUnknown
        let memory = SpendingMemory(of: [attempt], clocks: clock.clocks)
        #expect(memory.lingering == (left.map { ["contoso": [lane: clock.now + .seconds($0)]] } ?? [:]))
    }

    /// A reload that adds a route brings back what the log knows of that one, and of no other.
    @Test func otherRoutesAreLeftAlone() async throws {
        let log = try await log(attempted: 2, ended: noon)
        let clock = ManualClock(at: after(1))
        let memory = try await SpendingMemory.load(from: log, for: [limits(2)], clocks: clock.clocks)
        var scheduler = scheduler(limits(2))
        memory.restore(into: &scheduler, routes: ["other"], clocks: clock.clocks)
        #expect(starts(&scheduler, at: clock.instant) == 1)
    }

    @Test func aRoutesPauseIsTheRoutes() async throws {
        let pause = LanePause(
            route: "contoso", mailbox: nil, path: .graph, since: noon, until: after(60), reason: "rest")
        var scheduler = scheduler(RouteLimits())
        let clock = ManualClock()
        let memory = SpendingMemory(of: [], pauses: [pause], clocks: clock.clocks)
        memory.restore(into: &scheduler, routes: ["contoso"], clocks: clock.clocks)
        for mailbox in [ann, bob] {
            let status = scheduler.explain(LaneKey(route: "contoso", mailbox: mailbox), at: clock.instant)
            #expect(status?.reason?.scope == .route && status?.reason?.text == "rest")
        }
    }
}
