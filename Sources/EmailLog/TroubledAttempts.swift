import GRDB
package import MailModel

extension EmailLog {
    /// Reduces the attempts that did not get their message through, by when they finished, oldest first; only what `add`
    /// keeps of them stays in memory.
    ///
    /// - Parameters:
    ///   - since: `nil` for all that the log keeps.
    ///   - route: `nil` for all routes.
    package func troubledAttempts<Result: Sendable>(
        since: Timestamp?, route: String? = nil, into initial: Result,
        _ add: @escaping @Sendable (inout Result, TroubledAttempt) -> Void
    ) async throws(EmailLogError) -> Result {
        try await read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT a.email_id, a.attempt, l.route, l.mailbox, a.path, a.started_date, a.finished_date,
                        a.duration_ms IS NOT NULL, a.outcome, a.http_status, a.error_code, a.error_text, a.request_id,
                        l.status
                    FROM email_attempt a JOIN email_log l ON l.id = a.email_id
                    WHERE a.finished_date >= ? AND a.outcome <> 'accepted' AND l.route = COALESCE(?, l.route)
                    ORDER BY a.finished_date, a.email_id, a.attempt
                    """, arguments: [since?.description ?? "", route])
            var result = initial
            while let row = try rows.next() {
                if let attempt = TroubledAttempt(row) { add(&result, attempt) }
            }
            return result
        }
    }
}

extension TroubledAttempt {
    fileprivate init?(_ row: Row) {
        guard let mailbox = try? Address(parsing: row[3] as String), let path = Path(rawValue: row[4]),
            let started = Timestamp(row[5] as String), let finished = Timestamp(row[6] as String),
            let trouble = Trouble(rawValue: row[8]), let status = Status(rawValue: row[13])
        else { return nil }
        self.init(
            id: QueueID(rawValue: row[0]), attempt: row[1], lane: LaneKey(route: row[2], mailbox: mailbox), path: path,
            startedDate: started, finishedDate: finished, hasEnded: row[7], trouble: trouble, status: row[9],
            code: row[10], text: row[11], requestID: row[12], messageStatus: status)
    }
}
