package import MailModel

/// What Microsoft grants one mailbox. The defaults are the published limits of Exchange Online (messages and recipients,
/// "Exchange Online limits") and of Graph's Outlook service (requests and uploads, "Microsoft Graph service-specific
/// throttling limits"); of Graph's four concurrent requests one is left for queries.
package struct LaneLimits: Hashable, Sendable {
    /// Attempts in flight at once by Graph; at least 1.
    package var concurrency = 3
    /// Attempts in flight at once by SMTP; at least 1. Exchange takes three connections of a mailbox, and refuses a
    /// fourth with 4.3.2 ("Exchange Online limits": concurrent connections).
    package var connections = 3
    package var messages = Rate(30, per: .seconds(60))
    package var recipients = Rate(10_000, per: .seconds(86_400))
    package var requests = Rate(10_000, per: .seconds(600))
    /// The most requests that one attempt by Graph makes, taken at its start; what it did not need comes back at its end.
    package var requestsPerAttempt: Int64 = 1
    /// The size in octets above which a message goes by Graph as a draft whose attachments follow (`UploadAllowance`); `nil`:
    /// none does.
    package var uploadsAbove: Int64?
    /// Octets of request bodies.
    package var upload = Rate(150_000_000, per: .seconds(300))

    package init() {}

    package func concurrency(of path: Path) -> Int {
        switch path {
        case .graph: concurrency
        case .smtp: connections
        }
    }
}

/// What holds for a route as a whole.
package struct RouteLimits: Hashable, Sendable {
    /// Attempts in flight over all mailboxes, by each path; at least 1.
    package var concurrency = 64
    /// SMTP attempts in flight over all mailboxes, where they share one login, whose connections the far side counts
    /// together; at least 1. `nil`: each mailbox has its own, and `concurrency` holds.
    package var connections: Int?
    /// Rows of one priority and queue that a lane holds in memory.
    package var window = 100
    /// The path its mail takes while that works.
    package var primary = Path.graph
    /// The path it has besides: for rows that are pinned to it, and for what `fallback` moves.
    package var other: Path?
    /// `nil`: nothing moves by itself.
    package var fallback: FallbackRule?
    /// The path that rows of a trial's arm take first while it runs; `nil`: none runs, and they go like all others.
    package var trialPath: Path?
    package var lane = LaneLimits()
    /// External recipients over all mailboxes and both paths; `nil`: no limit.
    package var externalRecipients: Rate?
    /// Who is no external recipient.
    package var acceptedDomains = AcceptedDomains()

    package init() {}

    /// Attempts in flight over all mailboxes.
    package func concurrency(of path: Path) -> Int {
        switch path {
        case .graph: concurrency
        case .smtp: connections ?? concurrency
        }
    }
}

/// A row of the queue, as far as its turn depends on it.
package struct Waiting: Hashable, Sendable {
    package let id: QueueID
    package let priority: Priority
    /// Not started before.
    package let due: Instant
    package let recipients: Int
    /// Octets of the raw message; the lane reckons with its base 64.
    package let size: Int64
    /// The only path it may take: an operator wished it, Graph cannot express it, or the outcome of an attempt by it is
    /// unknown. On a route without that path it waits, and keeps nobody back, until a reload brings the path.
    package let via: Path?
    /// It is in the arm of a trial that goes by the path which is tried.
    package let isTrial: Bool
    /// Of the recipients, those outside the accepted domains; `nil` where nobody has counted them, as there is no limit.
    package let externalRecipients: Int?
    /// It has been put off before, so that it has its place in the order already.
    package let hasWaited: Bool

    package init(
        id: QueueID, priority: Priority = .normal, due: Instant, recipients: Int, size: Int64, via: Path? = nil,
        isTrial: Bool = false, externalRecipients: Int? = nil, hasWaited: Bool = false
    ) {
        self.id = id
        self.priority = priority
        self.due = due
        self.recipients = recipients
        self.size = size
        self.via = via
        self.isTrial = isTrial
        self.externalRecipients = externalRecipients
        self.hasWaited = hasWaited
    }
}

extension Waiting {
    package var queue: LaneQueue { LaneQueue(via: via, isTrial: isTrial) }
    var section: LaneSection { LaneSection(priority, queue) }
}

extension Waiting: Comparable {
    /// The order of turns within a lane, which is also the order to claim rows in.
    package static func < (left: Waiting, right: Waiting) -> Bool {
        (left.priority.rank, left.due, left.id) < (right.priority.rank, right.due, right.id)
    }
}
