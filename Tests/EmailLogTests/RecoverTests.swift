import MailModel
import Testing

@testable import EmailLog

@Suite struct RecoverTests {
    @Test func cutOffAttemptsAreUnknown() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let retried = try await log.accept(submission("0001"))
        let held = try await log.accept(submission("0002", route: "careful"))
        _ = try await log.claim(retried, path: .smtp, at: after(1))
        _ = try await log.claim(held, path: .graph, at: after(1))
        let waiting = try await log.accept(submission("0003"))

        let image = try directory.crashImage()
        let found = try image.service()
        let recovered = try await found.recover(at: after(100)) { route, _ in
            RecoveryPolicy(route == "careful" ? .hold : .retry(at: after(120)))
        }
        #expect(recovered.map(\.id) == [retried, held])
        #expect(recovered.map(\.path) == [.smtp, .graph])
        #expect(recovered.map(\.status) == [.queued, .unknown])
        let row = try #require(try await found.row(retried))
        #expect(row.nextAttemptDate == after(120) && row.attempts == 1 && row.path == .smtp)
        let due = try await found.allDue(in: LaneKey(route: row.route, mailbox: reports), at: after(120))
        #expect(due.first { $0.id == retried }?.via == .smtp, "another path might send a second copy")
        let attempt = try #require(try await found.attempts(of: retried).first)
        #expect(attempt.outcome == "unknown" && attempt.duration == nil && attempt.startedDate == after(1))
        #expect(attempt.errorText?.contains("process ended") == true)
        #expect(try await found.attempts(since: after(100)).count == 2, "they may have taken from the limits")
        #expect(try await found.claim(retried, path: .smtp, at: after(120))?.unresolved?.path == .smtp)
        #expect(try await found.row(waiting)?.attempts == 0)
        #expect(try await found.recover(at: after(200)) { _, _ in RecoveryPolicy(.hold) }.isEmpty)
    }

    @Test func theLivingAreLeftAlone() async throws {
        let directory = try TemporaryDirectory()
        let service = try directory.service()
        var tool: EmailLog? = try directory.tool()
        let own = try await service.make(.inProgress)
        let others = try await tool!.accept(submission(start: .inProgress(.graph)))
        #expect(try await service.recover(at: after(9)) { _, _ in RecoveryPolicy(.hold) }.isEmpty)
        #expect(try await service.status(others) == .inProgress)
        tool = nil
        #expect(try await service.recover(at: after(9)) { _, _ in RecoveryPolicy(.hold) }.map(\.id) == [others])
        #expect(try await service.status(own) == .inProgress)
    }

    @Test(arguments: [RecoveryPolicy.Next.retry(at: after(10)), .hold])
    func theAttemptCountsAsThePolicySays(_ next: RecoveryPolicy.Next) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.accept(submission(to: [["a@fabrikam.com", "b@fabrikam.com"]]))
        _ = try await log.claim(id, path: .graph, at: after(1))
        let image = try directory.crashImage()
        let found = try image.service()
        _ = try await found.recover(at: after(9)) { _, _ in
            RecoveryPolicy(next) { .init(requests: 305, recipients: $0, externalRecipients: $0, bytes: 100 * $1) }
        }
        let size = try #require(try await found.row(id)?.size)
        let costs = try await found.attempts(since: after(9)).map(\.cost)
        #expect(costs == [.init(requests: 305, recipients: 2, externalRecipients: 2, bytes: 100 * size)])
    }

    /// What may be in the mailbox is remembered whatever becomes of the message, and taken away once that is over.
    @Test(arguments: [false, true]) func aHeldMessageRemembersThatADraftMayBeThere(_ mayLeaveDraft: Bool) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let ids = [try await log.accept(submission("0001")), try await log.accept(submission("0002"))]
        for id in ids { _ = try await log.claim(id, path: .graph, at: after(1)) }
        let image = try directory.crashImage()
        let found = try image.service()
        _ = try await found.recover(at: after(9)) { _, _ in RecoveryPolicy(.hold, mayLeaveDraft: mayLeaveDraft) }
        let somewhere: [RememberedDraft] = mayLeaveDraft ? [.somewhere] : []
        #expect(try await found.leftoverDrafts(at: after(9999), limit: 9).isEmpty, "nobody has decided")
        _ = try await found.cancel(.ids([ids[0]]))
        #expect(try await found.leftoverDrafts(at: after(9999), limit: 9).map(\.draft) == somewhere)
        _ = try await found.resend([ids[1]], at: after(20))
        let again = try #require(try await found.claim(ids[1], path: .graph, at: after(20)))
        #expect(again.draft == somewhere.first)
        try await found.keepDraft("AAMk2", of: ids[1])
        var sent = attempt(accepted, at: after(21))
        sent.draft = .used
        try await found.settle(ids[1], .sent(keepBody: false), attempt: sent, at: after(22))
        #expect(try await found.leftoverDrafts(at: after(9999), limit: 9).map(\.draft) == somewhere + somewhere)
    }
}
