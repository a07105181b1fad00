import DeliveryPolicy
import EmailLog
import MailModel
import Testing

@testable import Postern

/// What is read from the store, and what is made of it.
@Suite struct TrialReportTests {
    private let directory = Result { try TemporaryDirectory() }
    private let clock = ManualClock()

    private func route(_ trial: String = "{mode: split, percent: 25, tolerance: 2%}") throws -> Route {
        try #require(
            try configuration(
                """
                routes:
                  - name: contoso
                    senders: ["*@contoso.com"]
                    primary: smtp
                    limits: {messages_per_mailbox: 10/m}
                    graph: {tenant: t, client_id: c, client_secret: s}
                    smtp: {auth: off, host: smtp.example, tls: off}
                    trial: \(trial)
                """
            ).routes.first)
    }

    private func accept(_ log: EmailLog, _ count: Int, _ arm: String?, at date: Timestamp) async throws -> [QueueID] {
        var ids: [QueueID] = []
        for number in 0..<count {
            var message = waiting("\(arm ?? "none")\(number)-\(date.milliseconds)", at: date)
            message.trial = arm
            ids.append(try await log.accept(message))
        }
        return ids
    }

    private func settle(
        _ log: EmailLog, _ id: QueueID, _ settlement: Settlement, _ outcome: Outcome, by path: Path,
        took milliseconds: Int64
    ) async throws {
        _ = try await log.claim(id, path: path, at: clock.now)
        try await log.settle(
            id, settlement,
            attempt: AttemptRecord(
                startedDate: clock.now, duration: .milliseconds(milliseconds), path: path, outcome: outcome,
                cost: .init(recipients: 1, bytes: 100)), at: clock.now)
    }

    private static let refusal = Outcome.rejected(
        Refusal(scope: .message, cause: .rejected, status: 400, code: "ErrorInvalidRecipients", text: "no"))

    /// A day of mail: of the trial 20 sent and 1 failed, of the other arm 30 sent.
    private func fill(_ log: EmailLog) async throws {
        for (arm, path, count, milliseconds) in [("trial", Path.graph, 20, 200), ("control", .smtp, 30, 900)] {
            for (index, id) in try await accept(log, count, arm, at: clock.now).enumerated() {
                try await settle(
                    log, id, .sent(keepBody: false), acceptance, by: path, took: Int64(milliseconds + index))
            }
        }
        for id in try await accept(log, 1, "trial", at: clock.now + .milliseconds(1)) {
            try await settle(log, id, .failed(because: nil), Self.refusal, by: .graph, took: 5)
        }
        _ = try await accept(log, 2, nil, at: clock.now)
    }

    @Test func bothArmsOverTheSamePeriod() async throws {
        let log = try directory.get().service()
        try await fill(log)
        let now = clock.now + .seconds(86_400)
        let report = try await TrialReport.read(log, try route(), at: now)
        #expect(report.since == now - .seconds(7 * 86_400) && report.until == now && report.beginning == .lastDays)
        #expect(report.trial.path == .graph && report.control.path == .smtp && report.tolerance == 0.02)
        #expect(report.trial.failures == Proportion(1, of: 21) && report.control.failures == Proportion(0, of: 30))
        #expect(
            report.verdict.difference
                == ProportionDifference.interval(Proportion(1, of: 21), minus: Proportion(0, of: 30)))
        #expect(report.latencyDifference?.estimate == 209.5 - 914.5)
        #expect(report.verdict.word == .wait)
        #expect(report.outlook?.messagesPerDay == 3)
        let missing = try #require(report.verdict.missing)
        #expect(report.outlook?.date == now + .milliseconds(Int64(Double(missing) / 3 * 86_400_000)))
    }

    @Test func theWholeMailIsHeldAgainstTheLimitsOfTheRoute() async throws {
        let log = try directory.get().service()
        try await fill(log)
        let report = try await TrialReport.read(log, try route(), at: clock.now + .seconds(60))
        let demand = try #require(report.demands.first)
        #expect(report.demands.count == 1 && demand.messages == 53 && demand.tightest?.limit == .messages)
        #expect(demand.tightest?.share == 5.3 && demand.tightest?.allowed == 10 && demand.delayed == 43)
        // Twenty of 200 to 219 ms, and one of 5.
        let mean = (Double((200...219).reduce(0, +)) + 5) / 21
        #expect(report.requestTime == .milliseconds(mean))
    }

    @Test func eachMailboxIsMeasuredByItself() async throws {
        let log = try directory.get().service()
        for (mailbox, count) in [("a@contoso.com", 1), ("b@contoso.com", 3), ("c@contoso.com", 2)] {
            for number in 0..<count {
                var message = waiting("\(mailbox)\(number)", at: clock.now)
                message.mailbox = address(mailbox)
                _ = try await log.accept(message)
            }
        }
        let report = try await TrialReport.read(log, try route(), at: clock.now + .seconds(1))
        #expect(report.demands.map(\.mailbox) == ["b@contoso.com", "c@contoso.com", "a@contoso.com"])
        #expect(report.demands.map(\.messages) == [3, 2, 1] && report.requestTime == nil)
    }

    @Test func whatWasAcceptedBeforeDoesNotCount() async throws {
        let log = try directory.get().service()
        try await fill(log)
        let now = clock.now + .seconds(60)
        let report = try await TrialReport.read(log, try route(), since: now - .seconds(1), at: now)
        #expect(report.beginning == .asked && report.arms.allSatisfy { $0.record == ArmRecord() })
        #expect(report.verdict.word == .wait && report.outlook == nil && report.demands.isEmpty)
        #expect(report.verdict.reason == "No message by Graph or SMTP has come to an end yet.")
    }

    @Test func aPeriodInTheFutureIsEmpty() async throws {
        let log = try directory.get().service()
        let report = try await TrialReport.read(log, try route(), since: clock.now + .seconds(60), at: clock.now)
        #expect(report.since == clock.now && report.until == clock.now)
    }

    /// As the store has it, whatever the configuration says meanwhile.
    @Test(arguments: ["running", "rolled_back", "stopped"])
    func thePresentTrialSaysWhereThePeriodBegins(_ state: String) async throws {
        let log = try directory.get().service()
        try await fill(log)
        let began = clock.now - .seconds(3600)
        let record = TrialRecord(
            route: "contoso", state: state, since: clock.now, startedDate: began, lookedDate: clock.now,
            reason: "failed > 2% of 50: 2 of 50", section: "another")
        #expect(try await log.keep(record))
        let report = try await TrialReport.read(log, try route(), at: clock.now + .seconds(60))
        #expect(report.beginning == .trialStart && report.since == began)
        let isRolledBack = state == "rolled_back"
        #expect((report.verdict.word == .stop) == isRolledBack, "\(report.verdict)")
        #expect(report.verdict.reason.contains("2 of 50") == isRolledBack)
    }

    @Test func whatShadowsHaveFoundIsThere() async throws {
        let log = try directory.get().service()
        #expect(try await TrialReport.read(log, try route(), at: clock.now).shadow == nil)
        _ = try await accept(log, 3, "shadow", at: clock.now)
        let report = try await TrialReport.read(log, try route("{mode: shadow}"), at: clock.now + .seconds(60))
        #expect(report.shadow?.count == 3 && report.isShadowAlone)
        #expect(report.shadow?.outcomes.map(\.state) == [.waiting])
    }
}
