import GRDB
package import MailModel

/// What of one priority waits in a lane.
package struct LaneBacklog: Hashable, Sendable {
    package var lane: LaneKey
    package var priority: Priority
    package var messages: Int
    /// In all; of a long queue as its beginning lets expect.
    package var recipients: Int
    /// Octets; the same.
    package var size: Int
}

/// A message that is being attempted.
package struct RowInProgress: Hashable, Sendable {
    package var id: QueueID
    package var lane: LaneKey
    package var path: Path
    package var priority: Priority
    package var recipientCount: Int
    package var size: Int
}

extension EmailLog {
    /// What waits, by lane and priority. Counts come from the index alone; sums from the first `sample` rows of each.
    package func backlogs(sample: Int = 10_000) async throws(EmailLogError) -> [LaneBacklog] {
        try await read { db in
            try db.rows(
                """
                SELECT route, mailbox, priority, COUNT(*) FROM email_log INDEXED BY email_log_due
                WHERE status = 'Q' GROUP BY route, mailbox, priority
                """
            ).compactMap { try db.backlog($0, sample: sample) }
        }
    }

    /// Whom the next messages of a lane are for; what cannot be read is missing.
    package func waitingRecipients(in lane: LaneKey, _ priority: Priority, limit: Int)
        async throws(EmailLogError) -> [[Address]]
    {
        try await read { db in
            try db.rows(
                """
                SELECT recipients FROM email_log INDEXED BY email_log_due
                WHERE status = 'Q' AND route = ? AND mailbox = ? AND priority = ? LIMIT ?
                """, [lane.route, lane.mailbox.description, priority.rawValue, limit]
            ).compactMap { JSONArray.decode($0[0]) }
        }
    }

    /// By whichever process.
    package func rowsInProgress() async throws(EmailLogError) -> [RowInProgress] {
        try await read { db in
            try db.rows(
                """
                SELECT id, route, mailbox, claimed_path, priority, recipient_count, size FROM email_log
                WHERE status = 'P' AND status IN ('P', 'H', 'U') ORDER BY id
                """
            ).compactMap(RowInProgress.init)
        }
    }
}

extension Database {
    fileprivate func backlog(_ row: Row, sample: Int) throws -> LaneBacklog? {
        guard let mailbox = try? Address(parsing: row[1] as String), let priority = Priority(rawValue: row[2]) else {
            return nil
        }
        let count: Int = row[3]
        let sums = try self.row(
            """
            SELECT COUNT(*), SUM(recipient_count), SUM(size) FROM (
                SELECT recipient_count, size FROM email_log INDEXED BY email_log_due
                WHERE status = 'Q' AND route = ? AND mailbox = ? AND priority = ? LIMIT ?)
            """, [row[0] as String, row[1] as String, priority.rawValue, sample])
        guard let sums, let sampled = sums[0] as Int?, sampled > 0 else { return nil }
        func inAll(_ sum: Int) -> Int { sampled < count ? Int(Double(sum) * Double(count) / Double(sampled)) : sum }
        return LaneBacklog(
            lane: LaneKey(route: row[0], mailbox: mailbox), priority: priority, messages: count,
            recipients: inAll(sums[1]), size: inAll(sums[2]))
    }
}

extension RowInProgress {
    fileprivate init?(_ row: Row) {
        guard let mailbox = try? Address(parsing: row[2] as String), let path = Path(rawValue: row[3]),
            let priority = Priority(rawValue: row[4])
        else { return nil }
        id = QueueID(rawValue: row[0])
        lane = LaneKey(route: row[1], mailbox: mailbox)
        self.path = path
        self.priority = priority
        recipientCount = row[5]
        size = row[6]
    }
}
