import MailModel

/// The four limits of one mailbox, taken together or not at all. Exchange counts messages and recipients over both paths
/// ("Exchange Online limits": sending limits hold for the mailbox); requests and uploads are Graph's own.
struct LaneBuckets: Sendable {
    /// The most that one attempt costs. For the octets of Graph's MIME form: base 64 makes four of three.
    struct Cost: Hashable, Sendable {
        let recipients: Int64
        let requests: Int64
        let octets: Int64

        init(of row: Waiting, _ limits: LaneLimits) {
            recipients = Int64(row.recipients)
            let isUpload = limits.uploadsAbove.map { row.size > $0 } ?? false
            let allowance = UploadAllowance(size: row.size)
            let most = isUpload ? limits.requestsPerAttempt + allowance.requests : limits.requestsPerAttempt
            // A limit below it is kept by attempts one at a time.
            requests = min(most, limits.requests.amount)
            octets = isUpload ? allowance.octets : Int64(Base64.encodedLength(of: Int(row.size)))
        }
    }

    struct Tickets: Hashable, Sendable {
        fileprivate let messages, recipients: TokenBucket.Ticket
        /// By SMTP there are none.
        fileprivate let graph: GraphTickets?
    }

    fileprivate struct GraphTickets: Hashable, Sendable {
        let requests, upload: TokenBucket.Ticket
    }

    private(set) var messages: TokenBucket
    private(set) var recipients: TokenBucket
    private(set) var requests: TokenBucket
    private(set) var upload: TokenBucket
    private(set) var limits: LaneLimits

    init(_ limits: LaneLimits) {
        messages = TokenBucket(limits.messages)
        recipients = TokenBucket(limits.recipients)
        requests = TokenBucket(limits.requests)
        upload = TokenBucket(limits.upload, oversize: .whenUnused)
        self.limits = limits
    }

    mutating func configure(_ limits: LaneLimits) {
        messages.configure(limits.messages)
        recipients.configure(limits.recipients)
        requests.configure(limits.requests)
        upload.configure(limits.upload)
        self.limits = limits
    }

    /// False where no amount of waiting helps.
    func canEverFit(_ row: Waiting) -> Bool { Int64(row.recipients) <= recipients.rate.amount }

    mutating func take(for row: Waiting, by path: Path, isOverdue: Bool = false, at now: Instant) -> Tickets? {
        guard let moment = nextAvailable(for: row, by: path, isOverdue: isOverdue, at: now), moment <= now else {
            return nil
        }
        let cost = Cost(of: row, limits)
        guard let message = messages.take(1, at: now), let people = recipients.take(cost.recipients, at: now) else {
            preconditionFailure("what is available can be taken")
        }
        return Tickets(messages: message, recipients: people, graph: path == .graph ? takeGraphs(cost, at: now) : nil)
    }

    /// Counts an attempt that is under way, whether it fits or not.
    mutating func charge(for row: Waiting, by path: Path) -> Tickets {
        let cost = Cost(of: row, limits)
        let graph =
            path == .graph
            ? GraphTickets(requests: requests.charge(cost.requests), upload: upload.charge(cost.octets)) : nil
        return Tickets(messages: messages.charge(1), recipients: recipients.charge(cost.recipients), graph: graph)
    }

    /// Counts an errand that starts, or is under way.
    mutating func charge(for errand: Errand) -> Tickets {
        let graph = GraphTickets(requests: requests.charge(errand.requests), upload: upload.charge(errand.octets))
        return Tickets(
            messages: messages.charge(errand.copies), recipients: recipients.charge(errand.copies), graph: graph)
    }

    mutating func settle(_ tickets: Tickets, _ usage: Usage = .whole, at now: Instant) {
        messages.settle(tickets.messages, using: usage.isSubmitted ? tickets.messages.amount : 0, at: now)
        recipients.settle(tickets.recipients, using: usage.isSubmitted ? tickets.recipients.amount : 0, at: now)
        guard let graph = tickets.graph else { return }
        requests.settle(graph.requests, using: usage.requests, at: now)
        upload.settle(graph.upload, using: usage.octets ?? graph.upload.amount, at: now)
    }

    mutating func refund(_ tickets: Tickets) {
        messages.refund(tickets.messages)
        recipients.refund(tickets.recipients)
        guard let graph = tickets.graph else { return }
        requests.refund(graph.requests)
        upload.refund(graph.upload)
    }

    mutating func restore(_ spent: Spent) {
        messages.restore(spent.messages, returningAt: spent.answeredAt + messages.rate.per)
        recipients.restore(spent.recipients, returningAt: spent.answeredAt + recipients.rate.per)
        guard spent.path == .graph else { return }
        requests.restore(spent.requests, returningAt: spent.answeredAt + requests.rate.per)
        let octets = Int64(Base64.encodedLength(of: Int(spent.size)))
        upload.restore(octets, returningAt: spent.answeredAt + upload.rate.per)
    }

    /// The earliest moment from `now` on at which the row fits all that hold for the path; `nil` while that depends on
    /// answers in flight.
    func nextAvailable(for row: Waiting, by path: Path, isOverdue: Bool = false, at now: Instant) -> Instant? {
        guard let shared = nextShared(for: row, isOverdue: isOverdue, at: now),
            let own = nextOwn(for: row, by: path, isOverdue: isOverdue, at: now)
        else { return nil }
        return max(shared, own)
    }

    /// The same for what both paths share.
    func nextShared(for row: Waiting, isOverdue: Bool = false, at now: Instant) -> Instant? {
        let message = next(1, in: messages, for: row.priority, isOverdue, at: now)
        let recipient = next(Int64(row.recipients), in: recipients, for: row.priority, isOverdue, at: now)
        guard let message, let recipient else { return nil }
        return max(message, recipient)
    }

    /// The same for what the path has to itself.
    func nextOwn(for row: Waiting, by path: Path, isOverdue: Bool = false, at now: Instant) -> Instant? {
        guard path == .graph else { return now }
        let cost = Cost(of: row, limits)
        let request = next(cost.requests, in: requests, for: row.priority, isOverdue, at: now)
        let octets = next(cost.octets, in: upload, for: row.priority, isOverdue, at: now)
        guard let request, let octets else { return nil }
        return max(request, octets)
    }

    /// Each priority leaves something to more urgent mail, which therefore goes at once when it comes behind a burst of
    /// bulk.
    func next(
        _ amount: Int64, in bucket: TokenBucket, for priority: Priority, _ isOverdue: Bool = false, at now: Instant
    ) -> Instant? {
        bucket.nextAvailable(amount, leaving: bucket.rate.reserve(before: priority, isOverdue: isOverdue), at: now)
    }

    func unused(from now: Instant) -> Instant? {
        guard let message = messages.unused(from: now), let recipient = recipients.unused(from: now),
            let request = requests.unused(from: now), let octets = upload.unused(from: now)
        else { return nil }
        return max(message, recipient, request, octets)
    }

    func availableRequests(at now: Instant) -> Int64 { requests.available(at: now) }

    func availableOctets(at now: Instant) -> Int64 { upload.available(at: now) }

    func availableMessages(at now: Instant) -> Int64 { messages.available(at: now) }

    private mutating func takeGraphs(_ cost: Cost, at now: Instant) -> GraphTickets {
        guard let request = requests.take(cost.requests, at: now), let octets = upload.take(cost.octets, at: now) else {
            preconditionFailure("what is available can be taken")
        }
        return GraphTickets(requests: request, upload: octets)
    }
}
