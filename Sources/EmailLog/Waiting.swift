import GRDB
package import MailModel

/// A message that waits for its next attempt.
package struct WaitingRow: Hashable, Sendable {
    package var id: QueueID
    package var priority: Priority
    package var nextAttemptDate: Timestamp
    package var recipientCount: Int
    package var size: Int
    package var createdDate: Timestamp
    package var via: Path?
    /// It is in the arm of a trial that goes by the path which is tried.
    package var isTrial: Bool

    package init(
        id: QueueID, priority: Priority, nextAttemptDate: Timestamp, recipientCount: Int, size: Int,
        createdDate: Timestamp, via: Path? = nil, isTrial: Bool = false
    ) {
        self.id = id
        self.priority = priority
        self.nextAttemptDate = nextAttemptDate
        self.recipientCount = recipientCount
        self.size = size
        self.createdDate = createdDate
        self.via = via
        self.isTrial = isTrial
    }

    package var section: LaneSection { LaneSection(priority, LaneQueue(via: via, isTrial: isTrial)) }
}

extension EmailLog {
    /// What is due in these sections of a lane at `moment`, each by date, then as it came in, which the index gives without
    /// sorting.
    ///
    /// - Parameter limit: the most rows of each section, so that no backlog hides what does not wait for the same.
    package func due(in lane: LaneKey, _ sections: [LaneSection], at moment: Timestamp, limit: Int)
        async throws(EmailLogError) -> [WaitingRow]
    {
        try await read { db in
            try sections.flatMap { section in
                try db.rows(
                    Self.dueRows,
                    [
                        lane.route, lane.mailbox.description, section.priority.rawValue, section.queue.rawValue,
                        moment.description, limit,
                    ]
                ).compactMap(WaitingRow.init)
            }
        }
    }

    /// When the next row of a lane becomes due that is not due yet; `nil` where there is none.
    package func nextDue(in lane: LaneKey, after moment: Timestamp) async throws(EmailLogError) -> Timestamp? {
        try await read { db in
            try Priority.allCases.compactMap { priority in
                let arguments: StatementArguments = [
                    lane.route, lane.mailbox.description, priority.rawValue, moment.description,
                ]
                return try db.row(Self.nextDueDate, arguments).flatMap { $0[0] as String? }.flatMap { Timestamp($0) }
            }.min()
        }
    }

    /// Every lane that has waiting rows, with the date of its next one. Costs by the lane, not by the row.
    package func lanesWithWork() async throws(EmailLogError) -> [(lane: LaneKey, next: Timestamp)] {
        try await read { db in
            try db.rows(Self.waitingLanes).compactMap { row in
                guard let mailbox = try? Address(parsing: row[1] as String), let next = Timestamp(row[2] as String)
                else {
                    return nil
                }
                return (LaneKey(route: row[0], mailbox: mailbox), next)
            }
        }
    }

    private static let dueRows = """
        SELECT id, priority, next_attempt_date, recipient_count, size, created_date, via, trial
        FROM email_log INDEXED BY email_log_due
        WHERE status = 'Q' AND route = ? AND mailbox = ? AND priority = ? AND \(LaneQueue.column) = ?
            AND next_attempt_date <= ?
        ORDER BY next_attempt_date, rowid LIMIT ?
        """

    private static let nextDueDate = "SELECT MIN(first) FROM (\(nextDueDates))"

    private static let nextDueDates = LaneQueue.allCases.map { queue in
        """
        SELECT MIN(next_attempt_date) AS first FROM email_log INDEXED BY email_log_due
        WHERE status = 'Q' AND route = ?1 AND mailbox = ?2 AND priority = ?3
            AND \(LaneQueue.column) = '\(queue.rawValue)' AND next_attempt_date > ?4
        """
    }.joined(separator: " UNION ALL ")

    /// Leaps through the index from route to route and from lane to lane: the beginning of a statement that selects from
    /// `lane`, where `mailbox` is NULL behind a route's last.
    static let leapingLanes = """
        WITH RECURSIVE
        leap (route) AS (
            SELECT (SELECT MIN(route) FROM email_log INDEXED BY email_log_due WHERE status = 'Q')
            UNION ALL
            SELECT (SELECT MIN(l.route) FROM email_log l INDEXED BY email_log_due
                    WHERE l.status = 'Q' AND l.route > leap.route)
            FROM leap WHERE route IS NOT NULL
        ),
        lane (route, mailbox) AS (
            SELECT route, (SELECT MIN(l.mailbox) FROM email_log l INDEXED BY email_log_due
                           WHERE l.status = 'Q' AND l.route = leap.route)
            FROM leap WHERE route IS NOT NULL
            UNION ALL
            SELECT route, (SELECT MIN(l.mailbox) FROM email_log l INDEXED BY email_log_due
                           WHERE l.status = 'Q' AND l.route = lane.route AND l.mailbox > lane.mailbox)
            FROM lane WHERE mailbox IS NOT NULL
        )
        """

    /// Of a `lane`, over the heads of all its queues.
    static let nextOfLane = """
        (SELECT MIN(first) FROM (
            SELECT (SELECT MIN(next_attempt_date) FROM email_log q INDEXED BY email_log_due
                    WHERE q.status = 'Q' AND q.route = lane.route AND q.mailbox = lane.mailbox
                        AND q.priority = p.word AND \(LaneQueue.column(of: "q.")) = v.name) AS first
            FROM (SELECT 'high' AS word UNION ALL SELECT 'normal' UNION ALL SELECT 'bulk') p,
                \(LaneQueue.table) v))
        """

    private static let waitingLanes = """
        \(leapingLanes)
        SELECT route, mailbox, \(nextOfLane) FROM lane WHERE mailbox IS NOT NULL ORDER BY route, mailbox
        """
}

extension WaitingRow {
    fileprivate init?(_ row: Row) {
        guard let priority = Priority(rawValue: row[1]) else { return nil }
        // A row that cannot be read is found out when it is claimed; until then it must not hide.
        let next = Timestamp(row[2] as String) ?? Timestamp(milliseconds: 0)
        id = QueueID(rawValue: row[0])
        self.priority = priority
        nextAttemptDate = next
        recipientCount = row[3]
        size = row[4]
        createdDate = Timestamp(row[5] as String) ?? next
        via = (row[6] as String?).flatMap(Path.init(rawValue:))
        isTrial = row[7] as String? == "trial"
    }
}
