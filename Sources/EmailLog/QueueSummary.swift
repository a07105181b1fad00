import GRDB
package import MailModel

/// What of a lane is not finished.
package struct LaneSummary: Hashable, Sendable {
    package var route: String
    package var mailbox: String
    /// Of Q, P, H and U.
    package var counts: [Status: Int] = [:]
    /// Since when the oldest message waits (acceptance, or the operator's `resend`), and when the next one is due.
    package var oldestQueuedDate: Timestamp?
    package var nextAttemptDate: Timestamp?
}

extension EmailLog {
    /// Every lane with unfinished messages, by route and mailbox.
    package func queueSummary() async throws(EmailLogError) -> [LaneSummary] {
        try await read { db in
            let waiting = try db.rows(Self.waitingRows).map { LaneSummary(waiting: $0) }
            var lanes = Dictionary(uniqueKeysWithValues: waiting.map { ([$0.route, $0.mailbox], $0) })
            for row in try db.rows(Self.setAsideRows) {
                let (route, mailbox): (String, String) = (row[0], row[1])
                guard let status = Status(rawValue: row[2]) else { continue }
                lanes[[route, mailbox], default: LaneSummary(route: route, mailbox: mailbox)].counts[status] = row[3]
            }
            return lanes.values.sorted { ($0.route, $0.mailbox) < ($1.route, $1.mailbox) }
        }
    }

    /// The number is counted in the index; all else is found at its edges.
    private static let waitingRows = """
        \(leapingLanes)
        SELECT route, mailbox,
            (SELECT COUNT(*) FROM email_log q INDEXED BY email_log_due
             WHERE q.status = 'Q' AND q.route = lane.route AND q.mailbox = lane.mailbox),
            (SELECT MIN(first) FROM (
                SELECT (SELECT MIN(COALESCE(q.resent_date, q.created_date)) FROM email_log q INDEXED BY email_log_waiting
                        WHERE q.status = 'Q' AND q.route = lane.route AND q.mailbox = lane.mailbox
                            AND \(LaneQueue.column(of: "q.")) = v.name) AS first
                FROM \(LaneQueue.table) v)),
            \(nextOfLane)
        FROM lane WHERE mailbox IS NOT NULL
        """

    private static let setAsideRows = """
        SELECT route, mailbox, status, COUNT(*) FROM email_log
        WHERE status IN ('P', 'H', 'U') GROUP BY route, mailbox, status
        """
}

extension LaneSummary {
    fileprivate init(waiting row: Row) {
        route = row[0]
        mailbox = row[1]
        counts = [.queued: row[2]]
        oldestQueuedDate = (row[3] as String?).flatMap { Timestamp($0) }
        nextAttemptDate = (row[4] as String?).flatMap { Timestamp($0) }
    }
}
