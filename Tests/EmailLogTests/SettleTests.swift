import MailModel
import Testing

@testable import EmailLog

@Suite struct SettleTests {
    @Test func sent() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.inProgress)
        try await log.settle(id, .sent(keepBody: false), attempt: attempt(accepted), at: after(2))
        let row = try #require(try await log.row(id))
        #expect(row.sentDate == after(1) + .milliseconds(250) && row.latency == .milliseconds(1250))
        #expect(row.path == .graph && row.attempts == 1 && !row.fellBack)
        #expect(row.httpStatus == 202 && row.requestID == "r-1" && row.errorCode == nil && row.errorText == nil)
        await #expect(throws: EmailLogError.bodyMissing(id)) { try await log.body(of: id) }
        let expected = AttemptRow(
            emailID: id, attempt: 1, startedDate: after(1), duration: .milliseconds(250), path: .graph,
            outcome: "accepted", httpStatus: 202, requestID: "r-1")
        #expect(try await log.attempts(of: id) == [expected])
    }

    @Test func sentBodyIsKeptWhereAsked() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.sent, keepBody: true)
        #expect(try await log.body(of: id).size == 7)
    }

    @Test func failed() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.failed)
        let row = try #require(try await log.row(id))
        #expect(row.httpStatus == 400 && row.errorCode == "ErrorInvalidRecipients")
        #expect(row.errorText == "no such recipient" && row.requestID == "r-2" && row.latency == nil)
        #expect(row.hasBody, "a resend needs it")
    }

    @Test func givenUp() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.inProgress)
        try await log.settle(
            id, .failed(because: "given up after 2d: slow down"), attempt: attempt(throttled), at: after(2))
        #expect(try await log.row(id)?.errorText == "given up after 2d: slow down")
        #expect(try await log.attempts(of: id).first?.errorText == "slow down")
    }

    @Test func failedWithoutAnAttempt() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.inProgress)
        try await log.settle(id, .failed(because: "the body is gone"), attempt: nil, at: after(7))
        let row = try #require(try await log.row(id))
        #expect(row.status == .failed && row.sentDate == after(7) && row.attempts == 0)
        #expect(row.errorText == "the body is gone" && row.path == nil)
    }

    @Test func deferred() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.inProgress)
        try await log.settle(id, .retry(at: after(31), spent: false), attempt: attempt(throttled), at: after(2))
        let row = try #require(try await log.row(id))
        #expect(row.status == .queued && row.nextAttemptDate == after(31))
        #expect(row.sentDate == after(1) + .milliseconds(250), "the last attempt")
        #expect(row.httpStatus == 429 && row.errorCode == "ApplicationThrottled" && row.errorText == "slow down")
        let recorded = try await log.attempts(of: id)
        #expect(recorded.map(\.outcome) == ["throttled"] && recorded[0].retryAfter == .seconds(30))
    }

    @Test(arguments: [
        ([Path.graph, .graph], false), ([.graph, .smtp], true), ([.smtp, .graph, .graph], true), ([.graph], false),
    ])
    func changedPathFellBack(_ paths: [Path], _ fellBack: Bool) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.accept(submission())
        for path in paths {
            _ = try await log.claim(id, path: path, at: noon)
            try await log.settle(
                id, .retry(at: noon, spent: true), attempt: attempt(throttled, path: path), at: noon)
        }
        let row = try #require(try await log.row(id))
        #expect(row.fellBack == fellBack && row.path == paths.last && row.attempts == paths.count)
        #expect(try await log.attempts(of: id).map(\.attempt) == Array(1...paths.count))
    }

    @Test func fallbackAtTheFirstAttempt() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.inProgress)
        var record = attempt(accepted, path: .smtp)
        record.fellBack = true
        try await log.settle(id, .sent(keepBody: false), attempt: record, at: after(2))
        let row = try #require(try await log.row(id))
        #expect(row.fellBack)
    }

    @Test func successNeedsAnAttempt() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.inProgress)
        await #expect(throws: EmailLogError.self) {
            try await log.settle(id, .sent(keepBody: false), attempt: nil, at: after(2))
        }
        #expect(try await log.status(id) == .inProgress)
        #expect(try await log.body(of: id).size == 7)
    }

    @Test func settlingTwiceRecordsOnce() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.sent)
        await #expect(throws: EmailLogError.wrongStatus(id, .sent)) {
            try await log.settle(id, .sent(keepBody: false), attempt: attempt(accepted), at: after(2))
        }
        #expect(try await log.attempts(of: id).count == 1)
    }
}
