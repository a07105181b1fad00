import GRDB
package import MailModel

/// A draft that nobody will send, and that is to be deleted.
package struct LeftoverDraft: Hashable, Sendable {
    package var number: Int64
    package var message: QueueID
    package var lane: LaneKey
    /// As the message had it when it came; `nil`: it had none.
    package var messageID: String?
    package var draft: RememberedDraft
    /// When its message ended, or lost sight of it.
    package var createdDate: Timestamp
}

extension EmailLog {
    /// Writes down the draft of a message in progress; returns when that is synced, so that it may be sent.
    ///
    /// - Throws: `noSuchMessage`, `wrongStatus`.
    package func keepDraft(_ draft: String, of id: QueueID) async throws(EmailLogError) {
        try await write { db in
            // One that was lost sight of before is another one, and stays behind.
            try db.run(
                """
                INSERT INTO leftover_draft (email_id, route, mailbox, message_id, draft_id, created_date, next_look_date)
                SELECT id, route, mailbox, message_id, '', claimed_date, claimed_date FROM email_log
                WHERE id = ? AND status = 'P' AND draft_id = ''
                """, [id.rawValue])
            let kept = try db.run(
                "UPDATE email_log SET draft_id = ? WHERE id = ? AND status = 'P'", [draft, id.rawValue])
            guard kept == 1 else { throw try db.refusal(of: id) }
            try db.run("DELETE FROM leftover_draft WHERE draft_id = ? AND next_look_date IS NOT NULL", [draft])
        }
    }

    /// The drafts to be looked after at `moment`, longest due first; none whose message may still be sent.
    package func leftoverDrafts(at moment: Timestamp, limit: Int) async throws(EmailLogError) -> [LeftoverDraft] {
        try await read { db in
            try db.rows(
                """
                SELECT id, email_id, route, mailbox, message_id, draft_id, created_date FROM leftover_draft
                WHERE next_look_date <= ? AND NOT EXISTS (
                    SELECT 1 FROM email_log l WHERE l.id = email_id AND l.status NOT IN ('S', 'F', 'C'))
                ORDER BY next_look_date LIMIT ?
                """, [moment.description, limit]
            ).compactMap(LeftoverDraft.init)
        }
    }

    /// When the next draft is to be looked after; `nil` where there is none.
    package func nextLeftoverDraft() async throws(EmailLogError) -> Timestamp? {
        try await read { db in
            let next = try db.row("SELECT MIN(next_look_date) FROM leftover_draft WHERE next_look_date IS NOT NULL")
            return next.flatMap { $0[0] as String? }.flatMap { Timestamp($0) }
        }
    }

    /// Records a look at a leftover draft.
    ///
    /// - Parameters:
    ///   - next: when to look again; `nil`: it is done.
    ///   - requests: that the look took of the limits.
    package func looked(
        after draft: LeftoverDraft, next: Timestamp?, requests: Int, at now: Timestamp
    ) async throws(EmailLogError) {
        let forgotten = now - .seconds(86400)
        try await write { db in
            try db.run(
                """
                UPDATE leftover_draft SET next_look_date = ?, looked_date = ?, requests = ? WHERE id = ?
                """, [next?.description, now.description, requests, draft.number])
            try db.run(
                "DELETE FROM leftover_draft WHERE next_look_date IS NULL AND looked_date < ?", [forgotten.description])
        }
    }
}

extension Database {
    /// What an attempt leaves of a draft, before its row's status changes.
    func trace(_ draft: DraftTrace, on id: QueueID) throws {
        switch draft {
        case .unchanged: break
        case .made(let name): try run("UPDATE email_log SET draft_id = ? WHERE id = ?", [name, id.rawValue])
        case .lost: try run("UPDATE email_log SET draft_id = COALESCE(draft_id, '') WHERE id = ?", [id.rawValue])
        case .used: try run("UPDATE email_log SET draft_id = NULL WHERE id = ?", [id.rawValue])
        }
    }
}

extension RememberedDraft {
    /// As a column says it.
    init?(column: String?) {
        guard let column else { return nil }
        self = column.isEmpty ? .somewhere : .named(column)
    }
}

extension LeftoverDraft {
    fileprivate init?(_ row: Row) {
        guard let mailbox = try? Address(parsing: row[3] as String), let draft = RememberedDraft(column: row[5]),
            let created = Timestamp(row[6] as String)
        else { return nil }
        number = row[0]
        message = QueueID(rawValue: row[1])
        lane = LaneKey(route: row[2], mailbox: mailbox)
        messageID = row[4]
        self.draft = draft
        createdDate = created
    }
}
