import DeliveryPolicy
import EmailLog
import Logging
import MailModel
import Testing

@testable import Postern

/// Quotas as mail meets them: what is put off, what it says, and what a restart and a reload remember.
@Suite(.timeLimit(.minutes(5))) struct QuotaDeliveryTests {
    private static let own = AcceptedDomains([SenderPattern("*@contoso.com")].compactMap(\.self))

    private static func route(
        _ path: ScriptedPath, external: Int64? = 10, domains: AcceptedDomains = own,
        _ change: (inout RouteLimits) -> Void = { _ in }
    ) -> DeliveryRoute {
        DeliveryBench.route(path) { limits in
            limits.externalRecipients = external.map { Rate($0, per: .seconds(86_400)) }
            limits.acceptedDomains = domains
            limits.lane.messages = Rate(1000, per: .seconds(60))
            change(&limits)
        }
    }

    private static func bench(_ external: Int64? = 10) async throws -> DeliveryBench {
        let path = ScriptedPath()
        return try await DeliveryBench(routes: [route(path, external: external)], path: path)
    }

    private func accept(
        _ bench: DeliveryBench, _ ids: ClosedRange<Int>, to recipients: String..., from mailbox: Address = ann,
        priority: Priority = .normal
    ) async throws {
        for id in ids {
            _ = try await bench.log.accept(
                waiting(
                    "q\(id)", from: mailbox, to: recipients.map { address($0) }, priority: priority,
                    at: bench.clock.now))
        }
        bench.bell.ring(LaneKey(route: "contoso", mailbox: mailbox))
    }

    /// As the running loop does: also where a turn starts nothing, it may have made room for the next.
    private func deliver(_ bench: DeliveryBench) async -> [String] {
        var (all, idle) = ([String](), 0)
        while idle < 4 {
            let started = await bench.turn()
            idle = started.isEmpty ? idle + 1 : 0
            all += started
        }
        return all
    }

    @Test func whatFindsNoRoomSaysSoAndWaitsForItsMoment() async throws {
        let bench = try await Self.bench()
        try await accept(bench, 1...12, to: "a@example.org")
        try await accept(bench, 21...23, to: "a@example.org", from: bob)
        #expect(await deliver(bench).count == 10, "all mailboxes share it")
        let waiting = try await bench.log.rows(LogFilter(statuses: [.queued]))
        #expect(waiting.count == 5)
        for row in waiting {
            #expect(row.errorText == "10 of 10/d `external_recipients` used by route contoso" && row.attempts == 0)
            #expect(row.nextAttemptDate == after(86_400))
        }
        bench.clock.advance(.seconds(86_399))
        #expect(await deliver(bench).isEmpty)
        bench.clock.advance(.seconds(1))
        #expect(await deliver(bench).count == 5)
    }

    /// Its own writes tell the service nothing new, so that only what it knows leads it back to them.
    @Test func whatCouldNotBePutOffIsFoundAgain() async throws {
        let (path, recorder) = (ScriptedPath(), LogRecorder())
        let bench = try await DeliveryBench(routes: [Self.route(path)], logger: recorder.logger, path: path)
        try bench.directory.outside(
            """
            CREATE TRIGGER full BEFORE UPDATE OF error_text ON email_log WHEN OLD.status = 'Q' AND NEW.status = 'Q'
            BEGIN SELECT RAISE(ABORT, 'full'); END
            """)
        try await accept(bench, 1...12, to: "a@example.org")
        #expect(await deliver(bench).count == 10)
        let failures = recorder.sentences.count { $0 == "store failed, delivery rests" }
        #expect(failures > 0)
        bench.clock.advance(.seconds(2))
        #expect(await deliver(bench).isEmpty)
        #expect(recorder.sentences.count { $0 == "store failed, delivery rests" } > failures)
    }

    @Test func mailWithinTheTenantIsNoConcernOfIt() async throws {
        let bench = try await Self.bench()
        try await accept(bench, 1...200, to: "a@example.org")
        try await accept(bench, 301...305, to: "a@contoso.com", "b@contoso.com")
        let delivered = await deliver(bench)
        #expect(delivered.count == 15)
        #expect((301...305).allSatisfy { delivered.contains("q\($0)") }, "behind more than a window of others")
    }

    @Test("Pitfall 26: bulk waits first") func bulkIsParkedBeforeHighIs() async throws {
        let bench = try await Self.bench(100)
        try await accept(bench, 1...95, to: "a@example.org", priority: .bulk)
        #expect(await deliver(bench).count == 90)
        try await accept(bench, 101...110, to: "a@example.org")
        #expect(await deliver(bench).count == 8)
        try await accept(bench, 201...205, to: "a@example.org", priority: .high)
        #expect(await deliver(bench).count == 2)
    }

    @Test func theRecipientsOfAMailboxAreSharedOutInTheSameWay() async throws {
        let path = ScriptedPath()
        let route = Self.route(path, external: nil) { $0.lane.recipients = Rate(100, per: .seconds(86_400)) }
        let bench = try await DeliveryBench(routes: [route], path: path)
        try await accept(bench, 1...95, to: "a@example.org", priority: .bulk)
        #expect(await deliver(bench).count == 90)
        try await accept(bench, 101...110, to: "a@example.org")
        #expect(await deliver(bench).count == 8)
        try await accept(bench, 201...205, to: "a@example.org", priority: .high)
        #expect(await deliver(bench).count == 2)
        let row = try #require(try await bench.row("q203"))
        #expect(row.nextAttemptDate == noon && row.errorText == nil, "a limit of the mailbox is no pause")
    }

    @Test func attemptsRecordWhomTheyCounted() async throws {
        let bench = try await Self.bench()
        try await accept(bench, 1...1, to: "a@example.org", "b@contoso.com", "c@example.net")
        #expect(await deliver(bench) == ["q1"])
        let spent = try await bench.log.attempts(since: noon)
        #expect(spent.map(\.cost.externalRecipients) == [2] && spent.map(\.cost.recipients) == [3])
    }

    // MARK: Restart and reload

    @Test func aRestartRemembers() async throws {
        let bench = try await Self.bench()
        try await accept(bench, 1...7, to: "a@example.org")
        #expect(await deliver(bench).count == 7)
        let path = ScriptedPath()
        let next = try await bench.restarted(after: .seconds(60), routes: [Self.route(path)], path: path)
        try await accept(next, 11...16, to: "a@example.org")
        #expect(await deliver(next).count == 3)
    }

    /// Counted without a limit, too: one that is set in the middle of a day knows what has been sent.
    @Test func aLimitThatIsNewKnowsTheDay() async throws {
        let path = ScriptedPath()
        let bench = try await DeliveryBench(routes: [Self.route(path, external: nil)], path: path)
        try await accept(bench, 1...7, to: "a@example.org")
        #expect(await deliver(bench).count == 7)
        try await accept(bench, 11...16, to: "a@example.org")
        await bench.manager.reload([Self.route(path)], keepsSentBodies: false, bounces: nil)
        #expect(await deliver(bench).count == 3)
    }

    @Test func waitingMailIsCountedAnewWhenTheDomainsChange() async throws {
        let path = ScriptedPath()
        let bench = try await DeliveryBench(routes: [Self.route(path, external: 3)], path: path)
        try await accept(bench, 1...5, to: "a@example.org")
        #expect(await deliver(bench).count == 3)
        try await accept(bench, 11...14, to: "a@fabrikam.com")
        let both = AcceptedDomains(["*@contoso.com", "*@fabrikam.com"].compactMap { SenderPattern($0) })
        await bench.manager.reload([Self.route(path, external: 3, domains: both)], keepsSentBodies: false, bounces: nil)
        #expect(await deliver(bench).sorted() == ["q11", "q12", "q13", "q14"])
    }

    @Test func aLimitThatIsTakenAwayHoldsNobody() async throws {
        let path = ScriptedPath()
        let bench = try await DeliveryBench(routes: [Self.route(path, external: 1)], path: path)
        try await accept(bench, 1...3, to: "a@example.org")
        #expect(await deliver(bench).count == 1)
        bench.clock.advance(.seconds(1))
        await bench.manager.reload([Self.route(path, external: nil)], keepsSentBodies: false, bounces: nil)
        _ = try await bench.log.flush(.route("contoso"), at: bench.clock.now)
        bench.bell.ring(LaneKey(route: "contoso", mailbox: ann))
        #expect(await deliver(bench).count == 2)
    }

    @Test func whatIsMoreThanAWholeDaysIsRefused() async throws {
        let bench = try await Self.bench(2)
        try await accept(bench, 1...1, to: "a@example.org", "b@example.org", "c@example.org")
        #expect(await deliver(bench).isEmpty)
        let row = try #require(try await bench.row("q1"))
        #expect(row.status == .failed && row.errorText?.contains("`external_recipients`") == true)
    }

    // MARK: Warning

    @Test("Pitfall 26: a warning before the limit is met") func oneWarningForEachCrossing() async throws {
        let (recorder, path) = (LogRecorder(), ScriptedPath())
        let bench = try await DeliveryBench(routes: [Self.route(path)], logger: recorder.logger, path: path)
        func warnings() -> [String] {
            recorder.lines.filter { $0.sentence == "quota nearly used up" }.map { line in
                "\(line.level) \(line.metadata["route"] ?? "") \(line.metadata["reason"] ?? "")"
            }
        }
        try await accept(bench, 1...7, to: "a@example.org")
        _ = await deliver(bench)
        bench.clock.advance(.seconds(60))
        _ = await deliver(bench)
        #expect(warnings().isEmpty)
        try await accept(bench, 8...9, to: "a@example.org")
        for _ in 0..<5 {
            _ = await deliver(bench)
            bench.clock.advance(.seconds(60))
        }
        let warning = "warning contoso 9 of 10/d `external_recipients` used"
        #expect(warnings() == [warning])
        #expect(await bench.manager.quotas().map(\.use.percent).max() == 90)
        bench.clock.advance(.seconds(86_400))
        _ = await deliver(bench)
        try await accept(bench, 11...19, to: "a@example.org")
        _ = await deliver(bench)
        bench.clock.advance(.seconds(60))
        _ = await deliver(bench)
        #expect(warnings() == [warning, warning])
    }
}
