import GRDB
import MailModel
import Testing

@testable import EmailLog

@Suite struct ResendTests {
    @Test func twiceDoublesNothing() async throws {
        let directory = try TemporaryDirectory()
        let (log, tool) = (try directory.service(), try directory.tool())
        let id = try await log.make(.failed)
        #expect(try await tool.resend([id], at: after(60)).requeued == [id])
        let second = try await tool.resend([id], at: after(61))
        #expect(second.requeued.isEmpty && second.refused == [.init(id: id, error: .wrongStatus(id, .queued))])
        let row = try #require(try await log.row(id))
        #expect(row.nextAttemptDate == after(60) && row.attempts == 1)
        #expect(try await log.rows(LogFilter()).count == 1)
    }

    @Test func retryClockStartsAnew() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.inProgress)
        try await log.settle(id, .retry(at: after(5), spent: true), attempt: attempt(throttled), at: after(2))
        _ = try await log.claim(id, path: .graph, at: after(5))
        try await log.settle(id, .failed(because: nil), attempt: attempt(rejected, at: after(5)), at: after(6))
        _ = try await log.resend([id], via: .smtp, at: after(60))
        let message = try #require(try await log.claim(id, path: .smtp, at: after(60)))
        #expect(message.retries == 0 && message.attempts == 2 && message.via == .smtp)
        #expect(message.waitingSince == after(60) && message.createdDate == noon)
    }

    @Test func sentOnlyAgainAsANewRow() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.sent, keepBody: true)
        #expect(try await log.resend([id], at: after(60)).refused == [.init(id: id, error: .wrongStatus(id, .sent))])
        let report = try await log.resend([id], again: true, at: after(60))
        let copy = try #require(report.repeated[id])
        let row = try #require(try await log.row(copy))
        #expect(row.status == .queued && row.resendOf == id && row.createdDate == after(60) && row.attempts == 0)
        #expect(row.subject == "Weekly figures" && row.recipients == ["ann@fabrikam.com"])
        #expect(try await log.status(id) == .sent)
        _ = try await log.claim(copy, path: .graph, at: after(60))
        try await log.settle(copy, .sent(keepBody: false), attempt: attempt(accepted, at: after(61)), at: after(61))
        #expect(try await log.body(of: id).size == 7, "the first row keeps its share of the body")
    }

    @Test(arguments: [Status.sent, .failed, .unknown])
    func withoutABodyItIsRefused(_ status: Status) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(status, keepBody: false)
        let none = Retention(bodies: .zero, failedBodies: .zero, log: .seconds(9_000))
        _ = try await log.sweep(none, at: after(600))
        let report = try await log.resend([id], again: true, at: after(601))
        // What may still be sent keeps its body, whatever the retention.
        let expected = status == .unknown ? [] : [OperatorReport.Refusal(id: id, error: .bodyMissing(id))]
        #expect(report.refused == expected)
    }

    @Test func dryRunChangesNothing() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let (failed, queued) = (try await log.make(.failed), try await log.make(.queued))
        let report = try await log.resend([failed, queued], at: after(60), dryRun: true)
        #expect(report.requeued == [failed] && report.refused.map(\.id) == [queued])
        #expect(try await log.status(failed) == .failed)
    }

    /// Where an answer was lost, another path might send a second copy that nobody could tell from the first.
    @Test func anUnknownOutcomeStaysOnItsPathUnlessToldOtherwise() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let lost = Outcome.unknown(Refusal(scope: .message, cause: .unavailable, text: "no answer"))
        for (id, via, expected) in [("0001", Path?.none, Path.smtp), ("0002", .graph, .graph)] {
            let id = try await log.accept(submission(id, via: .smtp))
            _ = try await log.claim(id, path: .smtp, at: noon)
            try await log.settle(id, .unknown, attempt: attempt(lost, at: noon, path: .smtp), at: noon)
            _ = try await log.resend([id], via: via, at: after(9))
            #expect(try await log.claim(id, path: expected, at: after(9))?.via == expected)
        }
    }
}
