import GRDB
package import MailModel

extension EmailLog {
    /// Q → H.
    package func hold(_ selection: Selection) async throws(EmailLogError) -> OperatorReport {
        let ids = try await resolve(selection, in: [.queued])
        return try await forEach(ids) { db, id in
            try db.move(id, from: [.queued], "status = 'H', next_attempt_date = NULL")
            return []
        }
    }

    /// H → Q, due now.
    package func release(_ selection: Selection, at now: Timestamp) async throws(EmailLogError) -> OperatorReport {
        let ids = try await resolve(selection, in: [.held])
        return try await forEach(ids) { db, id in
            try db.move(id, from: [.held], "status = 'Q', next_attempt_date = ?", [now.description])
            return []
        }
    }

    /// Q, H or U → C; the body goes.
    package func cancel(_ selection: Selection) async throws(EmailLogError) -> OperatorReport {
        let ids = try await resolve(selection, in: [.queued, .held, .unknown])
        return try await forEach(ids) { db, id in
            let body: Int64? = try db.row("SELECT body_id FROM email_log WHERE id = ?", [id.rawValue])?[0]
            try db.move(
                id, from: [.queued, .held, .unknown], "status = 'C', next_attempt_date = NULL, body_id = NULL")
            return try db.releaseBody(body)
        }
    }

    /// Q → Q, due now. A pause of its lane is the caller's to end.
    package func flush(_ selection: Selection, at now: Timestamp) async throws(EmailLogError) -> OperatorReport {
        let ids = try await resolve(selection, in: [.queued])
        return try await forEach(ids) { db, id in
            try db.move(
                id, from: [.queued], "next_attempt_date = MIN(next_attempt_date, ?)", [now.description])
            return []
        }
    }

    /// Q → F for what has waited in a lane's queue since before `deadline`, without an attempt: a paused lane makes none that
    /// could find out.
    ///
    /// - Parameters:
    ///   - limit: the most rows of one call, oldest first.
    ///   - reporter: writes the reports of the failures, which are accepted in the same transaction.
    package func expire(
        _ lane: LaneKey, _ queue: LaneQueue, waitingSince deadline: Timestamp, because reason: String,
        at now: Timestamp,
        limit: Int, reporter: FailureReporter? = nil
    ) async throws(EmailLogError) -> [QueueID] {
        // Nearly always there is nothing, and no writer is to be kept waiting to find that out.
        let overdue: @Sendable (Database) throws -> [QueueID] = { db in
            try db.rows(
                """
                SELECT id FROM email_log INDEXED BY email_log_waiting
                WHERE status = 'Q' AND route = ?1 AND mailbox = ?2 AND \(LaneQueue.column) = ?5
                    AND COALESCE(resent_date, created_date) < ?3
                ORDER BY COALESCE(resent_date, created_date) LIMIT ?4
                """, [lane.route, lane.mailbox.description, deadline.description, limit, queue.rawValue]
            ).map { QueueID(rawValue: $0[0]) }
        }
        guard try await !read(overdue).isEmpty else { return [] }
        let (expired, reports) = try await write { db in
            let ids = try overdue(db)
            for id in ids {
                try db.move(
                    id, from: [.queued], "status = 'F', next_attempt_date = NULL, sent_date = ?, error_text = ?",
                    [now.description, reason])
            }
            let settlement = Settlement.failed(because: reason, isGivenUp: true)
            return (ids, try ids.map { try self.report($0, settlement, by: reporter, at: now, on: db) })
        }
        reporter?.tell(reports)
        return expired
    }
}

extension Database {
    /// One guarded transition.
    ///
    /// - Throws: `noSuchMessage`, `wrongStatus`.
    func move(_ id: QueueID, from statuses: Set<Status>, _ assignments: String, _ arguments: StatementArguments = [])
        throws
    {
        let list = statuses.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
        let moved = try run(
            "UPDATE email_log SET \(assignments) WHERE id = ? AND status IN (\(list))",
            arguments + [id.rawValue])
        guard moved == 1 else { throw try refusal(of: id) }
    }
}
