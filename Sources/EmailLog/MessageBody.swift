import Foundation
import GRDB
package import MailModel

/// The bytes of a message as they were handed in; a large one stays in its file and is read piece by piece.
package struct MessageBody: Sendable {
    private enum Storage: Sendable {
        case bytes([UInt8])
        case file(OpenFile)
    }

    private let storage: Storage
    package let size: Int

    /// The whole body where it is in memory anyway.
    package var inline: [UInt8]? {
        if case .bytes(let bytes) = storage { bytes } else { nil }
    }

    /// Up to `count` bytes from `offset` on; fewer only at the end. Blocks on the disk; usable from any thread.
    package func read(at offset: Int, upTo count: Int) throws(EmailLogError) -> [UInt8] {
        let length = max(0, min(count, size - offset))
        switch storage {
        case .bytes(let bytes): return length == 0 ? [] : Array(bytes[offset..<offset + length])
        case .file(let file): return try file.read(at: offset, upTo: length)
        }
    }

    package init(bytes: [UInt8]) {
        storage = .bytes(bytes)
        size = bytes.count
    }

    init(file: OpenFile, size: Int) {
        storage = .file(file)
        self.size = size
    }
}

/// Where the table of bodies says that a body is.
private enum BodyPlace: Sendable {
    case bytes([UInt8])
    case spooled(name: String)
}

extension EmailLog {
    /// - Throws: `noSuchMessage`, `bodyMissing`, `bodyDamaged`.
    package func body(of id: QueueID) async throws(EmailLogError) -> MessageBody {
        let (place, size) = try await read { db in
            try Self.bodyPlace(
                """
                SELECT b.size, b.spool, b.bytes FROM email_log l LEFT JOIN email_body b ON b.id = l.body_id
                WHERE l.id = ?
                """, [id.rawValue], of: id, in: db)
        }
        return try open(place, size, of: id)
    }

    /// The same for a shadow, which holds the body by a reference of its own.
    package func body(of shadow: ClaimedShadow) async throws(EmailLogError) -> MessageBody {
        let id = shadow.original
        let (place, size) = try await read { db in
            try Self.bodyPlace(
                """
                SELECT b.size, b.spool, b.bytes FROM trial_shadow s LEFT JOIN email_body b ON b.id = s.body_id
                WHERE s.id = ?
                """, [shadow.number], of: id, in: db)
        }
        return try open(place, size, of: id)
    }

    private func open(_ place: BodyPlace, _ size: Int, of id: QueueID) throws(EmailLogError) -> MessageBody {
        switch place {
        case .bytes(let bytes):
            guard bytes.count == size else { throw .bodyDamaged(id) }
            return MessageBody(bytes: bytes)
        case .spooled(let name):
            let path = spool.path(of: name)
            // Anything but a file that is gone, such as too many open files, is trouble that passes.
            if access(path, F_OK) != 0, errno == ENOENT { throw .bodyMissing(id) }
            let file = try OpenFile(path: path, flags: O_RDONLY)
            guard try file.size() == size else { throw .bodyDamaged(id) }
            return MessageBody(file: file, size: size)
        }
    }

    private static func bodyPlace(
        _ question: String, _ arguments: StatementArguments, of id: QueueID, in db: Database
    ) throws -> (BodyPlace, size: Int) {
        guard let row = try db.row(question, arguments) else { throw EmailLogError.noSuchMessage(id) }
        guard let size: Int = row[0] else { throw EmailLogError.bodyMissing(id) }
        if let name: String = row[1] { return (.spooled(name: name), size) }
        return (.bytes(try row.withUnsafeData(atIndex: 2) { $0.map { Array($0) } ?? [] }), size)
    }
}

extension Database {
    /// Stores a body for `references` rows and returns its key.
    func insertBody(_ body: Submission.Body, references: Int) throws -> Int64 {
        let sql = "INSERT INTO email_body (size, references_left, spool, bytes) VALUES (?, ?, ?, ?)"
        func insert(spool: String?, _ bytes: UnsafeRawBufferPointer?) throws {
            try self.insert(sql) {
                $0.bind(body.size)
                $0.bind(references)
                $0.bind(spool)
                $0.bind(inPlace: bytes)
            }
        }
        switch body {
        case .bytes(let bytes): try bytes.withUnsafeBytes { try insert(spool: nil, $0) }
        case .spooled(let file): try insert(spool: file.name, nil)
        }
        return lastInsertedRowID
    }

    func retainBody(_ body: Int64) throws {
        try run("UPDATE email_body SET references_left = references_left + 1 WHERE id = ?", [body])
    }

    /// Takes one row's reference away, and the body with the last.
    ///
    /// - Returns: the spool files to delete once this is committed.
    func releaseBody(_ body: Int64?) throws -> [String] {
        guard let body, let row = try row("SELECT references_left, spool FROM email_body WHERE id = ?", [body]) else {
            return []
        }
        if row[0] > 1 {
            try run("UPDATE email_body SET references_left = references_left - 1 WHERE id = ?", [body])
            return []
        }
        try run("DELETE FROM email_body WHERE id = ?", [body])
        return (row[1] as String?).map { [$0] } ?? []
    }
}
