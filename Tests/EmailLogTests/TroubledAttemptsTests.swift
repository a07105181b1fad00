import GRDB
import MailModel
import Testing

@testable import EmailLog

@Suite struct TroubledAttemptsTests {
    private func troubles(_ log: EmailLog, since: Timestamp? = nil, route: String? = nil) async throws
        -> [TroubledAttempt]
    {
        try await log.troubledAttempts(since: since, route: route, into: []) { $0.append($1) }
    }

    @Test func inTheOrderTheyFinished() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        _ = try await log.make(.sent, at: after(5))
        let late = try await log.make(.failed, at: after(20))
        let early = try await log.make(.unknown, at: after(10))
        #expect(try await troubles(log).map(\.id) == [early, late])
        #expect(try await troubles(log, since: after(15)).map(\.id) == [late])
        #expect(try await troubles(log, since: after(21) + .milliseconds(250)).map(\.id) == [late])
        #expect(try await troubles(log, since: after(21) + .milliseconds(251)).isEmpty)
        #expect(try await troubles(log, route: "contoso").count == 2)
        #expect(try await troubles(log, route: "fabrikam").isEmpty)
    }

    @Test func whatIsKnownOfEach() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.accept(submission("1"))
        _ = try await log.claim(id, path: .smtp, at: noon)
        try await log.settle(
            id, .retry(at: after(60), spent: false), attempt: attempt(throttled, at: after(1), path: .smtp),
            at: after(2))
        let expected = TroubledAttempt(
            id: id, attempt: 1, lane: lane, path: .smtp, startedDate: after(1),
            finishedDate: after(1) + .milliseconds(250), trouble: .throttled, status: 429,
            code: "ApplicationThrottled", text: "slow down", messageStatus: .queued)
        #expect(try await troubles(log) == [expected])

        _ = try await log.claim(id, path: .graph, at: after(60))
        try await log.settle(id, .sent(keepBody: false), attempt: attempt(accepted, at: after(60)), at: after(61))
        #expect(try await troubles(log).map(\.messageStatus) == [.sent], "what became of it since")

        let refused = try await log.make(.failed, at: after(90))
        #expect(try await troubles(log, since: after(61)).map(\.id) == [refused])
        #expect(try await troubles(log).last?.requestID == "r-2")
    }

    /// A row that came from elsewhere as failed has no attempt, and so no part in this.
    @Test func onlyAttempts() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        _ = try await log.make(.failed)
        try directory.outside { try $0.execute(sql: "DELETE FROM email_attempt") }
        #expect(try await troubles(log).isEmpty)
    }

    @Test func oneThatWasCutOffHasNotEnded() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        _ = try await log.make(.inProgress)
        let later = try directory.crashImage()
        let restarted = try later.service()
        _ = try await restarted.recover(at: after(30)) { _, _ in RecoveryPolicy(.hold) }
        let found = try await troubles(restarted)
        #expect(found.map(\.hasEnded) == [false] && found.map(\.trouble) == [.unknown])
        #expect(found.map(\.finishedDate) == [after(30)] && found.map(\.messageStatus) == [.unknown])
    }
}
