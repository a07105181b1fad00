import DeliveryPolicy
import MailModel
import NIOConcurrencyHelpers
import SMTPProtocol
import Testing

@testable import EmailLog
@testable import Postern

/// Mail of a trial's arm: it takes the path that is tried, and nobody misses mail for it.
@Suite(.timeLimit(.minutes(5))) struct TrialDeliveryTests {
    private struct Bench {
        let delivery: DeliveryBench
        let graph: ScriptedPath
        let smtp: ScriptedPath

        func accept(_ id: String, _ arm: TrialArm? = .trial, from mailbox: Address = ann) async throws {
            var message = waiting(id, from: mailbox, at: delivery.clock.now)
            message.trial = arm?.rawValue
            _ = try await delivery.log.accept(message)
            delivery.bell.ring(LaneKey(route: "contoso", mailbox: mailbox))
        }

        func pass(_ span: Duration, step: Duration = .seconds(5)) async {
            var rest = span
            while rest > .zero {
                delivery.clock.advance(min(step, rest))
                rest -= step
                await delivery.turns()
            }
        }

        func conduct(_ path: Path? = .graph) async {
            await delivery.manager.conductTrials(by: path.map { ["contoso": $0] } ?? [:])
        }
    }

    /// SMTP is the primary; Graph is tried from the beginning.
    private func bench(
        graph: ScriptedPath = ScriptedPath(), smtp: ScriptedPath = ScriptedPath(),
        onUnknown: Disposition.UnknownPolicy = .retry
    ) async throws -> Bench {
        let route = Self.route(graph, smtp, onUnknown: onUnknown)
        let bench = Bench(delivery: try await DeliveryBench(routes: [route]), graph: graph, smtp: smtp)
        await bench.conduct()
        return bench
    }

    private static func route(
        _ graph: ScriptedPath, _ smtp: ScriptedPath, onUnknown: Disposition.UnknownPolicy = .retry
    ) -> DeliveryRoute {
        var limits = RouteLimits()
        (limits.primary, limits.other, limits.fallback) = (.smtp, .graph, FallbackRule())
        limits.lane.messages = Rate(1000, per: .seconds(60))
        return DeliveryRoute(
            name: "contoso", limits: limits, schedule: RetrySchedule(jitter: 0),
            lostAnswers: LostAnswers(onUnknown: onUnknown), paths: [.graph: graph, .smtp: smtp])
    }

    @Test func eachArmGoesByItsPath() async throws {
        let bench = try await bench()
        try await bench.accept("t")
        for (id, arm) in [("c", TrialArm.control), ("s", .shadow), ("n", nil)] { try await bench.accept(id, arm) }
        await bench.delivery.turns()
        #expect(bench.graph.attempted == ["t"] && bench.smtp.attempted.sorted() == ["c", "n", "s"])
        for id in ["t", "c", "s", "n"] {
            let row = try #require(try await bench.delivery.row(id))
            #expect(row.status == .sent && !row.fellBack && row.via == nil)
        }
    }

    // MARK: Nobody misses mail

    static let refusals: [(Outcome, String)] = [
        (.rejected(refusal(.message, .rejected, status: 400)), "rejected"),
        (.rejected(refusal(.recipient, .rejected, status: 550)), "rejected"),
        (.deferred(refusal(.message, .unavailable, status: 503), retryAfter: nil), "deferred"),
        (.deferred(refusal(.recipient, .unavailable, status: 451), retryAfter: .seconds(60)), "deferred"),
    ]

    @Test(arguments: refusals)
    func whatItRefusesGoesByThePrimaryAtOnce(_ outcome: Outcome, _ word: String) async throws {
        let bench = try await bench(graph: ScriptedPath { _ in outcome })
        try await bench.accept("m")
        await bench.delivery.turns()
        let row = try #require(try await bench.delivery.row("m"))
        #expect(row.status == .sent && row.path == .smtp && row.fellBack && row.trial == "trial")
        let attempts = try await bench.delivery.attempts("m")
        #expect(attempts.map(\.path) == [.graph, .smtp] && attempts.map(\.outcome) == [word, "accepted"])
    }

    /// The primary's refusal is the last word.
    @Test func whatThePrimaryRefusesFails() async throws {
        let no = ScriptedPath { _ in .rejected(refusal(.message, .rejected, "no such recipient")) }
        let bench = try await bench(graph: no, smtp: no)
        try await bench.accept("t")
        try await bench.accept("c", .control)
        await bench.delivery.turns()
        for (id, paths) in [("t", [Path.graph, .smtp]), ("c", [.smtp])] {
            #expect(try await bench.delivery.status(id) == .failed)
            #expect(try await bench.delivery.attempts(id).map(\.path) == paths)
        }
    }

    @Test func whatItCannotCarryGoesByThePrimaryUntried() async throws {
        let why = refusal(.message, .unrepresentable, "Graph cannot say that.")
        let falling = ScriptedPath(whole: { _, _ in Delivery(fallingBackFor: why) })
        let refusing = ScriptedPath(whole: { _, _ in Delivery(.rejected(why), isAttempt: false) })
        for graph in [falling, refusing] {
            let bench = try await bench(graph: graph)
            try await bench.accept("m")
            await bench.delivery.turns()
            let row = try #require(try await bench.delivery.row("m"))
            #expect(row.status == .sent && row.path == .smtp && row.fellBack && row.attempts == 1)
        }
    }

    @Test func recipientsWhoAreRefusedGoByThePrimary() async throws {
        let people = [address("good@example.org"), address("bad@example.org")]
        let no = Outcome.rejected(refusal(.recipient, .rejected, status: 550))
        let graph = ScriptedPath(whole: { message, delivery in
            Delivery(
                zip(message.envelope.recipients, [acceptance, no]).map { .init(recipients: [$0], outcome: $1) },
                cost: delivery.cost)
        })
        let bench = try await bench(graph: graph)
        var message = waiting("m", to: people)
        message.trial = "trial"
        _ = try await bench.delivery.log.accept(message)
        bench.delivery.bell.ring(LaneKey(route: "contoso", mailbox: ann))
        await bench.delivery.turns()
        let rows = try await bench.delivery.log.parts(of: QueueID(rawValue: "m"))
        #expect(rows.map(\.status) == [.sent, .sent] && rows.map(\.path) == [.graph, .smtp])
        #expect(rows.map(\.recipients) == [["good@example.org"], ["bad@example.org"]])
    }

    /// It may have been sent.
    @Test(arguments: [Disposition.UnknownPolicy.retry, .hold])
    func aLostAnswerNeverChangesThePath(_ policy: Disposition.UnknownPolicy) async throws {
        let lost = Outcome.unknown(refusal(.message, .unavailable, "no answer"))
        let answers = NIOLockedValueBox([lost, .rejected(refusal(.message, .rejected))])
        let graph = ScriptedPath { _ in answers.withLockedValue { $0.isEmpty ? acceptance : $0.removeFirst() } }
        let bench = try await bench(graph: graph, onUnknown: policy)
        try await bench.accept("m")
        await bench.delivery.turns()
        await bench.conduct(nil)
        await bench.pass(.seconds(60))
        #expect(bench.smtp.attempted.isEmpty)
        let row = try #require(try await bench.delivery.row("m"))
        #expect(row.status == (policy == .hold ? .unknown : .failed) && row.via == .graph)
    }

    // MARK: Nobody waits for it

    @Test func anOutageOfThePathMovesItByTheRoutesRule() async throws {
        let down = Outcome.deferred(refusal(.route, .unavailable, status: 503, "down"), retryAfter: nil)
        let bench = try await bench(graph: ScriptedPath { _ in down })
        try await bench.accept("a")
        try await bench.accept("b", from: bob)
        await bench.delivery.turns()
        await bench.pass(.seconds(60))
        #expect(bench.smtp.attempted.isEmpty)
        await bench.pass(.seconds(90))
        for id in ["a", "b"] {
            let row = try #require(try await bench.delivery.row(id))
            #expect(row.status == .sent && row.path == .smtp && row.fellBack, "\(id)")
        }
    }

    // MARK: Its end

    /// What waits for a pause of the path that was tried goes at once, and keeps its arm.
    @Test func onceItEndsAllMailGoesByThePrimary() async throws {
        let slow = throttling(.seconds(3000))
        let bench = try await bench(graph: ScriptedPath { _ in slow })
        for number in 1...30 { try await bench.accept("t\(number)") }
        await bench.delivery.turns()
        #expect(bench.smtp.attempted.isEmpty && bench.graph.attempted.count <= 3)
        bench.delivery.clock.advance(.milliseconds(1))
        await bench.conduct(nil)
        await bench.delivery.turns()
        let rows = try await bench.delivery.log.rows(LogFilter(trial: "trial"))
        #expect(rows.count == 30 && rows.allSatisfy { $0.status == .sent && $0.path == .smtp })
        #expect(Set(bench.smtp.attempted).count == 30 && bench.smtp.attempted.count == 30)
    }

    @Test func aReloadLeavesItRunning() async throws {
        let bench = try await bench()
        await bench.delivery.manager.reload(
            [Self.route(bench.graph, bench.smtp)], keepsSentBodies: false, bounces: nil)
        try await bench.accept("t")
        await bench.delivery.turns()
        #expect(bench.graph.attempted == ["t"])
    }

    /// Arms stand in the store: a process that dies and comes back, twice, finds each message in its own.
    @Test func noMessageChangesItsArmOverRetriesAndRestarts() async throws {
        let down = Outcome.deferred(refusal(.route, .unavailable, status: 503), retryAfter: nil)
        var bench = try await bench(graph: ScriptedPath { _ in down }, smtp: ScriptedPath { _ in down })
        for number in 0..<20 { try await bench.accept("m\(number)", number % 4 == 0 ? .trial : .control) }
        for _ in 0..<2 {
            await bench.pass(.seconds(40))
            let (graph, smtp) = (ScriptedPath(), ScriptedPath { _ in down })
            let next = try await bench.delivery.restarted(after: .seconds(1), routes: [Self.route(graph, smtp)])
            bench = Bench(delivery: next, graph: graph, smtp: smtp)
            await bench.conduct()
            await bench.delivery.turns()
        }
        for number in 0..<20 {
            let row = try #require(try await bench.delivery.row("m\(number)"))
            #expect(row.trial == (number % 4 == 0 ? "trial" : "control"))
        }
    }
}
