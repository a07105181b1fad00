import GRDB
package import MailModel

/// A message as far as it counts against limits.
package struct VolumeRow: Hashable, Sendable {
    package var mailbox: String
    /// When it was accepted.
    package var date: Timestamp
    package var recipients: Int
    /// Octets.
    package var size: Int64
}

extension EmailLog {
    /// Reduces all messages of a route that were accepted from then on and not cancelled, by mailbox and then by time; only
    /// what `add` keeps of them stays in memory.
    package func volume<Result: Sendable>(
        route: String, since: Timestamp, into initial: Result,
        _ add: @escaping @Sendable (inout Result, VolumeRow) -> Void
    ) async throws(EmailLogError) -> Result {
        try await read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT mailbox, created_date, recipient_count, size FROM email_log
                    WHERE sent_date >= ?1 AND created_date >= ?1 AND route = ?2 AND status <> 'C'
                    ORDER BY mailbox, created_date
                    """, arguments: [since.description, route])
            var result = initial
            while let row = try rows.next() {
                guard let date = Timestamp(row[1] as String) else { continue }
                add(&result, VolumeRow(mailbox: row[0], date: date, recipients: row[2], size: row[3]))
            }
            return result
        }
    }

    /// How long the attempts of a route by a path took that began from then on, in the mean; `nil` where there are none.
    package func meanAttemptTime(route: String, path: Path, since: Timestamp) async throws(EmailLogError) -> Duration? {
        try await read { db in
            let row = try db.row(
                """
                SELECT AVG(a.duration_ms) FROM email_attempt a JOIN email_log l ON l.id = a.email_id
                WHERE a.finished_date >= ?1 AND a.started_date >= ?1 AND a.path = ?2 AND l.route = ?3
                """, [since.description, path.rawValue, route])
            return (row?[0] as Double?).map { .milliseconds($0) }
        }
    }
}
