import GRDB
package import MailModel

/// A kind of trouble that messages can have, as alerts count it.
package enum TroubleMetric: String, Hashable, Sendable, CaseIterable {
    /// Failed for good.
    case failed
    /// Put off at least once by an answer worth another try.
    case deferred
    /// Put off at least once by a limit of Microsoft's.
    case throttled
    /// Sent, or tried, by the other path.
    case fellBack = "fell_back"
    /// Without a clear answer at least once.
    case unknown
    /// Set aside, because their rows cannot be read.
    case setAside = "set_aside"
}

/// One of the messages in trouble.
package struct TroubledMessage: Hashable, Sendable {
    package var id: QueueID
    package var status: Status
    /// The HTTP status or SMTP reply code, and the far side's code.
    package var errorStatus: Int?
    package var errorCode: String?
    package var errorText: String?
}

/// Mail about trouble is no trouble: what alerts send (`client` is `alert`) counts nowhere here, or they would feed themselves.
extension EmailLog {
    /// What `client` says of the mail that alerts send.
    package static let alertClient = "alert"

    /// How many messages had that trouble at `moment` or later. Costs by the troubled message, not by the row.
    package func count(_ metric: TroubleMetric, since moment: Timestamp) async throws(EmailLogError) -> Int {
        try await read { db in
            try db.row("SELECT \(metric.number) \(metric.messages)", [moment.description]).map { $0[0] } ?? 0
        }
    }

    /// The last `limit` of them, newest first.
    package func examples(of metric: TroubleMetric, since moment: Timestamp, limit: Int)
        async throws(EmailLogError) -> [TroubledMessage]
    {
        try await read { db in
            try db.rows("\(metric.examples) LIMIT ?2", [moment.description, limit]).compactMap(TroubledMessage.init)
        }
    }

    /// The message that has waited longest for its next attempt, and since when: acceptance, or the operator's `resend`.
    /// Held ones do not wait.
    package func oldestWaiting() async throws(EmailLogError) -> (message: TroubledMessage, since: Timestamp)? {
        try await read { db in
            guard let row = try db.row(Self.oldest), let message = TroubledMessage(row),
                let since = Timestamp(row[5] as String)
            else { return nil }
            return (message, since)
        }
    }

    private static let oldest = """
        \(leapingLanes)
        SELECT l.id, l.status, l.http_status, l.error_code, l.error_text, COALESCE(l.resent_date, l.created_date) AS since
        FROM lane CROSS JOIN \(LaneQueue.table) v CROSS JOIN email_log l ON l.rowid = (
            SELECT q.rowid FROM email_log q INDEXED BY email_log_waiting
            WHERE q.status = 'Q' AND q.route = lane.route AND q.mailbox = lane.mailbox
                AND \(LaneQueue.column(of: "q.")) = v.name AND q.client IS NOT 'alert'
            ORDER BY COALESCE(q.resent_date, q.created_date) LIMIT 1)
        WHERE lane.mailbox IS NOT NULL ORDER BY since LIMIT 1
        """
}

extension TroubleMetric {
    fileprivate var number: String { isOfAttempts ? "COUNT(DISTINCT l.id)" : "COUNT(*)" }

    fileprivate var examples: String {
        isOfAttempts
            ? """
            SELECT l.id, l.status, a.http_status, a.error_code, a.error_text, MAX(a.finished_date) AS latest \(messages)
            GROUP BY l.id ORDER BY latest DESC
            """
            : "SELECT id, status, http_status, error_code, error_text \(messages) ORDER BY sent_date DESC"
    }

    /// A later answer may have hidden it in the row, but not among its attempts.
    private var isOfAttempts: Bool {
        switch self {
        case .failed, .fellBack, .setAside: false
        case .deferred, .throttled, .unknown: true
        }
    }

    /// The terms of the partial indexes stand here word for word, so that they are used.
    fileprivate var messages: String {
        switch self {
        case .failed: "FROM email_log WHERE status = 'F' AND sent_date >= ?1 AND client IS NOT 'alert'"
        case .setAside:
            """
            FROM email_log
            WHERE error_code = 'SetAside' AND status = 'H' AND sent_date >= ?1 AND client IS NOT 'alert'
            """
        case .fellBack: "FROM email_log WHERE fell_back = 1 AND sent_date >= ?1 AND client IS NOT 'alert'"
        case .deferred, .throttled, .unknown:
            """
            FROM email_attempt a CROSS JOIN email_log l ON l.id = a.email_id
            WHERE a.outcome = '\(rawValue)' AND a.outcome <> 'accepted' AND a.finished_date >= ?1
                AND l.client IS NOT 'alert'
            """
        }
    }
}

extension TroubledMessage {
    fileprivate init?(_ row: Row) {
        guard let status = Status(rawValue: row[1]) else { return nil }
        id = QueueID(rawValue: row[0])
        self.status = status
        errorStatus = row[2]
        errorCode = row[3]
        errorText = row[4]
    }
}
