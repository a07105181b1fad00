import GRDB
import MailModel
import Testing

@testable import EmailLog

@Suite struct GroupCommitTests {
    @Test func manyCallersShareFewCommits() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        // The writer is busy until all callers wait for it, so that how many share a commit is no matter of luck.
        let gate = Gate()
        async let first: Void = log.write { _ in gate.wait() }
        await gate.arrival()
        let ids = try await withThrowingTaskGroup(of: QueueID.self) { group in
            for number in 0..<500 {
                group.addTask {
                    try await log.accept(submission(at: after(number), body: .bytes([UInt8(number % 256)])))
                }
            }
            while log.waitingWrites < 500 { await Task.yield() }
            gate.open()
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        try await first
        #expect(ids.count == 500)
        #expect(log.commits <= 1 + 3)
        let stored = try directory.outside { db in
            try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM email_log JOIN email_body b ON b.id = body_id")
        }
        #expect(stored == 500)
    }

    @Test func oneFailureIsNobodyElses() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        _ = try await log.accept(submission("taken"))
        let gate = Gate()
        async let first: Void = log.write { _ in gate.wait() }
        await gate.arrival()
        let names = ["a", "b", "taken", "c", "taken", "d"]
        let failures = await withTaskGroup(of: EmailLogError?.self) { group in
            for name in names {
                group.addTask {
                    do throws(EmailLogError) {
                        _ = try await log.accept(submission(name))
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            while log.waitingWrites < names.count { await Task.yield() }
            gate.open()
            return await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
        }
        try await first
        let duplicate = EmailLogError.duplicateID(QueueID(rawValue: "taken"))
        #expect(failures == [duplicate, duplicate])
        #expect(try await Set(log.rows(LogFilter()).map(\.id.rawValue)) == ["a", "b", "c", "d", "taken"])
        let bodies = try directory.outside { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM email_body") }
        #expect(bodies == 5, "the bodies of refused messages are rolled back")
    }

    @Test func fullDiskIsToldAndOvercome() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        try await log.write { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count")!
            try db.execute(sql: "PRAGMA max_page_count = \(pages + 2)")
        }
        let large = Submission.Body.bytes([UInt8](repeating: 7, count: 100_000))
        await #expect {
            try await log.accept(submission("large", body: large))
        } throws: {
            ($0 as? EmailLogError)?.isStorageFull == true
        }
        #expect(try await log.row(QueueID(rawValue: "large")) == nil)
        _ = try await log.accept(submission("small"))
        try await log.write { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
        _ = try await log.accept(submission("large", body: large))
        #expect(try await log.body(of: QueueID(rawValue: "large")).size == 100_000)
    }

    @Test func closedStoreRefuses() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        try await log.close()
        await #expect(throws: EmailLogError.closed) { try await log.accept(submission()) }
    }

    @Test func closeFinishesWhatWasBegun() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let gate = Gate()
        async let first: Void = log.write { _ in gate.wait() }
        await gate.arrival()
        async let pending = log.accept(submission("pending"))
        while log.waitingWrites < 1 { await Task.yield() }
        async let closed: Void = log.close()
        gate.open()
        _ = try await (first, pending, closed)
        let reopened = try directory.service()
        #expect(try await reopened.status(QueueID(rawValue: "pending")) == .queued)
    }
}
