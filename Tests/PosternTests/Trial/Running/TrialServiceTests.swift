import Logging
import MailModel
import NIOConcurrencyHelpers
import Testing

@testable import DeliveryPolicy
@testable import EmailLog
@testable import Postern

/// A trial over time: what operators, the schedule, the rule and restarts make of it.
@Suite(.timeLimit(.minutes(5))) struct TrialServiceTests {
    private let directory: TemporaryDirectory
    private let log: EmailLog
    private let clock = ManualClock()
    private let board = TrialBoard()
    private let recorder = LogRecorder()
    /// What delivery was told last, and what it answers.
    private let conducted = NIOLockedValueBox<[String: MailModel.Path]>([:])
    private let circuit = NIOLockedValueBox<PathStatus?>(nil)

    init() throws {
        directory = try TemporaryDirectory()
        log = try directory.service()
    }

    static func route(_ trial: String) throws -> Route {
        let yaml = """
            routes:
              - name: contoso
                senders: ["*@contoso.com"]
                primary: smtp
                graph: {tenant: t, client_id: c, client_secret: s}
                smtp: {host: 127.0.0.1, auth: off}
                trial: \(trial)
            """
        return try #require(try configuration(yaml).routes.first)
    }

    private func service(_ trial: String) async throws -> TrialService {
        let service = try TrialService(
            log: log, board: board, routes: [Self.route(trial)],
            delivery: .init(
                conduct: { [conducted] paths in conducted.withLockedValue { $0 = paths } },
                pathStatus: { [circuit] _ in circuit.withLockedValue { $0.map { [$0] } ?? [] } }),
            clocks: clock.clocks, logger: recorder.logger)
        try await service.begin()
        return service
    }

    private func record() async throws -> TrialRecord { try #require(try await log.trials().first) }

    /// The arm of the message that is last to come into the trial, and of the one that is first.
    private var share: Double {
        let hits = (0..<2000).count { number in
            let message = TrialCandidate(id: QueueID(rawValue: "m\(number)"), sender: nil, recipients: [])
            return board.arm(of: message, on: "contoso") == .trial
        }
        return Double(hits) / 2000
    }

    private func operate(_ verb: TrialVerb, _ trial: String) async throws {
        let tool = try directory.tool()
        try await verb.apply(to: Self.route(trial), in: tool, clocks: clock.clocks)
        try await tool.close()
    }

    /// A message of the arm that was attempted by Graph now.
    private func answer(_ id: String, _ outcome: Outcome = acceptance, arm: TrialArm = .trial) async throws {
        clock.advance(.milliseconds(10))
        var message = waiting(id, at: clock.now)
        message.trial = arm.rawValue
        let id = try await log.accept(message)
        _ = try await log.claim(id, path: .graph, at: clock.now)
        let attempt = AttemptRecord(
            startedDate: clock.now, duration: .zero, path: .graph, outcome: outcome, cost: nil)
        let settlement: Settlement =
            if case .accepted = outcome { .sent(keepBody: false) } else { .moved(to: .smtp, at: clock.now) }
        try await log.settle(id, settlement, attempt: attempt, at: clock.now)
    }

    private static let no = Outcome.rejected(refusal(.message, .rejected, status: 400))
    private static let split = "{mode: split, percent: 50, rollback: {when: failed > 2% of 50, to: 0}}"

    // MARK: Beginnings

    @Test func aNewOneRunsAsConfigured() async throws {
        _ = try await service("{mode: split, percent: 20}")
        #expect(abs(share - 0.2) < 0.05 && conducted.withLockedValue { $0 } == ["contoso": .graph])
        let record = try await record()
        #expect(record.state == "running" && record.startedDate == clock.now && record.share == nil)
    }

    @Test func aShadowSendsNothingByTheOtherPath() async throws {
        _ = try await service("{mode: shadow, percent: 100}")
        let message = TrialCandidate(id: QueueID(rawValue: "m"), sender: nil, recipients: [])
        #expect(board.arm(of: message, on: "contoso") == .shadow && conducted.withLockedValue(\.isEmpty))
    }

    @Test func aRouteWithoutOneIsLeftAlone() async throws {
        let service = try await service("~")
        await service.turn()
        #expect(try await log.trials().isEmpty && conducted.withLockedValue(\.isEmpty))
    }

    static let endings: [(TrialVerb, String, Double)] = [
        (.stop, "stopped", 0), (.percent(.all), "running", 1), (.start, "running", 0.5),
    ]

    @Test(arguments: endings)
    func aRestartChangesNothing(_ verb: TrialVerb, _ state: String, _ share: Double) async throws {
        _ = try await service(Self.split)
        try await operate(verb, Self.split)
        let before = try await record()
        clock.advance(.seconds(500))
        _ = try await service(Self.split)
        #expect(try await record() == before && before.state == state)
        #expect(abs(self.share - share) < 0.05)
    }

    @Test func anotherSectionStartsAnew() async throws {
        let first = try await service(Self.split)
        try await operate(.stop, Self.split)
        clock.advance(.seconds(500))
        await first.reload([try Self.route("{mode: split, percent: 10}")])
        #expect(abs(share - 0.1) < 0.05)
        let record = try await record()
        #expect(record.state == "running" && record.startedDate == clock.now)
    }

    @Test func whatTheReportAloneLooksAtStartsNothingAnew() async throws {
        let first = try await service(Self.split)
        try await operate(.stop, Self.split)
        await first.reload([
            try Self.route("{mode: split, percent: 50, tolerance: 3, rollback: {when: failed > 2% of 50}}")
        ])
        #expect(try await record().state == "stopped" && share == 0)
    }

    // MARK: Operators

    @Test func whatACommandWritesIsInForceWithTheNextTurn() async throws {
        let service = try await service(Self.split)
        for (verb, expected) in [(TrialVerb.percent(.all), 1.0), (.stop, 0), (.start, 1), (.percent(.none), 0)] {
            try await operate(verb, Self.split)
            await service.turn()
            #expect(share == expected, "\(verb)")
            #expect(conducted.withLockedValue { $0 } == (expected > 0 ? ["contoso": .graph] : [:]))
        }
        #expect(
            recorder.sentences.filter { $0.hasPrefix("trial") } == [
                "trial begins", "trial runs", "trial stopped", "trial runs", "trial runs",
            ])
    }

    /// The file has been changed, and the service not yet told: what an operator does concerns what runs.
    @Test func aCommandWithANewerFileChangesWhatRuns() async throws {
        let service = try await service(Self.split)
        try await operate(.stop, "{mode: split, percent: 90}")
        await service.turn()
        #expect(share == 0)
        #expect(try await record().section.contains("50%"))
    }

    // MARK: The rule

    @Test func itIsRolledBackOnceWithinTheRulesWindow() async throws {
        let service = try await service(Self.split)
        for number in 0..<20 { try await answer("good\(number)") }
        try await answer("bad0", Self.no)
        await service.turn()
        #expect(share > 0, "one of 21 is below the bound")
        try await answer("bad1", Self.no)
        clock.advance(.seconds(1))
        await service.turn()
        #expect(share == 0 && conducted.withLockedValue(\.isEmpty))
        let record = try await record()
        #expect(record.state == "rolled_back" && record.reason == "failed > 2% of 50: 2 of the last 22 messages")
        for number in 0..<20 {
            try await answer("late\(number)", Self.no)
            clock.advance(.seconds(1))
            await service.turn()
        }
        #expect(try await self.record() == record)
        let told = recorder.lines.filter { $0.sentence == "trial rolled back" }
        #expect(told.count == 1 && told[0].level == .error)
    }

    @Test func startedAgainItCountsFromThenOnOnly() async throws {
        let service = try await service(Self.split)
        for number in 0..<3 { try await answer("bad\(number)", Self.no) }
        clock.advance(.seconds(1))
        await service.turn()
        #expect(try await record().state == "rolled_back")
        clock.advance(.seconds(1))
        try await operate(.start, Self.split)
        await service.turn()
        for number in 0..<3 {
            try await answer("good\(number)")
            clock.advance(.seconds(1))
            await service.turn()
        }
        #expect(abs(share - 0.5) < 0.05)
        for number in 3..<5 { try await answer("bad\(number)", Self.no) }
        clock.advance(.seconds(1))
        await service.turn()
        #expect(try await record().state == "rolled_back")
    }

    @Test func aRollbackGoesToTheConfiguredShare() async throws {
        let yaml = "{mode: split, percent: 50, rollback: {when: throttled >= 1 of 10, to: 10}}"
        let service = try await service(yaml)
        try await answer("slow", throttling(.seconds(9)))
        clock.advance(.seconds(1))
        await service.turn()
        #expect(abs(share - 0.1) < 0.05 && conducted.withLockedValue { $0 } == ["contoso": .graph])
    }

    @Test func withoutARuleNothingIsRolledBack() async throws {
        let service = try await service("{mode: split, percent: 50}")
        circuit.withLockedValue { $0 = Self.open(since: clock.instant, at: clock.instant) }
        for number in 0..<60 { try await answer("bad\(number)", Self.no) }
        clock.advance(.seconds(900))
        await service.turn()
        #expect(try await record().state == "running")
    }

    /// The service was away: what it had not judged yet, it judges.
    @Test func aRestartForgetsNoFailure() async throws {
        _ = try await service(Self.split)
        for number in 0..<3 { try await answer("bad\(number)", Self.no) }
        await (try await service(Self.split)).turn()
        #expect(try await record().state == "rolled_back" && share == 0)
    }

    // MARK: The circuit

    private static func open(since: Instant, at now: Instant) -> PathStatus {
        let trouble = Trouble(
            reason: refusal(.route, .unavailable, "no connection"), since: since, until: nil)
        return PathStatus(.graph, inFlight: 0, trouble, isRouteWide: true, at: now)
    }

    @Test func anOpenCircuitRollsBackOnceMailLeavesThePath() async throws {
        let service = try await service(Self.split)
        circuit.withLockedValue { $0 = Self.open(since: clock.instant, at: clock.instant) }
        clock.advance(.seconds(119))
        await service.turn()
        #expect(try await record().state == "running")
        clock.advance(.seconds(1))
        await service.turn()
        let record = try await record()
        #expect(record.state == "rolled_back" && record.reason?.contains("graph is closed") == true)
        // Started again while nobody has probed the path yet, it has the same time.
        try await operate(.start, Self.split)
        clock.advance(.seconds(60))
        await service.turn()
        #expect(try await self.record().state == "running")
        clock.advance(.seconds(60))
        await service.turn()
        #expect(try await self.record().state == "rolled_back")
    }

    // MARK: The schedule

    private static let ramp = "{mode: split, ramp: {steps: [5, 25, 100], over: 2h}}"

    private func pass(_ minutes: Int, _ service: TrialService) async {
        for _ in 0..<minutes {
            clock.advance(.seconds(60))
            await service.turn()
        }
    }

    @Test func aScheduleGoesOnInHealthyTimeAndOverRestarts() async throws {
        var service = try await service(Self.ramp)
        #expect(abs(share - 0.05) < 0.02)
        await pass(59, service)
        #expect(abs(share - 0.05) < 0.02)
        await pass(1, service)
        #expect(abs(share - 0.25) < 0.05)
        service = try await self.service(Self.ramp)
        circuit.withLockedValue { $0 = Self.open(since: clock.instant, at: clock.instant) }
        await pass(120, service)
        #expect(abs(share - 0.25) < 0.05, "not while the path is closed")
        circuit.withLockedValue { $0 = nil }
        await pass(61, service)
        #expect(share == 1)
    }

    /// Trouble between two moves counts, also where it is over at the move.
    @Test func aMomentOfTroubleCostsItsStretch() async throws {
        let service = try await service(Self.ramp)
        circuit.withLockedValue { $0 = Self.open(since: clock.instant, at: clock.instant) }
        clock.advance(.seconds(5))
        await service.turn()
        circuit.withLockedValue { $0 = nil }
        clock.advance(.seconds(25))
        await service.turn()
        #expect(try await record().healthy == .zero)
        await pass(1, service)
        #expect(try await record().healthy == .seconds(60))
    }

    @Test func anOperatorsShareStopsTheSchedule() async throws {
        let service = try await service(Self.ramp)
        try await operate(.percent(TrialShare(percent: 50) ?? .none), Self.ramp)
        await pass(200, service)
        #expect(abs(share - 0.5) < 0.05)
    }

    // MARK: What is told

    @Test func theStatusSaysWhatIsInForceAndWhatComesNext() async throws {
        let service = try await service(
            "{mode: split, ramp: {steps: [5, 25, 100], over: 2h}, rollback: {when: failed > 2% of 50}}")
        await pass(10, service)
        try await answer("a")
        try await answer("b", Self.no)
        try await answer("c", arm: .control)
        let route = try Self.route(
            "{mode: split, ramp: {steps: [5, 25, 100], over: 2h}, rollback: {when: failed > 2% of 50}}")
        let status = try #require(try await TrialStatus.read(log, [route], clocks: clock.clocks).first)
        #expect(status.trial.share == TrialShare("5%") && status.next?.share == TrialShare("25%"))
        #expect(status.next.map { $0.date - noon } == .seconds(3600))
        #expect(status.messages == [.trial: 2, .control: 1, .shadow: 0])
        #expect(status.rule?.hits == 1 && status.rule?.messages == 2 && !status.trial.isOutdated)
    }
}
