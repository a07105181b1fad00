import DequeModule
package import MailModel

/// A limiter whose tokens come back one window *after the answer* to the request that took them.
///
/// The far side counts a request when it arrives, somewhere between our start and its answer. A token that returns at
/// answer + window can only be used for an arrival at least a window after the one it was taken for; so no window of the
/// far side, wherever it begins, ever holds more than the limit, whatever the latency. A backlog still drains at
/// amount / (window + latency), which is the full rate for all practical purposes.
package struct TokenBucket: Sendable {
    /// Tokens that are in use by a request in flight.
    package struct Ticket: Hashable, Sendable {
        package let amount: Int64
    }

    /// What becomes of an amount above the whole capacity.
    package enum Oversize: Hashable, Sendable {
        /// It never fits.
        case refused
        /// It goes when the bucket is entirely unused: one huge message must not block its mailbox for ever. For octets.
        case whenUnused
    }

    private struct Return: Sendable {
        /// When the first of the tokens merged here would have come back.
        let first: Instant
        /// When all of them do.
        var at: Instant
        var amount: Int64
    }

    package private(set) var rate: Rate
    private let oversize: Oversize
    private var inFlight: Int64 = 0
    /// Ascending in time.
    private var returns: Deque<Return> = []
    private var returning: Int64 = 0

    package init(_ rate: Rate, oversize: Oversize = .refused) {
        self.rate = rate
        self.oversize = oversize
    }

    /// Takes effect at once; what was spent stays spent, and comes back one *new* window after its answer.
    package mutating func configure(_ rate: Rate) {
        let shift = rate.per - self.rate.per
        self.rate = rate
        returns = Deque(returns.map { Return(first: $0.first + shift, at: $0.at + shift, amount: $0.amount) })
    }

    /// `nil` where it does not fit now. Every ticket must be settled or refunded, once.
    package mutating func take(_ amount: Int64, at now: Instant) -> Ticket? {
        expire(at: now)
        guard fits(amount, in: balance) else { return nil }
        inFlight += amount
        return Ticket(amount: amount)
    }

    /// Takes what is being used already, whether it fits or not.
    package mutating func charge(_ amount: Int64) -> Ticket {
        inFlight += amount
        return Ticket(amount: amount)
    }

    /// The answer came, or the time after which the request cannot arrive any more.
    ///
    /// - Parameter amount: what was used of the ticket, or beyond it; `nil`: all of it.
    package mutating func settle(_ ticket: Ticket, using amount: Int64? = nil, at now: Instant) {
        release(ticket)
        expire(at: now)
        restore(amount ?? ticket.amount, returningAt: now + rate.per)
    }

    /// Nothing reached the far side: the tokens are there again.
    package mutating func refund(_ ticket: Ticket) { release(ticket) }

    /// Books what was spent before this bucket existed. Cheapest in ascending order.
    /// - Parameter instant: one window after the answer; rounded up, where the record is rounded.
    package mutating func restore(_ amount: Int64, returningAt instant: Instant) {
        guard amount > 0 else { return }
        returning += amount
        var index = returns.endIndex
        while index > returns.startIndex, returns[index - 1].at > instant { index -= 1 }
        if index < returns.endIndex, returns[index].at - instant <= grain {
            returns[index].amount += amount
        } else if index > returns.startIndex, index == returns.endIndex, instant - returns[index - 1].first <= grain {
            returns[index - 1].amount += amount
            returns[index - 1].at = instant
        } else {
            returns.insert(Return(first: instant, at: instant, amount: amount), at: index)
        }
    }

    package func available(at now: Instant) -> Int64 { max(0, balance(at: now)) }

    /// What was taken within the last window, or is in use.
    package func spent(at now: Instant) -> Int64 { rate.amount - balance(at: now) }

    /// How long it takes until so much has been taken in all, as fast as it comes back, with `reserve` always left: what is
    /// taken comes back a window later. An estimate where something is in flight.
    package func time(toTake total: Int64, leaving reserve: Int64 = 0, at now: Instant) -> Duration {
        guard total > 0 else { return .zero }
        let capacity = max(1, rate.amount - reserve)
        let (windows, rest) = ((total - 1) / capacity, (total - 1) % capacity + 1)
        let first = nextAvailable(rest, leaving: rate.amount - capacity, at: now) ?? now + rate.per
        return first - now + rate.per * Int(windows)
    }

    /// The earliest moment at which `amount` can be taken and `reserve` still be left, as far as known at `now`; `nil`
    /// while that depends on answers in flight, or for ever where the amount exceeds the capacity.
    package func nextAvailable(_ amount: Int64, leaving reserve: Int64 = 0, at now: Instant) -> Instant? {
        let wanted = amount > rate.amount ? amount : min(amount + reserve, rate.amount)
        var free = rate.amount - inFlight - returning
        var moment = now
        for entry in returns {
            if entry.at > now {
                if fits(wanted, in: free) { return moment }
                moment = entry.at
            }
            free += entry.amount
        }
        return fits(wanted, in: free) ? moment : nil
    }

    /// When nothing of what is known now is spent any more; `nil` while something is in flight.
    package func unused(from now: Instant) -> Instant? {
        guard inFlight == 0 else { return nil }
        return max(now, returns.last?.at ?? now)
    }

    /// Tokens that return this close together may wait for the last of them: a large bucket then holds a thousand entries
    /// instead of one for each message, and loses a thousandth of its rate.
    private var grain: Duration { rate.amount > 1024 ? rate.per / 1024 : .zero }

    /// Negative after an oversized amount, or when a reload lowered the limit.
    private var balance: Int64 { rate.amount - inFlight - returning }

    private func balance(at now: Instant) -> Int64 {
        returns.prefix { $0.at <= now }.reduce(balance) { $0 + $1.amount }
    }

    private func fits(_ amount: Int64, in free: Int64) -> Bool {
        if amount <= rate.amount { return amount <= free }
        return oversize == .whenUnused && free == rate.amount
    }

    private mutating func release(_ ticket: Ticket) {
        precondition(ticket.amount <= inFlight, "a ticket is settled once")
        inFlight -= ticket.amount
    }

    private mutating func expire(at now: Instant) {
        while let entry = returns.first, entry.at <= now {
            returning -= entry.amount
            returns.removeFirst()
        }
    }
}
