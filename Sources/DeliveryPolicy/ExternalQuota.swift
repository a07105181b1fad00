import MailModel

/// The limit that all mailboxes of a route share: recipients outside its accepted domains (Exchange Online: "Tenant External
/// Recipient Rate Limit", over a sliding day and over every path).
///
/// A row that finds no room is put off by itself, so that it keeps none back that has no external recipients. It is put off
/// until those before it and itself will have found room, as far as is known; so each is put off about once, in
/// the order they came, and one that comes later waits behind those of its priority and above.
struct ExternalQuota: Sendable {
    private var bucket: TokenBucket?
    private var tickets: [QueueID: TokenBucket.Ticket] = [:]
    /// What rows that are put off will take, until a little after their moment; by `Priority.rank`.
    private var promised: [TokenBucket] = []

    init(_ rate: Rate?) { configure(rate) }

    var rate: Rate? { bucket?.rate }

    /// What was spent stays spent; a quota that is new knows of nothing yet.
    mutating func configure(_ rate: Rate?) {
        guard let rate else {
            (bucket, tickets, promised) = (nil, [:], [])
            return
        }
        if bucket == nil { bucket = TokenBucket(rate) } else { bucket?.configure(rate) }
        let ledger = TokenBucket(Rate(.max / 2, per: rate.per))
        promised = [TokenBucket](repeating: ledger, count: Priority.allCases.count)
    }

    func canEverFit(_ row: Waiting) -> Bool { rate.map { row.externals <= $0.amount } ?? true }

    /// Takes what the row needs, and returns `nil`; or says until when it is put off.
    mutating func admit(_ row: Waiting, at now: Instant) -> Instant? {
        guard row.externals > 0, let rate else { return nil }
        let moment = opening(for: row, at: now)
        if moment <= now, let ticket = bucket?.take(row.externals, at: now) {
            tickets[row.id] = ticket
            return nil
        }
        let until = max(moment, now + Self.shortestWait(rate))
        promised[row.priority.rank].restore(row.externals, returningAt: until + Self.courtesy(rate))
        return until
    }

    /// Takes what an errand's copies need; false, and nothing taken, where the quota has nothing to spare.
    mutating func admit(_ errand: Errand, at now: Instant) -> Bool {
        guard errand.externalCopies > 0, let bucket else { return true }
        guard bucket.hasToSpare(errand.externalCopies, at: now) else { return false }
        adopt(errand)
        return true
    }

    mutating func adopt(_ errand: Errand) {
        guard errand.externalCopies > 0, let ticket = bucket?.charge(errand.externalCopies) else { return }
        tickets[errand.id] = ticket
    }

    /// Counts an attempt that is under way without having been admitted here.
    mutating func adopt(_ row: Waiting) {
        if row.externals > 0, let ticket = bucket?.charge(row.externals) { tickets[row.id] = ticket }
    }

    mutating func finished(_ id: QueueID, reachedFarSide: Bool, at now: Instant) {
        guard let ticket = tickets.removeValue(forKey: id) else { return }
        if reachedFarSide { bucket?.settle(ticket, at: now) } else { bucket?.refund(ticket) }
    }

    mutating func restore(_ spent: Spent) {
        guard let rate else { return }
        bucket?.restore(spent.externalRecipients, returningAt: spent.answeredAt + rate.per)
    }

    func use(at now: Instant) -> LimitUse? {
        bucket.map { LimitUse(.externalRecipients, used: $0.spent(at: now), of: $0.rate) }
    }

    /// From when on so many could go, all of that priority; without regard to what others may take meanwhile.
    func opening(_ total: Int64, for priority: Priority, at now: Instant) -> Instant {
        guard total > 0, let bucket else { return now }
        return now + bucket.time(toTake: total, leaving: bucket.rate.reserve(before: priority), at: now)
    }

    /// The same for a row behind those that wait already. One that needs more than its priority's share has its turn when
    /// nothing is used.
    private func opening(for row: Waiting, at now: Instant) -> Instant {
        guard let bucket else { return now }
        let reserve = bucket.rate.reserve(before: row.priority)
        if row.externals > bucket.rate.amount - reserve {
            return bucket.nextAvailable(row.externals, leaving: reserve, at: now) ?? now + bucket.rate.per
        }
        let ahead = row.hasWaited ? 0 : promised(before: row.priority, at: now)
        return opening(ahead + row.externals, for: row.priority, at: now)
    }

    private func promised(before priority: Priority, at now: Instant) -> Int64 {
        promised.prefix(priority.rank + 1).reduce(0) { $0 + $1.spent(at: now) }
    }

    /// No row is looked at again sooner than it matters.
    private static func shortestWait(_ rate: Rate) -> Duration { max(.seconds(1), rate.per / 1024) }

    /// For so long beyond its moment a row still has what it was promised, until it has come up again.
    private static func courtesy(_ rate: Rate) -> Duration { min(.seconds(30), rate.per / 16) }
}

extension Waiting {
    /// Where nobody has counted them, all.
    fileprivate var externals: Int64 { Int64(externalRecipients ?? recipients) }
}
