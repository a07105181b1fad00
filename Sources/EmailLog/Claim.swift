import GRDB
package import MailModel

extension EmailLog {
    /// Q → P for those of `ids` that still wait, committed before the first byte of an attempt by `path` leaves.
    ///
    /// A row that cannot be read is set aside as held with a text that says so, and stops nobody.
    /// - Returns: what was claimed, in the order given; the others are someone else's, or no longer waiting.
    package func claim(_ ids: [QueueID], path: Path, at now: Timestamp) async throws(EmailLogError) -> [QueuedMessage] {
        let claimant = claimant
        return try await write { db in
            try ids.compactMap { try db.claim($0, path: path, date: now.description, claimant: claimant) }
        }
    }

    /// - Returns: `nil` where the message does not wait (any more).
    /// - Throws: `setAside` where its row cannot be read.
    package func claim(_ id: QueueID, path: Path, at now: Timestamp) async throws(EmailLogError) -> QueuedMessage? {
        if let message = try await claim([id], path: path, at: now).first { return message }
        let isSetAside = try await read { db in
            try db.row(
                "SELECT 1 FROM email_log WHERE id = ? AND status = 'H' AND error_code = ?",
                [id.rawValue, Database.setAsideCode]) != nil
        }
        if isSetAside { throw .setAside(id) }
        return nil
    }

    /// A message that was accepted as claimed by this process.
    package func claimed(_ id: QueueID) async throws(EmailLogError) -> QueuedMessage {
        let claimant = claimant
        return try await read { db in
            let found = try db.row(
                "SELECT \(QueuedMessage.columns) FROM email_log WHERE id = ? AND status = 'P' AND claimant = ?",
                [id.rawValue, claimant])
            guard let message = found.flatMap(QueuedMessage.init) else { throw try db.refusal(of: id) }
            return message
        }
    }

    /// P → Q without an attempt: nothing was sent, because of a pause or a shutdown.
    ///
    /// - Parameters:
    ///   - path: the only path it may take from now on, where it falls back because the other cannot carry it.
    ///   - reason: what it waits for, where that is worth saying.
    package func putBack(
        _ ids: [QueueID], due: Timestamp, fallingBackTo path: Path? = nil, because reason: String? = nil
    ) async throws(EmailLogError) {
        try await write { db in
            for id in ids {
                let moved = try db.run(
                    """
                    UPDATE email_log
                    SET status = 'Q', next_attempt_date = ?, error_text = COALESCE(?, error_text),
                        via = COALESCE(?, via), fell_back = MAX(fell_back, ?),
                        claimant = NULL, claimed_date = NULL, claimed_path = NULL
                    WHERE id = ? AND status = 'P'
                    """, [due.description, reason, path?.rawValue, path == nil ? 0 : 1, id.rawValue])
                guard moved == 1 else { throw try db.refusal(of: id) }
            }
        }
    }
}

extension Database {
    fileprivate func claim(_ id: QueueID, path: Path, date: String, claimant: Int64) throws -> QueuedMessage? {
        let moved = try run(
            """
            UPDATE email_log
            SET status = 'P', next_attempt_date = NULL, claimant = ?, claimed_date = ?, claimed_path = ?
            WHERE id = ? AND status = 'Q'
            """, [claimant, date, path.rawValue, id.rawValue])
        guard moved == 1 else { return nil }
        let found = try row("SELECT \(QueuedMessage.columns) FROM email_log WHERE id = ?", [id.rawValue])
        guard var message = found.flatMap(QueuedMessage.init) else {
            try setAside(id.rawValue, because: "the row holds an address that cannot be read", at: date)
            return nil
        }
        if message.attempts > 0 { message.unresolved = try unresolvedAttempt(of: id) }
        return message
    }

    private func unresolvedAttempt(of id: QueueID) throws -> QueuedMessage.Unresolved? {
        let found = try row(
            """
            SELECT path, started_date, finished_date FROM email_attempt WHERE email_id = ? AND outcome = 'unknown'
            ORDER BY attempt DESC LIMIT 1
            """, [id.rawValue])
        guard let row = found, let path = Path(rawValue: row[0]), let started = Timestamp(row[1] as String),
            let finished = Timestamp(row[2] as String)
        else { return nil }
        return QueuedMessage.Unresolved(path: path, startedDate: started, finishedDate: finished)
    }

    /// Why a guarded statement changed nothing.
    func refusal(of id: QueueID) throws -> EmailLogError {
        guard let status = try status(of: id) else { return .noSuchMessage(id) }
        return .wrongStatus(id, status)
    }

    func status(of id: QueueID) throws -> Status? {
        try row("SELECT status FROM email_log WHERE id = ?", [id.rawValue]).flatMap { Status(rawValue: $0[0]) }
    }
}
