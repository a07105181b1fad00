import Foundation
import GRDB

/// Opening the database file: how SQLite is set up, and who may change the schema.
enum StoreFile {
    /// Makes the file, so that others cannot read mail in it; SQLite gives its companions the same permissions.
    static func prepare(_ path: String) throws(EmailLogError) {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw .missingDirectory(directory)
        }
        // Only a new file is opened here: closing an existing one would drop the locks other connections of this process
        // have on it (sqlite.org/howtocorrupt.html §2.2).
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            if errno == EEXIST { return }
            throw EmailLogError(errno: errno, path: path)
        }
        close(descriptor)
    }

    static func connect(_ path: String, role: EmailLog.Role) throws(EmailLogError) -> DatabasePool {
        do {
            let pool = try DatabasePool(path: path, configuration: configuration(role))
            // GRDB sets NORMAL, with which a power cut may take back what was committed.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            return pool
        } catch {
            throw EmailLogError(error, path: path)
        }
    }

    /// Only the service checkpoints: before SQLite 3.51.3, connections that checkpoint and write at the same moment can
    /// corrupt a write-ahead log (sqlite.org/wal.html, "The WAL-Reset Bug").
    private static func configuration(_ role: EmailLog.Role) -> Configuration {
        var configuration = Configuration()
        configuration.label = "postern.store"
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = role == .service ? 4 : 2
        let pages = role == .service ? 4000 : 0
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(pages)")
            try db.execute(sql: "PRAGMA cache_size = -16000")
        }
        return configuration
    }

    static func migrate(_ pool: DatabasePool, path: String, role: EmailLog.Role, lock: LockFile) throws(EmailLogError) {
        do {
            let migrator = Schema.migrator
            if try pool.read({ try migrator.hasBeenSuperseded($0) }) { throw EmailLogError.newerSchema(path: path) }
            if try pool.read({ try migrator.hasCompletedMigrations($0) }) { return }
            switch role {
            case .service: try migrator.migrate(pool)
            case .tool: try migrate(pool, path: path, with: migrator, lock: lock)
            }
        } catch {
            throw EmailLogError(error, path: path)
        }
    }

    /// A tool migrates only where no service could be surprised by it. Another process may be at it this moment.
    private static func migrate(_ pool: DatabasePool, path: String, with migrator: DatabaseMigrator, lock: LockFile)
        throws
    {
        for _ in 0..<100 {
            if lock.takeWhole() {
                defer { lock.releaseWhole() }
                return try migrator.migrate(pool)
            }
            usleep(20_000)
            if try pool.read({ try migrator.hasCompletedMigrations($0) }) { return }
        }
        throw EmailLogError.olderSchema(path: path)
    }
}
