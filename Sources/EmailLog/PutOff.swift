import GRDB
package import MailModel

/// What becomes of single rows that wait for room in a limit that several lanes share.
extension EmailLog {
    /// Says on waiting rows what they wait for, and makes each due at its moment. Others are left alone.
    package func postpone(_ moments: [(id: QueueID, until: Timestamp)], because reason: String)
        async throws(EmailLogError)
    {
        try await write { db in
            for (id, until) in moments {
                try db.run(
                    "UPDATE email_log SET error_text = ?, next_attempt_date = ? WHERE id = ? AND status = 'Q'",
                    [reason, until.description, id.rawValue])
            }
        }
    }

    /// The envelopes' recipients; a row that is gone, or whose recipients cannot be read, is missing.
    package func recipients(of ids: [QueueID]) async throws(EmailLogError) -> [QueueID: [Address]] {
        try await read { db in
            var all: [QueueID: [Address]] = [:]
            for id in ids {
                let row = try db.row("SELECT recipients FROM email_log WHERE id = ?", [id.rawValue])
                all[id] = row.flatMap { JSONArray.decode($0[0]) }
            }
            return all
        }
    }
}
