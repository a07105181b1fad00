package import MailModel

/// Something to do in a mailbox by Graph that no waiting message stands for: a draft that was left is taken away, or Graph
/// is exercised in a trial. Mail comes first: an errand starts only where nobody who waits could use its place, and leaves
/// one place and half of each limit's window to mail that may come meanwhile.
package struct Errand: Hashable, Sendable {
    /// Of no message, and of no other errand under way.
    package let id: QueueID
    package let lane: LaneKey
    /// The most that it makes.
    package private(set) var requests: Int64
    /// Of request bodies, at most.
    package let octets: Int64
    /// Messages that it sends, each to one recipient.
    package let copies: Int64
    /// Those to recipients outside the accepted domains.
    package let externalCopies: Int64

    package init(
        id: QueueID, lane: LaneKey, requests: Int64, octets: Int64 = 0, copies: Int64 = 0, externalCopies: Int64 = 0
    ) {
        self.id = id
        self.lane = lane
        self.requests = requests
        self.octets = octets
        self.copies = copies
        self.externalCopies = externalCopies
    }

    /// A limit below what it may take is kept by one at a time.
    func fitting(_ limits: LaneLimits) -> Errand {
        var errand = self
        errand.requests = min(requests, limits.requests.amount)
        return errand
    }

    /// How many of the attempts at once errands may bring about, mail included: one is left, where there is more than one.
    static func places(of concurrency: Int) -> Int { concurrency > 1 ? concurrency - 1 : concurrency }
}

extension TokenBucket {
    /// Whether half of the window would still be there without so many.
    func hasToSpare(_ amount: Int64, at now: Instant) -> Bool {
        guard amount > 0 else { return true }
        return nextAvailable(amount, leaving: rate.amount / 2, at: now).map { $0 <= now } ?? false
    }
}

extension LaneBuckets {
    func hasToSpare(_ errand: Errand, at now: Instant) -> Bool {
        messages.hasToSpare(errand.copies, at: now) && recipients.hasToSpare(errand.copies, at: now)
            && requests.hasToSpare(errand.requests, at: now) && upload.hasToSpare(errand.octets, at: now)
    }
}

extension Lane {
    /// A copy takes of what mail by SMTP needs as well, so it goes only where none waits for its turn.
    func hasRoom(for errand: Errand, _ outlook: RouteOutlook, at now: Instant) -> Bool {
        let isDelaying =
            errand.copies > 0 ? window.heads.contains { $0.due <= now } : hasMail(for: .graph, outlook, at: now)
        let isOpen = gates[.graph].opening(at: now).map { $0 <= now } ?? false
        return !isDelaying && isOpen && gates[.graph].inFlight < Errand.places(of: limits.concurrency(of: .graph))
            && buckets.hasToSpare(errand, at: now)
    }

    /// Whether a row is due that may go by the path now, whatever else it waits for.
    private func hasMail(for path: Path, _ outlook: RouteOutlook, at now: Instant) -> Bool {
        window.heads.contains { row in
            row.due <= now && opening(for: row.queue, by: path, outlook, at: now).map { $0 <= now } ?? false
        }
    }
}
