import GRDB
import MailModel
import Testing

@testable import EmailLog

/// What waits, in numbers.
@Suite struct LaneBacklogTests {
    private let sales = address("sales@contoso.com")

    private func log(in directory: TemporaryDirectory) async throws -> EmailLog {
        let log = try directory.service()
        for number in 0..<6 {
            let recipients = (0...number).map { "r\($0)@fabrikam.com" }
            _ = try await log.accept(submission("n\(number)", at: after(number), to: [recipients]))
        }
        _ = try await log.accept(submission("h", priority: .high, via: .smtp))
        _ = try await log.accept(submission("s", mailbox: sales, priority: .bulk))
        for status in Status.allCases where status != .queued { _ = try await log.make(status) }
        return log
    }

    @Test func countsAndSumsByLaneAndPriority() async throws {
        let directory = try TemporaryDirectory()
        let log = try await log(in: directory)
        let backlogs = try await log.backlogs()
        #expect(
            Set(backlogs) == [
                LaneBacklog(lane: lane, priority: .normal, messages: 6, recipients: 21, size: 42),
                LaneBacklog(lane: lane, priority: .high, messages: 1, recipients: 1, size: 7),
                LaneBacklog(
                    lane: LaneKey(route: "contoso", mailbox: sales), priority: .bulk, messages: 1, recipients: 1,
                    size: 7),
            ])
    }

    /// The first two have one and two recipients.
    @Test func aLongQueueIsJudgedByItsBeginning() async throws {
        let directory = try TemporaryDirectory()
        let log = try await log(in: directory)
        let normal = try await log.backlogs(sample: 2).first { $0.priority == .normal }
        #expect(normal?.messages == 6 && normal?.recipients == 9 && normal?.size == 42)
    }

    @Test func anEmptyQueueHasNone() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        #expect(try await log.backlogs().isEmpty)
        #expect(try await log.rowsInProgress().isEmpty)
        #expect(try await log.waitingRecipients(in: lane, .normal, limit: 5).isEmpty)
    }

    @Test func recipientsOfTheFirst() async throws {
        let directory = try TemporaryDirectory()
        let log = try await log(in: directory)
        let recipients = try await log.waitingRecipients(in: lane, .normal, limit: 2)
        #expect(recipients.map(\.count) == [1, 2])
        #expect(try await log.waitingRecipients(in: lane, .bulk, limit: 2).isEmpty)
    }

    @Test func whatIsUnderWay() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        _ = try await log.accept(
            submission("p", to: [["a@fabrikam.com", "b@fabrikam.com"]], priority: .high, start: .inProgress(.smtp)))
        _ = try await log.make(.held)
        #expect(
            try await log.rowsInProgress() == [
                RowInProgress(
                    id: QueueID(rawValue: "p"), lane: lane, path: .smtp, priority: .high, recipientCount: 2, size: 7)
            ])
    }

    /// A million rows wait: they are counted from the index alone.
    @Test func countingReadsTheIndexAlone() async throws {
        let directory = try TemporaryDirectory()
        try await directory.service().close()
        let plan = try directory.outside { db in
            try Row.fetchAll(
                db,
                sql: """
                    EXPLAIN QUERY PLAN SELECT route, mailbox, priority, COUNT(*) FROM email_log INDEXED BY email_log_due
                    WHERE status = 'Q' GROUP BY route, mailbox, priority
                    """
            ).map { $0["detail"] as String }
        }
        #expect(plan.count == 1 && plan[0].contains("USING COVERING INDEX email_log_due"), "\(plan)")
    }
}
