import GRDB
package import MailModel

/// What of a lane is not finished.
package struct LaneSummary: Hashable, Sendable {
    package var route: String
    package var mailbox: String
    /// Of Q, P, H and U.
    package var counts: [Status: Int] = [:]
    /// When the oldest waiting message was accepted, and when the next one is due.
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

    private static let waitingRows = """
        SELECT route, mailbox, COUNT(*), MIN(created_date),
            (SELECT MIN(next_attempt_date) FROM email_log n
             WHERE n.status = 'Q' AND n.route = q.route AND n.mailbox = q.mailbox)
        FROM email_log q WHERE status = 'Q' GROUP BY route, mailbox
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
