import Foundation
import GRDB
package import MailModel
import NIOConcurrencyHelpers

/// The SQLite file that holds the queue and is the record of every message and every attempt.
///
/// Its verbs are transitions between the statuses of `email_log`; each is one transaction, and each returns only when that
/// is synced. Times are arguments: the store has no clock.
package final class EmailLog: Sendable {
    package enum Role: Sendable {
        /// The one process that delivers: holds the lock, migrates, checkpoints.
        case service
        /// A command beside it, or without it.
        case tool
    }

    /// Bodies up to this many bytes are cheaper inside the database, larger ones as spool files.
    package static let largestInlineBody = 128 * 1024

    package let path: String
    package let role: Role
    let spool: SpoolDirectory
    let lock: LockFile
    /// Who claims messages here; see `LockFile`.
    let claimant: Int64
    let writer: GroupCommit
    private let pool: DatabasePool
    private let ids = NIOLockedValueBox(QueueIDGenerator())

    /// Opens the store, or creates it in a directory that exists.
    ///
    /// - Throws: `missingDirectory`, `notWritable`, `notADatabase`, `newerSchema`, `olderSchema`, `inUse`, `diskFull`.
    package static func open(path: String, role: Role) throws(EmailLogError) -> EmailLog {
        let log = try EmailLog(path: path, role: role)
        if role == .service { try log.sweepSpool() }
        return log
    }

    private init(path: String, role: Role) throws(EmailLogError) {
        self.path = path
        self.role = role
        try StoreFile.prepare(path)
        lock = try LockFile(path: LockFile.path(of: path))
        if role == .service, !lock.takeWhole() { throw .inUse(path: path, by: lock.holder) }
        claimant = .random(in: LockFile.claimants)
        try lock.takeClaimant(claimant)
        pool = try StoreFile.connect(path, role: role)
        try StoreFile.migrate(pool, path: path, role: role, lock: lock)
        spool = try SpoolDirectory(path: path + ".spool")
        guard let file = FileIdentity(path: path) else { throw .removed(path) }
        writer = GroupCommit(pool: pool, file: file)
    }

    /// Finishes what was begun and closes; the service empties the write-ahead log into the file.
    package func close() async throws(EmailLogError) {
        await writer.close()
        do {
            if role == .service { try await checkpoint() }
            try pool.close()
        } catch {
            throw EmailLogError(error, path: path)
        }
        if role == .service { lock.releaseWhole() }
    }

    /// Whether a service has the store.
    package var isServed: Bool { role == .service || lock.isTaken }

    private func checkpoint() async throws {
        _ = try await pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    }

    /// An id for a message that is being received at `now`.
    package func makeID(at now: Timestamp) -> QueueID {
        var random = SystemRandomNumberGenerator()
        return ids.withLockedValue { $0.next(at: now, using: &random) }
    }

    /// How many transactions were committed so far; fewer than the messages accepted, where group commit works.
    package var commits: Int { writer.commits }

    /// How many writes wait for the next transaction: grows where the disk is slower than what comes in.
    package var waitingWrites: Int { writer.waiting }

    /// A number that changes when another process has changed the store.
    package func dataVersion() async throws(EmailLogError) -> Int {
        // Asked on the writer's own connection, whose own commits do not count.
        try await write { try Int.fetchOne($0.cachedStatement(sql: "PRAGMA data_version")) ?? 0 }
    }

    /// Returns when something was written and synced.
    package func checkWritable() async throws(EmailLogError) {
        try await write { db in
            try db.run(
                """
                INSERT INTO store_probe (id, checked) VALUES (1, 1)
                ON CONFLICT (id) DO UPDATE SET checked = checked + 1
                """)
        }
    }

    @discardableResult
    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(EmailLogError)
        -> Value
    {
        do {
            return try await writer.perform(body).get()
        } catch {
            throw EmailLogError(error, path: path)
        }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(EmailLogError)
        -> Value
    {
        do {
            return try await pool.read(body)
        } catch {
            throw EmailLogError(error, path: path)
        }
    }

    private func sweepSpool() throws(EmailLogError) {
        do {
            try spool.sweep { names in
                try pool.read { db in
                    try names.filter { try db.row("SELECT 1 FROM email_body WHERE spool = ?", [$0]) == nil }
                }
            }
        } catch {
            throw EmailLogError(error, path: spool.path)
        }
    }
}

extension Database {
    /// Runs a statement that is prepared once per connection, and returns how many rows it changed.
    @discardableResult
    func run(_ sql: String, _ arguments: StatementArguments = []) throws -> Int {
        try cachedStatement(sql: sql).execute(arguments: arguments)
        return changesCount
    }

    func row(_ sql: String, _ arguments: StatementArguments = []) throws -> Row? {
        try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments)
    }

    func rows(_ sql: String, _ arguments: StatementArguments = []) throws -> [Row] {
        try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments)
    }
}
