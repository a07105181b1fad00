import DeliveryPolicy
import EmailLog
import MailModel
import Testing

@testable import Postern

/// What `postern queue` reads from the store, without a service.
@Suite struct QueueReportTests {
    private let directory = Result { try TemporaryDirectory() }
    private let clock = ManualClock()

    private func settings(_ limits: String = "{}", smtp: Bool = false) throws -> Configuration {
        try configuration(
            """
            routes:
              - name: contoso
                senders: ["*@contoso.com"]
                limits: \(limits)
                graph: {tenant: t, client_id: c, client_secret: s}
              \(smtp ? "  smtp: {auth: off, host: smtp.example, tls: off}" : "")
            """)
    }

    private func report(
        _ log: EmailLog, _ limits: String = "{}", smtp: Bool = false, route: String? = nil
    ) async throws -> QueueReport {
        try await QueueReport.read(log, try settings(limits, smtp: smtp), route: route, clocks: clock.clocks)
    }

    private func accept(
        _ log: EmailLog, _ ids: ClosedRange<Int>, to recipients: [Address] = [address("eve@example.org")],
        priority: Priority = .normal, via: Path? = nil
    ) async throws {
        for id in ids {
            _ = try await log.accept(waiting("q\(id)", to: recipients, priority: priority, at: clock.now, via: via))
        }
    }

    /// Attempts that ended now.
    private func spend(_ log: EmailLog, _ count: Int, recipients: Int = 1, external: Int = 0) async throws {
        for number in 0..<count {
            let id = try await log.accept(waiting("s\(number)", at: clock.now, start: .inProgress(.graph)))
            try await log.settle(
                id, .sent(keepBody: false),
                attempt: AttemptRecord(
                    startedDate: clock.now, duration: .zero, path: .graph, outcome: acceptance,
                    cost: .init(recipients: recipients, externalRecipients: external, bytes: 100)), at: clock.now)
        }
    }

    @Test func anEmptyQueue() async throws {
        let report = try await report(try directory.get().service())
        #expect(report.lanes.isEmpty && report.pauses.isEmpty && report.quotas.isEmpty && report.isServed)
    }

    @Test func mailThatIsReady() async throws {
        let log = try directory.get().service()
        try await accept(log, 1...3)
        try await accept(log, 4...5, to: addresses(4), priority: .bulk)
        clock.advance(.seconds(7))
        let lane = try #require(try await report(log).lanes.first)
        #expect(lane.summary.counts == [.queued: 5] && lane.nextStart == after(7) && lane.timeToDrain == .zero)
        #expect(lane.waiting.map(\.priority) == [.normal, .bulk] && lane.waiting.map(\.messages) == [3, 2])
        #expect(lane.waiting.map(\.recipients) == [3, 8])
        #expect(
            lane.waiting[0].waits.map(\.reason) == [.nothing] && lane.waiting[1].waits.map(\.reason) == [.moreUrgent])
    }

    @Test func theRateIsWhatItWaitsFor() async throws {
        let log = try directory.get().service()
        try await spend(log, 30)
        try await accept(log, 1...45)
        clock.advance(.seconds(10))
        let lane = try #require(try await report(log).lanes.first)
        let use = LimitUse(.messages, used: 30, of: Rate(30, per: .seconds(60)))
        #expect(lane.waiting[0].waits.map(\.reason) == [.limit(use)] && lane.waiting[0].waits[0].until == after(60))
        #expect(lane.nextStart == after(60) && lane.timeToDrain == .seconds(50 + 60))
    }

    /// What a service is sending this moment has taken its tokens.
    @Test func attemptsUnderWayCount() async throws {
        let log = try directory.get().service()
        for number in 0..<3 { _ = try await log.accept(waiting("p\(number)", start: .inProgress(.graph))) }
        try await accept(log, 1...1)
        let lane = try #require(try await report(log).lanes.first)
        #expect(lane.waiting[0].waits.map(\.reason) == [.attempts] && lane.nextStart == nil)
        #expect(lane.summary.counts == [.queued: 1, .inProgress: 3])
    }

    @Test func aPauseAlsoWhereNothingWaits() async throws {
        let log = try directory.get().service()
        let pause = LanePause(
            route: "contoso", mailbox: bob, path: .graph, since: noon, until: after(60), cause: .misconfigured,
            reason: "mailbox full")
        let old = LanePause(
            route: "contoso", mailbox: nil, path: .smtp, since: noon, until: noon, cause: .throttled, reason: "over")
        try await log.pause(pause)
        try await log.pause(old)
        clock.advance(.seconds(1))
        let report = try await report(log)
        #expect(report.pauses == [pause] && report.lanes.isEmpty)
        #expect(try await self.report(log, route: "other").pauses.isEmpty)
    }

    @Test func aPauseThatMailWaitsFor() async throws {
        let log = try directory.get().service()
        try await accept(log, 1...2)
        let pause = LanePause(
            route: "contoso", mailbox: nil, path: .graph, since: noon, until: after(60), cause: .unauthorized,
            reason: "secret expired")
        try await log.pause(pause)
        try await log.postpone(
            LaneKey(route: "contoso", mailbox: ann), .free, until: after(60), because: "secret expired", limit: 9)
        let lane = try #require(try await report(log).lanes.first)
        #expect(lane.pauses == [pause] && lane.nextStart == after(60) && lane.timeToDrain == .seconds(60))
        let wait = try #require(lane.waiting.first?.waits.first)
        let refusal = Refusal(scope: .route, cause: .unauthorized, text: "secret expired")
        #expect(wait.reason == .pause(.graph, refusal) && wait.until == after(60))
    }

    @Test func aRetryThatIsNotDue() async throws {
        let log = try directory.get().service()
        let id = try await log.accept(waiting("q1", start: .inProgress(.graph)))
        try await log.putBack([id], due: after(30))
        let lane = try #require(try await report(log).lanes.first)
        #expect(lane.waiting[0].waits.map(\.reason) == [.dueDate] && lane.nextStart == after(30))
    }

    @Test func rowsBoundToAPathAreToldApart() async throws {
        let log = try directory.get().service()
        try await accept(log, 1...1)
        try await accept(log, 2...2, via: .smtp)
        let one = try #require(try await report(log).lanes.first?.waiting.first)
        #expect(one.messages == 2 && one.waits.map(\.queue) == [.free, .smtp])
        #expect(one.waits.map(\.reason) == [.nothing, .missingPath(.smtp)])
        let both = try #require(try await report(log, smtp: true).lanes.first?.waiting.first)
        #expect(both.waits.map(\.reason) == [.nothing, .moreUrgent])
    }

    @Test func quotas() async throws {
        let log = try directory.get().service()
        try await spend(log, 2, recipients: 45, external: 20)
        try await accept(log, 1...3, to: addresses(6))
        try await accept(log, 4...5, to: addresses(2, at: "contoso.com"))
        let report = try await report(log, "{recipients_per_mailbox: 100/d, external_recipients: 45/d}")
        #expect(report.quotas.map(\.use.percent) == [88, 90, 0])
        #expect(report.quotas.map(\.key.mailbox) == [nil, ann, ann])
        #expect(report.quotas.last?.use.name == .upload)
        let lane = try #require(report.lanes.first)
        let use = LimitUse(.externalRecipients, used: 40, of: Rate(45, per: .seconds(86_400)))
        #expect(lane.waiting[0].waits.map(\.reason) == [.limit(use)] && lane.waiting[0].waits[0].until == after(86_400))
        #expect(lane.timeToDrain == .seconds(86_400))
        #expect(try await self.report(log, "{external_recipients: 45/d}", route: "other").quotas.isEmpty)
    }

    @Test func aRouteThatIsNotConfigured() async throws {
        let log = try directory.get().service()
        _ = try await log.accept(waiting("x", route: "later"))
        let lane = try #require(try await report(log).lanes.first)
        #expect(lane.waiting.map(\.messages) == [1] && lane.waiting[0].waits.isEmpty && lane.timeToDrain == nil)
    }

    @Test func aHeldMessageWaitsForNothing() async throws {
        let log = try directory.get().service()
        _ = try await log.accept(waiting("h", start: .held))
        let lane = try #require(try await report(log).lanes.first)
        #expect(lane.waiting.isEmpty && lane.nextStart == nil && lane.timeToDrain == nil)
    }

    @Test func besideAServiceAndWithoutOne() async throws {
        let directory = try directory.get()
        let service = try directory.service()
        #expect(try await report(try EmailLog.open(path: service.path, role: .tool)).isServed)
        try await service.close()
        #expect(try await report(try EmailLog.open(path: service.path, role: .tool)).isServed == false)
    }
}
