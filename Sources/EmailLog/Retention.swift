import GRDB
package import MailModel

/// How long what is kept.
package struct Retention: Hashable, Sendable {
    /// Bodies of sent mail, from when it was sent.
    package var bodies: Duration
    /// Bodies of failed mail, from when it failed.
    package var failedBodies: Duration
    /// Rows of `email_log` in a final status, with their attempts.
    package var log: Duration

    package init(bodies: Duration, failedBodies: Duration, log: Duration) {
        self.bodies = bodies
        self.failedBodies = failedBodies
        self.log = log
    }
}

/// What a sweep removed.
package struct SweepReport: Hashable, Sendable {
    package var bodies = 0
    package var rows = 0
}

extension EmailLog {
    /// Removes what is older than `retention` says, in transactions of bounded length. Mail that may still be sent is kept
    /// however old it is.
    package func sweep(_ retention: Retention, at now: Timestamp) async throws(EmailLogError) -> SweepReport {
        var report = SweepReport()
        report.bodies += try await sweepBodies(of: .sent, before: now - retention.bodies)
        report.bodies += try await sweepBodies(of: .failed, before: now - retention.failedBodies)
        report.rows = try await sweepRows(before: now - retention.log)
        return report
    }

    private static let chunk = 200

    private func sweepBodies(of status: Status, before date: Timestamp) async throws(EmailLogError) -> Int {
        try await repeatInChunks { db in
            let rows = try db.rows(
                """
                SELECT id, body_id FROM email_log
                WHERE body_id IS NOT NULL AND status IN ('S', 'F') AND status = ? AND sent_date < ? LIMIT ?
                """, [status.rawValue, date.description, Self.chunk])
            return try (rows.count, rows.flatMap { try db.dropBody($0[1], of: $0[0]) })
        }
    }

    private func sweepRows(before date: Timestamp) async throws(EmailLogError) -> Int {
        try await repeatInChunks { db in
            let rows = try db.rows(
                """
                SELECT id, body_id FROM email_log
                WHERE status IN ('S', 'F', 'C') AND sent_date < ? ORDER BY sent_date LIMIT ?
                """, [date.description, Self.chunk])
            let released = try rows.flatMap { try db.dropBody($0[1], of: $0[0]) }
            for row in rows { try db.run("DELETE FROM email_log WHERE id = ?", [row[0] as String]) }
            return (rows.count, released)
        }
    }

    private func repeatInChunks(_ step: @escaping @Sendable (Database) throws -> (count: Int, released: [String]))
        async throws(EmailLogError) -> Int
    {
        var total = 0
        while true {
            let (count, released) = try await write(step)
            spool.remove(released)
            total += count
            if count < Self.chunk { return total }
        }
    }
}

extension Database {
    fileprivate func dropBody(_ body: Int64?, of id: String) throws -> [String] {
        guard body != nil else { return [] }
        try run("UPDATE email_log SET body_id = NULL WHERE id = ?", [id])
        return try releaseBody(body)
    }
}
