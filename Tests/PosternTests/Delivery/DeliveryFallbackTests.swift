import DeliveryPolicy
import Logging
import MailModel
import NIOConcurrencyHelpers
import SMTPProtocol
import Testing

@testable import EmailLog
@testable import Postern

/// A route with two paths: which one a message takes, and what is recorded of it.
@Suite(.timeLimit(.minutes(5))) struct DeliveryFallbackTests {
    private static let outage = Outcome.deferred(refusal(.route, .unavailable, status: 503, "down"), retryAfter: nil)

    /// Graph as a switch says.
    private final class Switch: Sendable {
        private let box = NIOLockedValueBox<Outcome>(acceptance)
        func set(_ outcome: Outcome) { box.withLockedValue { $0 = outcome } }
        var outcome: Outcome { box.withLockedValue { $0 } }
    }

    private func bench(
        _ graph: @escaping ScriptedPath.Script, smtp: ScriptedPath = ScriptedPath(),
        whole: @escaping ScriptedPath.WholeScript = { $1 }, fallback: FallbackRule? = FallbackRule(),
        onUnknown: Disposition.UnknownPolicy = .retry, clock: ManualClock = ManualClock(), logger: Logger = silence
    ) async throws -> (bench: DeliveryBench, graph: ScriptedPath, smtp: ScriptedPath) {
        let path = ScriptedPath(graph, whole: whole)
        let bench = try await DeliveryBench(
            clock: clock, routes: [DeliveryBench.route(path, smtp, fallback: fallback, onUnknown: onUnknown)],
            logger: logger)
        return (bench, path, smtp)
    }

    /// Lets time go by in steps, with a turn after each.
    private func pass(_ span: Duration, _ bench: DeliveryBench, step: Duration = .seconds(5)) async {
        var rest = span
        while rest > .zero {
            bench.clock.advance(min(step, rest))
            rest -= step
            await bench.turns()
        }
    }

    @Test func inAnOutageMailMovesAfterAWhileAndReturnsByItself() async throws {
        let graph = Switch()
        graph.set(Self.outage)
        let (bench, _, smtp) = try await bench({ _ in graph.outcome })
        for mailbox in [ann, bob] { try await bench.accept("\(mailbox.localPart)1", from: mailbox) }
        await bench.turns()
        await pass(.seconds(60), bench)
        #expect(smtp.attempted.isEmpty, "two minutes are not over")
        await pass(.seconds(90), bench)
        for id in ["ann1", "bob1"] {
            let row = try #require(try await bench.row(id))
            #expect(row.status == .sent && row.path == .smtp && row.fellBack, "\(id)")
            let attempts = try await bench.attempts(id)
            #expect(attempts.last?.path == .smtp && attempts.last?.outcome == "accepted")
        }
        #expect(try await Set(bench.log.pauses().map(\.path)) == [.graph])
        graph.set(acceptance)
        await pass(.seconds(300), bench)
        try await bench.accept("back")
        await bench.turns()
        await pass(.seconds(300), bench)
        try await bench.accept("direct")
        await bench.turns()
        let row = try #require(try await bench.row("direct"))
        #expect(row.status == .sent && row.path == .graph && !row.fellBack)
        #expect(try await bench.log.pauses().allSatisfy { $0.until <= bench.clock.now })
    }

    @Test func withoutARuleMailWaits() async throws {
        let (bench, _, smtp) = try await bench({ _ in Self.outage }, fallback: nil)
        try await bench.accept("q1")
        await bench.turns()
        await pass(.seconds(600), bench, step: .seconds(30))
        #expect(smtp.attempted.isEmpty)
        let row = try #require(try await bench.row("q1"))
        #expect(row.status == .queued && row.errorText?.contains("down") == true)
    }

    @Test func whatGraphCannotCarryMovesAtOnce() async throws {
        let why = refusal(.message, .unrepresentable, "Graph cannot say that.")
        let (bench, graph, smtp) = try await bench(
            { _ in acceptance },
            whole: { message, delivery in message.id.rawValue == "odd" ? Delivery(fallingBackFor: why) : delivery })
        try await bench.accept("odd", "plain")
        await bench.turns()
        #expect(graph.attempted.sorted() == ["odd", "plain"] && smtp.attempted == ["odd"])
        let odd = try #require(try await bench.row("odd"))
        #expect(odd.status == .sent && odd.path == .smtp && odd.fellBack && odd.attempts == 1)
        #expect(try await bench.row("plain")?.fellBack == false)
    }

    @Test func aLostAnswerNeverChangesThePath() async throws {
        let graph = Switch()
        graph.set(.unknown(refusal(.route, .unavailable, "no answer")))
        let (bench, _, smtp) = try await bench({ _ in graph.outcome })
        try await bench.accept("lost")
        await bench.turns()
        graph.set(Self.outage)
        await pass(.seconds(900), bench, step: .seconds(15))
        #expect(smtp.attempted.isEmpty)
        #expect(try await bench.status("lost") == .queued)
        try await bench.accept("other")
        await bench.turns()
        #expect(smtp.attempted == ["other"], "what was never handed over is free")
        graph.set(acceptance)
        await pass(.seconds(1800), bench, step: .seconds(30))
        let row = try #require(try await bench.row("lost"))
        #expect(row.status == .sent && row.path == .graph)
    }

    /// What was moved because Graph was down is not refused for what Graph would have taken.
    @Test(arguments: [Refusal.Cause.tooLarge, .unrepresentable])
    func whatTheOtherPathCannotCarryGoesBack(_ cause: Refusal.Cause) async throws {
        let graph = Switch()
        graph.set(Self.outage)
        let why = refusal(.message, cause, "not this way")
        let smtp = ScriptedPath(whole: { _, _ in Delivery(.rejected(why), isAttempt: true) })
        let (bench, path, _) = try await bench({ _ in graph.outcome }, smtp: smtp)
        try await bench.accept("odd")
        await bench.turns()
        await pass(.seconds(150), bench)
        #expect(smtp.attempted == ["odd"])
        #expect(try await bench.status("odd") == .queued)
        graph.set(acceptance)
        await pass(.seconds(600), bench, step: .seconds(30))
        #expect(try await bench.status("odd") == .sent)
        #expect(path.attempted.last == "odd" && smtp.attempted.count == 1)
    }

    @Test func mailForAPathThatWasTakenAwayWaitsAndSaysSo() async throws {
        let smtp = ScriptedPath { _ in .unknown(refusal(.message, .unavailable, "no answer")) }
        let (bench, graph, _) = try await bench({ _ in acceptance }, smtp: smtp)
        _ = try await bench.log.accept(waiting("lost", via: .smtp))
        bench.bell.ring(LaneKey(route: "contoso", mailbox: ann))
        await bench.turns()
        #expect(smtp.attempted == ["lost"])
        await bench.manager.reload([DeliveryBench.route(graph)], keepsSentBodies: false, bounces: nil)
        await pass(.seconds(120), bench, step: .seconds(30))
        #expect(graph.attempted.isEmpty)
        let row = try #require(try await bench.row("lost"))
        #expect(row.status == .queued && row.errorText?.contains("has no such path any more") == true)
        await bench.manager.reload([DeliveryBench.route(graph, ScriptedPath())], keepsSentBodies: false, bounces: nil)
        await pass(.seconds(400), bench, step: .seconds(30))
        #expect(try await bench.status("lost") == .sent && graph.attempted.isEmpty)
    }

    @Test func anOperatorsWishIsKept() async throws {
        let (bench, graph, smtp) = try await bench({ _ in acceptance })
        _ = try await bench.log.accept(waiting("wish", via: .smtp))
        bench.bell.ring(LaneKey(route: "contoso", mailbox: ann))
        await bench.turns()
        #expect(graph.attempted.isEmpty && smtp.attempted == ["wish"])
        #expect(try await bench.row("wish")?.fellBack == false, "it went where it was to go")
    }

    @Test func recipientsWhoAreAnsweredDifferentlyBecomeRowsOfTheirOwn() async throws {
        let late = refusal(.recipient, .unavailable, status: 450, "greylisted")
        let never = refusal(.recipient, .rejected, status: 550, "no such user")
        let smtp = ScriptedPath(whole: { message, delivery in
            guard message.envelope.recipients.count == 3 else { return delivery }
            let people = message.envelope.recipients
            let groups: [SubmissionAnswer.RecipientGroup] = [
                .init(recipients: [people[1]], outcome: .deferred(late, retryAfter: nil)),
                .init(recipients: [people[0]], outcome: acceptance),
                .init(recipients: [people[2]], outcome: .rejected(never)),
            ]
            return Delivery(groups, cost: .init(recipients: 3, bytes: 10))
        })
        let (bench, _, _) = try await bench({ _ in acceptance }, smtp: smtp)
        _ = try await bench.log.accept(waiting("q1", to: addresses(3), via: .smtp))
        bench.bell.ring(LaneKey(route: "contoso", mailbox: ann))
        await bench.turns()
        let rows = try await bench.log.rows(LogFilter()).sorted { $0.id < $1.id }
        #expect(rows.map(\.id.rawValue) == ["q1", "q1-2", "q1-3"])
        #expect(rows.map(\.status) == [.sent, .queued, .failed])
        #expect(rows.map(\.recipients) == [["r1@example.org"], ["r2@example.org"], ["r3@example.org"]])
        await pass(.seconds(60), bench, step: .seconds(15))
        #expect(try await bench.status("q1-2") == .sent)
        #expect(smtp.attempted == ["q1", "q1-2"])
    }

    /// Two paths, one Exchange: what goes by either counts against the mailbox's rate.
    @Test func bothPathsShareTheMailboxsRate() async throws {
        var limits = RouteLimits()
        limits.other = .smtp
        limits.lane.messages = Rate(4, per: .seconds(60))
        let (graph, smtp) = (ScriptedPath(), ScriptedPath())
        let route = DeliveryRoute(
            name: "contoso", limits: limits, schedule: RetrySchedule(jitter: 0), lostAnswers: LostAnswers(),
            paths: [.graph: graph, .smtp: smtp])
        let bench = try await DeliveryBench(routes: [route])
        for number in 1...4 { _ = try await bench.log.accept(waiting("s\(number)", via: .smtp)) }
        try await bench.accept("g1", "g2")
        await bench.turns()
        #expect(graph.attempted.count + smtp.attempted.count == 4)
        let again = try await bench.restarted(after: .seconds(30), routes: [route])
        await again.turns()
        #expect(graph.attempted.count + smtp.attempted.count == 4, "also after a restart")
    }

    @Test func aRestartRemembersWhichPathIsPaused() async throws {
        let wait = Outcome.deferred(refusal(.route, .unavailable, status: 503, "rest"), retryAfter: .seconds(600))
        let rule = FallbackRule(after: .seconds(60))
        let (first, _, _) = try await bench({ _ in wait }, fallback: rule)
        try await first.accept("q1")
        await first.turns()
        #expect(try await first.log.pauses().first?.path == .graph)
        let (graph, smtp) = (ScriptedPath(), ScriptedPath())
        let recorder = LogRecorder()
        try await first.log.close()
        let again = try await DeliveryBench(
            in: first.directory, clock: ManualClock(at: after(70)),
            routes: [DeliveryBench.route(graph, smtp, fallback: rule)], logger: recorder.logger)
        try await again.accept("q2")
        await again.turns()
        #expect(graph.attempted.isEmpty && smtp.attempted.contains("q2"), "the trouble is older than the process")
        #expect(recorder.sentences.contains("mailbox paused"), "and is said at the start")
    }
}
