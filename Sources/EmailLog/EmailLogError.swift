import Foundation
import GRDB
package import MailModel

/// What can go wrong with the store; each case reads as a sentence that says what, where, and what to do.
package enum EmailLogError: Error, Hashable, Sendable {
    case missingDirectory(String)
    case notWritable(path: String, reason: String)
    case notADatabase(path: String)
    /// The file was written by a later version of Postern.
    case newerSchema(path: String)
    /// The file has no (or an older) schema, and the process that may change it holds it.
    case olderSchema(path: String)
    /// Another service has the file; its process id where it could be read.
    case inUse(path: String, by: Int32?)
    /// The file was deleted, or another put in its place, while it was open.
    case removed(String)
    case diskFull(String)
    /// Another process kept the write lock beyond the busy time-out.
    case busy
    /// The disk failed: what was being written may or may not be there after a restart.
    case inputOutput(String)
    /// What is read is not what SQLite wrote.
    case damaged(String)
    /// The message's row cannot be read; it waits for an operator.
    case setAside(QueueID)
    case duplicateID(QueueID)
    case noSuchMessage(QueueID)
    /// The verb is not for a message in this status.
    case wrongStatus(QueueID, Status)
    /// The parts given do not hold each recipient of the row exactly once.
    case partsDoNotMatch(QueueID)
    case bodyMissing(QueueID)
    /// The stored body is shorter or longer than was recorded.
    case bodyDamaged(QueueID)
    case closed
    case other(String)

    /// Room is short: an SMTP server answers 452 instead of 451 (RFC 5321 §4.2.3).
    package var isStorageFull: Bool {
        if case .diskFull = self { true } else { false }
    }
}

extension EmailLogError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missingDirectory(let path): "the directory \(path) does not exist: create it and let the service own it"
        case .notWritable(let path, let reason):
            "\(path) cannot be written (\(reason)): check its owner and permissions"
        case .notADatabase(let path): "\(path) is not a SQLite database: choose another file for `store`"
        case .newerSchema(let path): "\(path) was written by a newer version of Postern: install that version"
        case .olderSchema(let path):
            "\(path) was written by an older version of Postern that still runs: restart the service first"
        case .inUse(let path, let pid):
            "\(path) is in use by another service\(pid.map { ", process \($0)" } ?? ""): stop it, or choose another `store`"
        case .removed(let path): "\(path) was removed or replaced while it was open: restart the service"
        case .diskFull(let what): "no room on the disk (\(what)): free some space"
        case .busy: "another process kept the store locked for too long: end long transactions on it"
        case .inputOutput(let what): "the disk failed (\(what)): check it, and the system's log"
        case .damaged(let what):
            "the store is damaged (\(what)): stop the service, keep a copy, and save what can be read with `sqlite3 FILE .recover`"
        case .setAside(let id): "message \(id) is set aside: its row holds what cannot be read"
        case .duplicateID(let id): "there is a message \(id) already"
        case .noSuchMessage(let id): "there is no message \(id)"
        case .wrongStatus(let id, let status): "message \(id) is \(status.word)"
        case .partsDoNotMatch(let id): "the parts of message \(id) do not hold each of its recipients once"
        case .bodyMissing(let id): "the body of message \(id) is gone"
        case .bodyDamaged(let id): "the stored body of message \(id) is damaged"
        case .closed: "the store is closed"
        case .other(let what): what
        }
    }
}

extension EmailLogError {
    /// Reads what GRDB and SQLite threw.
    init(_ error: any Error, path: String) {
        if let known = error as? EmailLogError {
            self = known
        } else if let failure = error as? DatabaseError {
            self.init(failure, path: path)
        } else {
            self = .other(error is CancellationError ? "the read was cancelled" : "\(path): \(error)")
        }
    }

    private init(_ failure: DatabaseError, path: String) {
        let words = failure.message ?? failure.resultCode.description
        switch failure.resultCode {
        case .SQLITE_FULL: self = .diskFull(words)
        case .SQLITE_IOERR: self = .inputOutput("\(words), code \(failure.extendedResultCode.rawValue)")
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM: self = .notWritable(path: path, reason: words)
        case .SQLITE_CORRUPT: self = .damaged("\(path): \(words)")
        case .SQLITE_NOTADB: self = .notADatabase(path: path)
        default: self = .other("\(path): \(words)")
        }
    }

    /// From `errno`, after a call on `path` failed.
    init(errno code: CInt, path: String) {
        let words = "\(path): \(String(cString: strerror(code)))"
        switch code {
        case ENOSPC, EDQUOT: self = .diskFull(words)
        case EACCES, EPERM, EROFS, EISDIR, ENOENT, ENOTDIR:
            self = .notWritable(path: path, reason: String(cString: strerror(code)))
        default: self = .inputOutput(words)
        }
    }
}
