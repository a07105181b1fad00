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
        try await sweepShadows(before: now - retention.log)
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

    /// What has not ended stays however old it is, and may be much: it is passed over once, by a reader.
    private func sweepRows(before date: Timestamp) async throws(EmailLogError) -> Int {
        var total = 0
        var reached = ""
        while true {
            let (ids, last) = try await endedRows(from: reached, before: date)
            guard let last else { return total }
            let (count, released) = try await write { db in try db.deleteEnded(ids) }
            spool.remove(released)
            total += count
            if ids.count < Self.chunk { return total }
            reached = last
        }
    }

    private func sweepShadows(before date: Timestamp) async throws(EmailLogError) {
        _ = try await repeatInChunks { db in
            let count = try db.run(
                """
                DELETE FROM trial_shadow WHERE id IN (
                    SELECT id FROM trial_shadow WHERE finished_date IS NOT NULL AND finished_date < ? LIMIT ?)
                """, [date.description, Self.chunk])
            return (count, [])
        }
    }

    private func endedRows(from date: String, before end: Timestamp) async throws(EmailLogError) -> ([String], String?)
    {
        try await read { db in
            let rows = try db.rows(
                """
                SELECT id, sent_date FROM email_log
                WHERE status IN ('S', 'F', 'C') AND sent_date >= ? AND sent_date < ? ORDER BY sent_date LIMIT ?
                """, [date, end.description, Self.chunk])
            return (rows.map { $0[0] }, rows.last?[1])
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
    /// - Returns: how many were deleted, and the spool files to delete once this is committed.
    fileprivate func deleteEnded(_ ids: [String]) throws -> (Int, [String]) {
        var (count, released): (Int, [String]) = (0, [])
        for id in ids {
            // An operator may have had it sent again.
            let found = try row("SELECT body_id FROM email_log WHERE id = ? AND status IN ('S', 'F', 'C')", [id])
            guard let found else { continue }
            released += try dropBody(found[0], of: id)
            count += try run("DELETE FROM email_log WHERE id = ?", [id])
        }
        return (count, released)
    }

    fileprivate func dropBody(_ body: Int64?, of id: String) throws -> [String] {
        guard body != nil else { return [] }
        try run("UPDATE email_log SET body_id = NULL WHERE id = ?", [id])
        return try releaseBody(body)
    }
}
