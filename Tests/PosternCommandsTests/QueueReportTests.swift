import DeliveryPolicy
import MailModel
import Testing

@testable import EmailLog
@testable import Postern
@testable import PosternCommands

/// How `postern queue` words what it has found.
@Suite struct QueueReportTests {
    private static let day = Rate(100, per: .seconds(86_400))
    private static let mailbox = try? Address(parsing: "a@contoso.com")

    static let reasons: [(LaneWait.Reason, Priority, String)] = [
        (.nothing, .normal, "ready to go"), (.dueDate, .high, "its next attempt is not due yet"),
        (
            .pause(.graph, Refusal(scope: .route, cause: .unauthorized, text: "secret expired")), .normal,
            "graph is paused: secret expired"
        ),
        (.missingPath(.smtp), .normal, "the route has no `smtp` section any more"),
        (.attempts, .bulk, "attempts of its mailbox are under way"),
        (.moreUrgent, .bulk, "other mail of its mailbox goes first"),
        (
            .limit(LimitUse(.messages, used: 30, of: Rate(30, per: .seconds(60)))), .bulk,
            "30 of 30/m `messages_per_mailbox` used"
        ),
        (
            .limit(LimitUse(.upload, used: 149_123_456, of: Rate(150_000_000, per: .seconds(300)))), .normal,
            "149MB of 150MB/5m `upload_per_mailbox` used"
        ),
        (.limit(LimitUse(.recipients, used: 100, of: day)), .high, "100 of 100/d `recipients_per_mailbox` used"),
        (
            .limit(LimitUse(.recipients, used: 98, of: day)), .normal,
            "98 of 100/d `recipients_per_mailbox` used; normal mail may use 98%"
        ),
        (
            .limit(LimitUse(.externalRecipients, used: 90, of: day)), .bulk,
            "90 of 100/d `external_recipients` used; bulk mail may use 90%"
        ),
    ]

    @Test(arguments: reasons) func words(_ reason: LaneWait.Reason, _ priority: Priority, _ text: String) {
        #expect(reason.words(for: priority) == text)
    }

    @Test func asJSON() throws {
        var report = QueueReport()
        report.isServed = true
        report.quotas = [
            QuotaUse(route: "contoso", mailbox: Self.mailbox, LimitUse(.recipients, used: 81, of: Self.day))
        ]
        let use = LimitUse(.recipients, used: 90, of: Self.day)
        let moment = Timestamp("2026-11-21 12:00:00")
        var lane = QueueReport.Lane(summary: LaneSummary(route: "contoso", mailbox: "a@contoso.com"))
        lane.summary.counts = [.queued: 3]
        lane.waiting = [
            .init(
                priority: .bulk, messages: 3, recipients: 9,
                waits: [.init(queue: .free, reason: .limit(use), until: moment)])
        ]
        (lane.nextStart, lane.timeToDrain) = (moment, .seconds(90))
        report.lanes = [lane]
        let text = report.json([]).written()
        for part in [
            #""service": true"#, #""next_start_date": "2026-11-21 12:00:00.000""#, #""drain_seconds": 90"#,
            #""priority": "bulk""#, #""reason": "recipients_per_mailbox""#, #""percent": 81"#,
            #""window_seconds": 86400"#, #""messages": []"#,
        ] { #expect(text.contains(part), "\(part) in \(text)") }
    }
}
