import MailModel
import Testing

@testable import EmailLog

@Suite struct QueueSummaryTests {
    @Test func lanes() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        for status in Status.allCases { _ = try await log.make(status, at: after(3)) }
        _ = try await log.make(.queued, at: after(1))
        let held = try await log.accept(submission(at: after(2), mailbox: address("sales@contoso.com"), start: .held))
        let summary = try await log.queueSummary()
        #expect(summary.map(\.mailbox) == ["reports@contoso.com", "sales@contoso.com"])
        #expect(summary[0].counts == [.queued: 2, .inProgress: 1, .held: 1, .unknown: 1])
        #expect(summary[0].oldestQueuedDate == after(1) && summary[0].nextAttemptDate == after(1))
        #expect(summary[1].counts == [.held: 1] && summary[1].oldestQueuedDate == nil)
        _ = try await log.cancel(.ids([held]))
        #expect(try await log.queueSummary().count == 1)
    }
}
