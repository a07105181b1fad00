/// An attempt that did not get its message through, as the store has it, and what its message has come to since.
package struct TroubledAttempt: Hashable, Sendable {
    /// The words of `email_attempt.outcome` but `accepted`.
    package enum Trouble: String, Hashable, Sendable, CaseIterable {
        case deferred, throttled, rejected, unknown
    }

    package var id: QueueID
    /// Counts the message's attempts from 1.
    package var attempt: Int
    package var lane: LaneKey
    package var path: Path
    package var startedDate: Timestamp
    /// When its answer came, or was given up.
    package var finishedDate: Timestamp
    /// False where the process ended during it; `finishedDate` is then when that was found out.
    package var hasEnded: Bool
    package var trouble: Trouble
    /// As in `Refusal`.
    package var status: Int?
    package var code: String?
    package var text: String?
    package var requestID: String?
    package var messageStatus: Status

    package init(
        id: QueueID, attempt: Int = 1, lane: LaneKey, path: Path, startedDate: Timestamp, finishedDate: Timestamp,
        hasEnded: Bool = true, trouble: Trouble, status: Int? = nil, code: String? = nil, text: String? = nil,
        requestID: String? = nil, messageStatus: Status
    ) {
        self.id = id
        self.attempt = attempt
        self.lane = lane
        self.path = path
        self.startedDate = startedDate
        self.finishedDate = finishedDate
        self.hasEnded = hasEnded
        self.trouble = trouble
        self.status = status
        self.code = code
        self.text = text
        self.requestID = requestID
        self.messageStatus = messageStatus
    }
}
