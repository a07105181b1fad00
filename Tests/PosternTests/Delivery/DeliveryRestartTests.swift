import DeliveryPolicy
import EmailLog
import MailModel
import Testing

@testable import Postern

/// What a new process knows of the one before, and what a reload keeps.
@Suite(.timeLimit(.minutes(5))) struct DeliveryRestartTests {
    @Test func whatWasSpentBeforeARestartIsSpent() async throws {
        let path = ScriptedPath()
        let bench = try await DeliveryBench(path: path)
        let ids = (10..<40).map { "q\($0)" }
        for id in ids { try await bench.accept(id) }
        #expect(await bench.turns().count == 30)
        let next = try await bench.restarted(after: .seconds(30), routes: [DeliveryBench.route(path)], path: path)
        try await next.accept("late")
        try await next.accept("other", from: bob)
        #expect(await next.turns() == ["other"])
        next.clock.advance(.seconds(29))
        #expect(await next.turns() == [])
        next.clock.advance(.seconds(1))
        #expect(await next.turns() == ["late"])
    }

    @Test(arguments: [nil, ann])
    func aPauseOutlivesARestart(_ mailbox: Address?) async throws {
        let bench = try await DeliveryBench()
        try await bench.accept("a1")
        try await bench.accept("b1", from: bob)
        try await bench.log.pause(
            LanePause(
                route: "contoso", mailbox: mailbox, path: .graph, since: noon, until: after(90), reason: "503: rest"))
        let next = try await bench.restarted(after: .seconds(10))
        #expect(await next.turns() == (mailbox == nil ? [] : ["b1"]))
        #expect(try await next.row("a1")?.errorText == "503: rest")
        #expect(try await next.row("a1")?.nextAttemptDate == after(90))
        #expect(try await next.log.pauses().map(\.mailbox) == [mailbox], "it is recorded as what it was")
        next.clock.advance(.seconds(80))
        #expect(await next.turns().contains("a1"))
        #expect(try await next.log.pauses().isEmpty)
    }

    /// The restart may be the mending.
    @Test(arguments: [Refusal.Cause.unauthorized, .misconfigured])
    func anOperatorsFaultIsTriedAnewAfterARestart(_ cause: Refusal.Cause) async throws {
        let bench = try await DeliveryBench()
        try await bench.accept("a1")
        try await bench.log.pause(
            LanePause(
                route: "contoso", mailbox: ann, path: .graph, since: noon, until: after(900), cause: cause,
                reason: "mend me"))
        let next = try await bench.restarted()
        #expect(await next.turns() == ["a1"])
    }

    @Test(arguments: [Disposition.UnknownPolicy.retry, .hold])
    func anAttemptThatWasCutOffIsAnUnknownOutcome(_ policy: Disposition.UnknownPolicy) async throws {
        let directory = try TemporaryDirectory()
        try await Self.leaveInProgress("cut", in: directory)
        let path = ScriptedPath()
        let recorder = LogRecorder()
        let bench = try await DeliveryBench(
            in: directory, clock: ManualClock(at: after(5)),
            routes: [DeliveryBench.route(path, onUnknown: policy)], logger: recorder.logger, path: path)
        #expect(recorder.sentences.first == "attempt cut off by the end of the process, outcome unknown")
        let row = try #require(try await bench.row("cut"))
        #expect(row.status == (policy == .retry ? .queued : .unknown))
        #expect(row.nextAttemptDate == (policy == .retry ? after(20) : nil))
        #expect(try await bench.attempts("cut").map(\.outcome) == ["unknown"])
        #expect(await bench.turns() == [])
        bench.clock.advance(.seconds(15))
        #expect(await bench.turns() == (policy == .retry ? ["cut"] : []))
    }

    /// The far side may still count the connections of the process that is gone: of that mailbox, or of all where they share a
    /// login.
    @Test(arguments: [nil, 3])
    func connectionsThatWereCutOffAreSpared(_ shared: Int?) async throws {
        let directory = try TemporaryDirectory()
        try await Self.leaveInProgress("cut", by: .smtp, in: directory)
        let path = ScriptedPath()
        var limits = RouteLimits()
        (limits.primary, limits.connections) = (.smtp, shared)
        let route = DeliveryRoute(
            name: "contoso", limits: limits, schedule: RetrySchedule(jitter: 0), lostAnswers: LostAnswers(),
            paths: [.smtp: path])
        let bench = try await DeliveryBench(
            in: directory, clock: ManualClock(at: after(5)), routes: [route], path: path)
        try await bench.accept("a1")
        try await bench.accept("b1", from: bob)
        #expect(await bench.turns() == (shared == nil ? ["b1"] : []))
        #expect(try await bench.row("a1")?.errorText?.contains("may still count there") == true)
        bench.clock.advance(.seconds(5))
        #expect(await bench.turns().contains("a1"))
    }

    /// A process claims a message and is gone.
    private static func leaveInProgress(
        _ id: String, by path: Path = .graph, in directory: TemporaryDirectory
    ) async throws {
        let log = try directory.service()
        _ = try await log.accept(waiting(id, start: .inProgress(path)))
        try await log.close()
    }

    @Test func mailOfAnUnknownRouteWaitsForIt() async throws {
        let bench = try await DeliveryBench()
        try await bench.accept("x1", route: "later")
        #expect(await bench.turns() == [])
        #expect(try await bench.status("x1") == .queued)
        let path = ScriptedPath()
        await bench.manager.reload(
            [DeliveryBench.route(path, name: "later")], keepsSentBodies: false, bounces: nil)
        #expect(await bench.turns() == ["x1"])
        #expect(path.attempted == ["x1"] && bench.path.attempted == [])
    }

    // MARK: Reload

    @Test func aReloadChangesTheLimits() async throws {
        let path = ScriptedPath()
        func route(_ amount: Int64) -> DeliveryRoute {
            DeliveryBench.route(path) { $0.lane.messages = Rate(amount, per: .seconds(60)) }
        }
        let bench = try await DeliveryBench(routes: [route(1)], path: path)
        try await bench.accept("q1", "q2", "q3", "q4")
        #expect(await bench.turns() == ["q1"])
        await bench.manager.reload([route(3)], keepsSentBodies: true, bounces: nil)
        #expect(await bench.turns() == ["q2", "q3"], "what was spent stays spent")
        #expect(try await bench.row("q2")?.hasBody == true)
    }

    /// It reads again what was spent; while that cannot be read, nothing starts.
    @Test func aReloadThatCountsOtherwiseWaitsForTheLog() async throws {
        let path = ScriptedPath()
        func route(_ external: Rate?) -> DeliveryRoute {
            DeliveryBench.route(path) {
                $0.lane.messages = Rate(1, per: .seconds(60))
                $0.externalRecipients = external
            }
        }
        let bench = try await DeliveryBench(routes: [route(nil)], path: path)
        try await bench.accept("q1", "q2")
        #expect(await bench.turns() == ["q1"])
        try bench.directory.outside("ALTER TABLE email_attempt RENAME TO elsewhere")
        await bench.manager.reload([route(Rate(100, per: .seconds(60)))], keepsSentBodies: false, bounces: nil)
        for _ in 1...3 {
            bench.clock.advance(.seconds(2))
            #expect(await bench.turns() == [])
        }
        try bench.directory.outside("ALTER TABLE elsewhere RENAME TO email_attempt")
        bench.clock.advance(.seconds(2))
        #expect(await bench.turns() == [], "what was spent stays spent")
        bench.clock.advance(.seconds(60))
        #expect(await bench.turns() == ["q2"])
    }

    @Test func aRouteThatIsTakenAwayStops() async throws {
        let bench = try await DeliveryBench()
        await bench.manager.reload([], keepsSentBodies: false, bounces: nil)
        try await bench.accept("q1")
        #expect(await bench.turns() == [])
        await bench.manager.reload([DeliveryBench.route(bench.path)], keepsSentBodies: false, bounces: nil)
        #expect(await bench.turns() == ["q1"])
    }

    @Test func aReloadTriesAtOnceWhatWaitedForAnOperator() async throws {
        let bench = try await DeliveryBench(
            path: ScriptedPath { message in
                message.attempts == 0
                    ? .deferred(refusal(.mailbox, .misconfigured, "mailbox full"), retryAfter: nil) : acceptance
            })
        try await bench.accept("a1")
        await bench.turn()
        try await bench.accept("a2")
        #expect(await bench.turns() == [])
        await bench.manager.reload([DeliveryBench.route(bench.path)], keepsSentBodies: false, bounces: nil)
        #expect(await bench.turns().isEmpty == false)
    }

    /// Each path from the one of its kind, so that a token is not lost.
    @Test func aReloadHandsOverWhatPathsHaveInHand() async throws {
        let (graph, smtp, gone) = (ScriptedPath(), ScriptedPath(), ScriptedPath())
        let bench = try await DeliveryBench(
            routes: [DeliveryBench.route(graph, smtp), DeliveryBench.route(gone, name: "gone")], path: graph)
        let (graph2, smtp2, new) = (ScriptedPath(), ScriptedPath(), ScriptedPath())
        await bench.manager.reload(
            [DeliveryBench.route(graph2, smtp2), DeliveryBench.route(new, name: "new")], keepsSentBodies: false,
            bounces: nil)
        #expect(graph2.predecessor == ObjectIdentifier(graph) && smtp2.predecessor == ObjectIdentifier(smtp))
        #expect(new.predecessor == nil)
    }

    @Test func aReloadDoesNotShortenAThrottle() async throws {
        let bench = try await DeliveryBench(path: ScriptedPath { _ in throttling(.seconds(60)) })
        try await bench.accept("a1")
        await bench.turn()
        await bench.manager.reload([DeliveryBench.route(bench.path)], keepsSentBodies: false, bounces: nil)
        #expect(await bench.turns() == [])
    }
}
