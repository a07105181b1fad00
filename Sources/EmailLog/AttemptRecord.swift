import GRDB
package import MailModel

/// One attempt as it is recorded beside the row's new status.
package struct AttemptRecord: Sendable {
    /// What it took of Microsoft's limits.
    package struct Cost: Hashable, Sendable {
        package var requests: Int
        package var recipients: Int
        package var externalRecipients: Int
        package var bytes: Int

        package init(requests: Int = 1, recipients: Int, externalRecipients: Int = 0, bytes: Int) {
            self.requests = requests
            self.recipients = recipients
            self.externalRecipients = externalRecipients
            self.bytes = bytes
        }
    }

    package var startedDate: Timestamp
    package var duration: Duration
    package var path: Path
    package var outcome: Outcome
    /// `nil` where nothing reached Microsoft.
    package var cost: Cost?
    /// The path was the fallback; a change against the row's last path is seen without it.
    package var fellBack: Bool
    package var draft = DraftTrace.unchanged
    /// What is to be said of an accepted message, in `error_text`.
    package var note: String?

    package init(
        startedDate: Timestamp, duration: Duration, path: Path, outcome: Outcome, cost: Cost?, fellBack: Bool = false
    ) {
        self.startedDate = startedDate
        self.duration = duration
        self.path = path
        self.outcome = outcome
        self.cost = cost
        self.fellBack = fellBack
    }

    var finishedDate: Timestamp { startedDate + duration }
    var httpStatus: Int? {
        if case .accepted(let receipt) = outcome { receipt.status } else { outcome.refusal?.status }
    }
    var requestID: String? {
        if case .accepted(let receipt) = outcome { receipt.requestID } else { outcome.refusal?.requestID }
    }
    var retryAfter: Duration? { if case .deferred(_, let wait) = outcome { wait } else { nil } }
    /// What a throttle or an outage asked for with `Retry-After`, which is no single message's affair (RFC 6585 §4, RFC 9110
    /// §15.6.4).
    package var rest: Duration? { [429, 503].contains(outcome.refusal?.status) ? retryAfter : nil }
}

extension Database {
    func insert(_ attempt: AttemptRecord, number: Int, of id: QueueID, isDurationKnown: Bool = true) throws {
        let cost = attempt.cost
        try run(
            """
            INSERT INTO email_attempt (
                email_id, attempt, started_date, duration_ms, path, outcome, http_status, error_code, error_text,
                retry_after_ms, request_id, finished_date, requests, recipients, external_recipients, bytes)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                id.rawValue, number, attempt.startedDate.description,
                isDurationKnown ? max(0, attempt.duration.milliseconds) : nil, attempt.path.rawValue,
                attempt.outcome.word, attempt.httpStatus, attempt.outcome.refusal?.code,
                attempt.outcome.refusal?.text ?? attempt.note,
                attempt.retryAfter.map { max(0, $0.milliseconds) }, attempt.requestID, attempt.finishedDate.description,
                cost?.requests ?? 0, cost?.recipients ?? 0, cost?.externalRecipients ?? 0, cost?.bytes ?? 0,
            ])
    }
}
