import GRDB
import MailModel
import Testing

@testable import EmailLog

/// Drafts that are remembered, and those that are left behind.
@Suite struct DraftMemoryTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private let refused = Outcome.rejected(Refusal(scope: .message, cause: .rejected, text: "no"))
    private let accepted = Outcome.accepted(Receipt(status: 202))

    private func record(_ outcome: Outcome, by path: Path = .graph, _ draft: DraftTrace = .unchanged) -> AttemptRecord {
        var record = AttemptRecord(
            startedDate: after(1), duration: .seconds(1), path: path, outcome: outcome,
            cost: .init(recipients: 1, bytes: 10))
        record.draft = draft
        return record
    }

    private func claimed(_ log: EmailLog) async throws -> QueueID {
        let id = try await log.accept(submission())
        _ = try await log.claim(id, path: .graph, at: after(1))
        return id
    }

    private func draft(_ id: QueueID, in log: EmailLog) async throws -> String? {
        try await log.read { db in
            try db.row("SELECT draft_id FROM email_log WHERE id = ?", [id.rawValue]).flatMap { $0[0] as String? }
        }
    }

    @Test func aDraftIsRememberedAcrossADeath() async throws {
        let log = try directory.service()
        let id = try await claimed(log)
        try await log.keepDraft("AAMk1", of: id)
        let image = try directory.crashImage()
        let found = try image.service()
        _ = try await found.recover(at: after(9)) { _, _ in RecoveryPolicy(.retry(at: after(10)), mayLeaveDraft: true) }
        let message = try #require(try await found.claim(id, path: .graph, at: after(10)))
        #expect(message.draft == .named("AAMk1"))
        #expect(message.unresolved?.finishedDate == after(9))
    }

    @Test func aDraftThatMayHaveBeenMadeIsRememberedAsSuch() async throws {
        let log = try directory.service()
        let ids = [try await claimed(log), try await claimed(log)]
        let image = try directory.crashImage()
        let found = try image.service()
        _ = try await found.recover(at: after(9)) { _, _ in RecoveryPolicy(.retry(at: after(10)), mayLeaveDraft: true) }
        #expect(try await found.claim(ids, path: .graph, at: after(10)).map(\.draft) == [.somewhere, .somewhere])
    }

    @Test func onlyAMessageInProgressHasADraftToKeep() async throws {
        let log = try directory.service()
        let id = try await log.accept(submission())
        await #expect(throws: EmailLogError.wrongStatus(id, .queued)) { try await log.keepDraft("AAMk1", of: id) }
        #expect(try await draft(id, in: log) == nil)
    }

    private static let traces: [(before: String?, DraftTrace, after: String?)] = [
        (nil, .unchanged, nil), (nil, .made(id: "n"), "n"), (nil, .lost, ""), (nil, .used, nil),
        ("d", .unchanged, "d"), ("d", .made(id: "n"), "n"), ("d", .lost, "d"), ("d", .used, nil),
        ("", .unchanged, ""), ("", .made(id: "n"), "n"), ("", .lost, ""), ("", .used, nil),
    ]

    @Test(arguments: traces.indices) func whatAnAttemptLeaves(_ index: Int) async throws {
        let row = Self.traces[index]
        let log = try directory.service()
        let id = try await claimed(log)
        try await log.write { db in
            try db.run("UPDATE email_log SET draft_id = ? WHERE id = ?", [row.before, id.rawValue])
        }
        let waits = Outcome.deferred(Refusal(scope: .message, cause: .unavailable, text: "later"), retryAfter: nil)
        try await log.settle(id, .retry(at: after(60), spent: true), attempt: record(waits, row.1), at: after(2))
        #expect(try await draft(id, in: log) == row.after)
        #expect(try await log.leftoverDrafts(at: after(99999), limit: 9).isEmpty, "it may be sent yet")
    }

    @Test func aDraftThatWasSentLeavesNothing() async throws {
        let log = try directory.service()
        let id = try await claimed(log)
        try await log.keepDraft("AAMk1", of: id)
        try await log.settle(id, .sent(keepBody: false), attempt: record(accepted, .used), at: after(2))
        #expect(try await log.leftoverDrafts(at: after(99999), limit: 9).isEmpty)
        #expect(try await log.nextLeftoverDraft() == nil)
    }

    @Test func aMessageThatFailsLeavesItsDraft() async throws {
        let log = try directory.service()
        let id = try await claimed(log)
        try await log.keepDraft("AAMk1", of: id)
        try await log.settle(id, .failed(because: nil), attempt: record(refused), at: after(2))
        let left = try #require(try await log.leftoverDrafts(at: after(2), limit: 9).first)
        #expect(left.message == id && left.draft == .named("AAMk1") && left.lane.mailbox == reports)
        #expect(left.createdDate == after(2))
        #expect(try await draft(id, in: log) == nil, "nobody is to send it any more")
        #expect(try await log.nextLeftoverDraft() == after(2))
    }

    /// What waits in Drafts to be sent is not to be taken away.
    @Test func aMessageThatWentAnotherWayLeavesItsDraftForAnHour() async throws {
        let log = try directory.service()
        let id = try await claimed(log)
        try await log.keepDraft("AAMk1", of: id)
        try await log.settle(id, .sent(keepBody: false), attempt: record(accepted, by: .smtp), at: after(2))
        #expect(try await log.leftoverDrafts(at: after(3601), limit: 9).isEmpty)
        #expect(try await log.leftoverDrafts(at: after(3602), limit: 9).map(\.draft) == [.named("AAMk1")])
    }

    @Test func aCancelledAndAnExpiredMessageLeaveTheirs() async throws {
        let log = try directory.service()
        let ids = [try await claimed(log), try await claimed(log)]
        for (index, id) in ids.enumerated() {
            try await log.keepDraft("AAMk\(index)", of: id)
            try await log.putBack([id], due: after(2))
        }
        _ = try await log.cancel(.ids([ids[0]]))
        let lane = LaneKey(route: try #require(try await log.row(ids[1])).route, mailbox: reports)
        _ = try await log.expire(lane, .free, waitingSince: after(9), because: "too late", at: after(9), limit: 9)
        let left = try await log.leftoverDrafts(at: after(9), limit: 9)
        #expect(Set(left.map(\.draft)) == [.named("AAMk0"), .named("AAMk1")])
        #expect(try await log.leftoverDrafts(at: after(9), limit: 1).count == 1)
    }

    /// Its message may find it, and send it.
    @Test func aDraftOfAMessageThatWaitsAgainIsLeftAlone() async throws {
        let log = try directory.service()
        let id = try await claimed(log)
        try await log.keepDraft("AAMk1", of: id)
        try await log.settle(id, .failed(because: nil), attempt: record(refused), at: after(2))
        _ = try await log.resend([id], at: after(3))
        #expect(try await log.leftoverDrafts(at: after(4), limit: 9).isEmpty)
        _ = try await log.claim(id, path: .graph, at: after(4))
        try await log.keepDraft("AAMk1", of: id)
        try await log.settle(id, .sent(keepBody: false), attempt: record(accepted, .used), at: after(5))
        #expect(try await log.leftoverDrafts(at: after(99999), limit: 9).isEmpty, "it was sent")
    }

    @Test func aDraftThatWasLostSightOfStaysBehindANewOne() async throws {
        let log = try directory.service()
        let id = try await claimed(log)
        let lost = Outcome.deferred(Refusal(scope: .route, cause: .unavailable, text: "lost"), retryAfter: nil)
        try await log.settle(id, .retry(at: after(2), spent: true), attempt: record(lost, .lost), at: after(2))
        _ = try await log.claim(id, path: .graph, at: after(3))
        try await log.keepDraft("AAMk2", of: id)
        try await log.settle(id, .sent(keepBody: false), attempt: record(accepted, .used), at: after(4))
        #expect(try await log.leftoverDrafts(at: after(4), limit: 9).map(\.draft) == [.somewhere])
    }

    @Test func looksAreRememberedAndCount() async throws {
        let log = try directory.service()
        let id = try await claimed(log)
        try await log.keepDraft("AAMk1", of: id)
        try await log.settle(id, .failed(because: nil), attempt: record(refused), at: after(2))
        let left = try #require(try await log.leftoverDrafts(at: after(2), limit: 9).first)
        try await log.looked(after: left, next: after(600), requests: 2, at: after(3))
        #expect(try await log.leftoverDrafts(at: after(599), limit: 9).isEmpty)
        #expect(try await log.leftoverDrafts(at: after(600), limit: 9).count == 1)
        let spent = try await log.attempts(since: after(3))
        #expect(spent.map(\.cost) == [.init(requests: 2, recipients: 0, bytes: 0)])
        #expect(spent.map(\.finishedDate) == [after(3)] && spent.map(\.path) == [.graph])
        try await log.looked(after: left, next: nil, requests: 1, at: after(601))
        #expect(try await log.nextLeftoverDraft() == nil)
        #expect(try await log.attempts(since: after(601)).map(\.cost.requests) == [1])
        // A day later nobody asks any more.
        try await log.looked(after: left, next: nil, requests: 1, at: after(601 + 86_401))
        #expect(try await log.attempts(since: after(4)).map(\.finishedDate) == [after(601 + 86_401)])
    }

    @Test func anAcceptedMessageSaysHowItWasFound() async throws {
        let log = try directory.service()
        let id = try await claimed(log)
        var found = record(.accepted(Receipt(status: 200)))
        found.note = "it was there"
        try await log.settle(id, .sent(keepBody: false), attempt: found, at: after(2))
        #expect(try await log.attempts(of: id).map(\.errorText) == ["it was there"])
        #expect(try await log.row(id)?.errorText == nil)
    }
}
