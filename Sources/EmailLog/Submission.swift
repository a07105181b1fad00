package import MailModel

/// A message on its way into the store, with all that is recorded of it.
package struct Submission: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        case spooled(SpoolFile)

        package var size: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .spooled(let file): file.size
            }
        }
    }

    package enum Start: Sendable {
        case queued
        /// As an operator's `queue hold` would.
        case held
        /// Claimed by the caller for this path at once; no one else will attempt it.
        case inProgress(Path)
    }

    /// Made beforehand where the id stands in texts; else the store makes one.
    package var queueID: QueueID?
    package var createdDate: Timestamp
    /// More than one where the recipients are split: the parts become rows of their own and share the body.
    package var envelopes: [Envelope]
    package var route: String
    package var mailbox: Address
    package var headerFrom: String?
    package var subject: String?
    package var messageID: String?
    /// Where it came from: an address, `sendmail`, `library` or `http`; and the authenticated user.
    package var client: String?
    package var user: String?
    package var priority: Priority
    /// The `Received` field to be put on top when it is sent.
    package var received: [UInt8]
    package var trial: String?
    /// Graph is exercised beside it.
    var isShadowed: Bool { trial == "shadow" }
    /// The only path it may take, where someone asked for one.
    package var via: Path?
    /// Why it takes another path than its route's primary, `via`; `nil` where it does not.
    package var fallsBackBecause: String?
    /// Whether its sender is to be told where it fails for good.
    package var wantsReport: Bool
    package var start: Start
    package var body: Body

    package init(
        queueID: QueueID? = nil, createdDate: Timestamp, envelopes: [Envelope], route: String, mailbox: Address,
        headerFrom: String? = nil, subject: String? = nil, messageID: String? = nil, client: String? = nil,
        user: String? = nil, priority: Priority = .normal, received: [UInt8] = [],
        trial: String? = nil, via: Path? = nil, fallsBackBecause: String? = nil, wantsReport: Bool = true,
        start: Start = .queued, body: Body
    ) {
        self.queueID = queueID
        self.createdDate = createdDate
        self.envelopes = envelopes
        self.route = route
        self.mailbox = mailbox
        self.headerFrom = headerFrom
        self.subject = subject
        self.messageID = messageID
        self.client = client
        self.user = user
        self.priority = priority
        self.received = received
        self.trial = trial
        self.via = via
        self.fallsBackBecause = fallsBackBecause
        self.wantsReport = wantsReport
        self.start = start
        self.body = body
    }
}
