import GRDB
import NIOConcurrencyHelpers

/// The one writer: what arrives while a transaction is being synced joins the next one, so that many callers share the
/// price of one sync.
///
/// A batch runs in one transaction. If one of its jobs fails, the transaction is rolled back and every job runs again in
/// its own, so that nobody pays for another's failure; jobs must therefore be repeatable.
final class GroupCommit: Sendable {
    struct Job: Sendable {
        /// Runs inside the transaction; what it returns runs once that is committed and synced.
        let run: @Sendable (Database) throws -> @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }

    private struct Inbox {
        var jobs: [Job] = []
        var isDraining = false
        var isClosed = false
        var commits = 0
    }

    private static let largestBatch = 200

    private let pool: DatabasePool
    private let file: FileIdentity
    private let inbox = NIOLockedValueBox(Inbox())

    init(pool: DatabasePool, file: FileIdentity) {
        self.pool = pool
        self.file = file
    }

    /// How many transactions were committed so far.
    var commits: Int { inbox.withLockedValue { $0.commits } }

    /// How many jobs wait for the next transaction.
    var waiting: Int { inbox.withLockedValue { $0.jobs.count } }

    /// Runs `body` inside a transaction and returns once it is committed and synced. Never cancelled halfway.
    func perform<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async -> Result<
        Value, any Error
    > {
        await withCheckedContinuation { continuation in
            let job = Job(
                run: { db in
                    let value = try body(db)
                    return { continuation.resume(returning: .success(value)) }
                },
                fail: { continuation.resume(returning: .failure($0)) })
            if !submit(job) { job.fail(EmailLogError.closed) }
        }
    }

    /// Refuses what comes from now on, and returns when all that came before is done.
    func close() async {
        _ = await perform { _ in }
        inbox.withLockedValue { $0.isClosed = true }
        await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { db in
                self.drain(db)
                continuation.resume()
            }
        }
    }

    private func submit(_ job: Job) -> Bool {
        let (isTaken, mustStart) = inbox.withLockedValue { inbox in
            guard !inbox.isClosed else { return (false, false) }
            inbox.jobs.append(job)
            defer { inbox.isDraining = true }
            return (true, !inbox.isDraining)
        }
        if mustStart { pool.asyncWriteWithoutTransaction { self.drain($0) } }
        return isTaken
    }

    private func drain(_ db: Database) {
        while let batch = nextBatch() { commit(batch, on: db) }
    }

    private func nextBatch() -> [Job]? {
        inbox.withLockedValue { inbox in
            guard !inbox.jobs.isEmpty else {
                inbox.isDraining = false
                return nil
            }
            let batch = Array(inbox.jobs.prefix(Self.largestBatch))
            inbox.jobs.removeFirst(batch.count)
            return batch
        }
    }

    private func commit(_ batch: [Job], on db: Database) {
        do {
            let answers = try transaction(batch, on: db)
            inbox.withLockedValue { $0.commits += 1 }
            for answer in answers { answer() }
        } catch  where batch.count > 1 && !Self.speaksForAll(error) {
            for job in batch { commit([job], on: db) }
        } catch {
            for job in batch { job.fail(error) }
        }
    }

    private func transaction(_ batch: [Job], on db: Database) throws -> [@Sendable () -> Void] {
        var answers: [@Sendable () -> Void] = []
        answers.reserveCapacity(batch.count)
        try db.inTransaction(.immediate) {
            for job in batch { answers.append(try job.run(db)) }
            guard file.isInPlace else { throw EmailLogError.removed(pool.path) }
            CrashPoint.reach(.committing)
            return .commit
        }
        CrashPoint.reach(.committed)
        return answers
    }

    /// Trying one by one would meet the same trouble, and with a lock the same wait, once for every job.
    private static func speaksForAll(_ error: any Error) -> Bool {
        if case .removed? = error as? EmailLogError { return true }
        guard let code = (error as? DatabaseError)?.resultCode else { return false }
        return [.SQLITE_BUSY, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_CANTOPEN]
            .contains(code)
    }
}
