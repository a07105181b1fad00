import GRDB
package import MailModel

/// What an attempt took of Microsoft's limits, and when its answer came: the limiters' memory across restarts.
package struct SpentAttempt: Hashable, Sendable {
    package var id: QueueID
    package var lane: LaneKey
    package var path: Path
    package var finishedDate: Timestamp
    package var cost: AttemptRecord.Cost
    /// What the answer asked everybody in the mailbox to do (`AttemptRecord.rest`).
    package var rest: Duration?
    /// Nobody knows what came of it: its connection may have outlived it.
    package var isUnknown: Bool

    package init(
        id: QueueID, lane: LaneKey, path: Path, finishedDate: Timestamp, cost: AttemptRecord.Cost,
        rest: Duration? = nil, isUnknown: Bool = false
    ) {
        self.id = id
        self.lane = lane
        self.path = path
        self.finishedDate = finishedDate
        self.cost = cost
        self.rest = rest
        self.isUnknown = isUnknown
    }
}

extension EmailLog {
    /// The attempts that reached Microsoft and were answered at `moment` or later, the looks at drafts that were left,
    /// which are requests and no messages, and what shadows took; oldest first.
    package func attempts(since moment: Timestamp, route: String? = nil) async throws(EmailLogError) -> [SpentAttempt] {
        try await read { db in
            try db.rows(
                """
                SELECT l.route, l.mailbox, a.path, a.finished_date, a.requests, a.recipients, a.external_recipients,
                    a.bytes, l.id,
                    CASE WHEN a.http_status IN (429, 503) THEN a.retry_after_ms END, a.outcome = 'unknown'
                FROM email_attempt a JOIN email_log l ON l.id = a.email_id
                WHERE a.finished_date >= ?1 AND a.requests > 0 AND l.route = COALESCE(?2, l.route)
                UNION ALL
                SELECT route, mailbox, 'graph', looked_date, requests, 0, 0, 0, email_id, NULL, 0 FROM leftover_draft
                WHERE looked_date >= ?1 AND requests > 0 AND route = COALESCE(?2, route)
                UNION ALL
                SELECT route, mailbox, 'graph', answered_date, requests, messages, messages, bytes, email_id, NULL, 0
                FROM trial_shadow
                WHERE answered_date >= ?1 AND requests > 0 AND route = COALESCE(?2, route)
                ORDER BY 4
                """, [moment.description, route]
            ).compactMap(SpentAttempt.init)
        }
    }
}

extension SpentAttempt {
    fileprivate init?(_ row: Row) {
        guard let mailbox = try? Address(parsing: row[1] as String), let path = Path(rawValue: row[2]),
            let finished = Timestamp(row[3] as String)
        else { return nil }
        lane = LaneKey(route: row[0], mailbox: mailbox)
        self.path = path
        finishedDate = finished
        id = QueueID(rawValue: row[8])
        rest = (row[9] as Int64?).map { .milliseconds($0) }
        isUnknown = row[10]
        cost = AttemptRecord.Cost(requests: row[4], recipients: row[5], externalRecipients: row[6], bytes: row[7])
    }
}
