import GRDB
package import MailModel

/// A row of `email_log` as documented, for people and programs to look at. Texts are as stored.
package struct LogRow: Hashable, Sendable {
    package var id: QueueID
    package var status: Status
    package var createdDate: Timestamp
    package var sentDate: Timestamp
    package var nextAttemptDate: Timestamp?
    package var route: String
    package var path: Path?
    package var mailbox: String
    /// Empty for the null sender.
    package var sender: String
    package var recipients: [String]
    package var recipientCount: Int
    package var headerFrom: String?
    package var subject: String?
    package var messageID: String?
    package var size: Int
    package var client: String?
    package var user: String?
    package var attempts: Int
    package var fellBack: Bool
    package var httpStatus: Int?
    package var errorCode: String?
    package var errorText: String?
    package var requestID: String?
    package var latency: Duration?
    package var priority: Priority
    package var trial: String?
    package var resendOf: QueueID?
    /// Whether it could be sent (again).
    package var hasBody: Bool
    package var via: Path?
}

extension LogRow {
    static let columns = """
        id, status, created_date, sent_date, next_attempt_date, route, path, mailbox, sender, recipients,
        recipient_count, header_from, subject, message_id, size, client, user, attempts, fell_back, http_status,
        error_code, error_text, request_id, latency_ms, priority, trial, resend_of, body_id IS NOT NULL, via
        """

    init?(_ row: Row) {
        guard let status = Status(rawValue: row[1]), let created = Timestamp(row[2] as String),
            let sent = Timestamp(row[3] as String), let priority = Priority(rawValue: row[24])
        else { return nil }
        id = QueueID(rawValue: row[0])
        self.status = status
        createdDate = created
        sentDate = sent
        nextAttemptDate = (row[4] as String?).flatMap { Timestamp($0) }
        route = row[5]
        path = (row[6] as String?).flatMap(Path.init(rawValue:))
        mailbox = row[7]
        sender = row[8]
        recipients = JSONArray.strings(row[9])
        recipientCount = row[10]
        headerFrom = row[11]
        subject = row[12]
        messageID = row[13]
        size = row[14]
        client = row[15]
        user = row[16]
        attempts = row[17]
        fellBack = row[18]
        httpStatus = row[19]
        errorCode = row[20]
        errorText = row[21]
        requestID = row[22]
        latency = (row[23] as Int64?).map { .milliseconds($0) }
        self.priority = priority
        trial = row[25]
        resendOf = (row[26] as String?).map { QueueID(rawValue: $0) }
        hasBody = row[27]
        via = (row[28] as String?).flatMap(Path.init(rawValue:))
    }
}

/// A row of `email_attempt`.
package struct AttemptRow: Hashable, Sendable {
    package var emailID: QueueID
    package var attempt: Int
    package var startedDate: Timestamp
    /// `nil` where the process ended during the attempt.
    package var duration: Duration?
    package var path: Path
    /// `accepted`, `deferred`, `throttled`, `rejected` or `unknown`.
    package var outcome: String
    package var httpStatus: Int?
    package var errorCode: String?
    package var errorText: String?
    package var retryAfter: Duration?
    package var requestID: String?
}

extension AttemptRow {
    static let columns = """
        email_id, attempt, started_date, duration_ms, path, outcome, http_status, error_code, error_text,
        retry_after_ms, request_id
        """

    init?(_ row: Row) {
        guard let started = Timestamp(row[2] as String), let path = Path(rawValue: row[4]) else { return nil }
        emailID = QueueID(rawValue: row[0])
        attempt = row[1]
        startedDate = started
        duration = (row[3] as Int64?).map { .milliseconds($0) }
        self.path = path
        outcome = row[5]
        httpStatus = row[6]
        errorCode = row[7]
        errorText = row[8]
        retryAfter = (row[9] as Int64?).map { .milliseconds($0) }
        requestID = row[10]
    }
}
