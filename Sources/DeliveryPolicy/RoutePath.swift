import MailModel

/// One path of a route: the breaker before it, its share of concurrency, and the mailboxes that could start a row by it,
/// now or later.
struct RoutePath: Sendable {
    var breaker = CircuitBreaker(.route)
    private(set) var inFlight = 0
    private var ready = ReadyRing()
    private var wakes = WakeQueue()
    /// The mailbox whose trouble was last put down to the path.
    private var suspect: Address?

    func isOpen(at now: Instant, concurrency: Int) -> Bool { inFlight < concurrency && breaker.admits(at: now) }

    /// The earliest moment at which a mailbox could start by it without another event.
    func nextWake(at now: Instant, concurrency: Int) -> Instant? {
        guard inFlight < concurrency, let opening = breaker.opening(at: now) else { return nil }
        if !ready.isEmpty { return opening }
        return wakes.earliest.map { max($0, opening) }
    }

    /// - Parameter load: its attempts in flight by this path.
    mutating func place(_ mailbox: Address, _ readiness: Lane.Readiness, load: Int) {
        switch readiness {
        case .now(let priority):
            ready.insert(mailbox, priority, load: load)
            wakes.set(mailbox, to: nil)
        case .later(let moment):
            ready.remove(mailbox)
            wakes.set(mailbox, to: moment)
        case .idle:
            ready.remove(mailbox)
            wakes.set(mailbox, to: nil)
        }
    }

    /// Some mailbox could start a row by it.
    var hasReady: Bool { !ready.isEmpty }

    mutating func popReady() -> Address? { ready.popFirst() }

    /// Until it is placed anew, the mailbox is not ready.
    mutating func withdraw(_ mailbox: Address) { ready.remove(mailbox) }

    /// A mailbox whose moment has come: it is to be placed anew.
    mutating func popDue(at now: Instant) -> Address? { wakes.popDue(at: now) }

    mutating func started(_ id: QueueID) {
        inFlight += 1
        breaker.started(id)
    }

    /// An attempt is under way that has not been started here: it is nobody's probe.
    mutating func adopted() { inFlight += 1 }

    /// Lets the breaker know, and says whether the trouble seems to be this mailbox's alone.
    ///
    /// An answer such as 503 may come from the one store that holds the mailbox. While the breaker is closed, such answers
    /// in a row count for the route only from the second mailbox on; no answer at all always does.
    mutating func finished(
        _ id: QueueID, of mailbox: Address, _ effect: LaneEffect, at now: Instant,
        using random: inout some RandomNumberGenerator
    ) -> Bool {
        inFlight -= 1
        switch effect {
        case .healthy, .pause:
            breaker.answered(id)
            suspect = nil
        case .inconclusive:
            breaker.inconclusive(id, at: now)
        case .routeFailure(let refusal, let retryAfter):
            let isOneStores = refusal.cause == .unavailable && refusal.status != nil && suspect ?? mailbox == mailbox
            suspect = mailbox
            if breaker.trouble == nil, isOneStores { return true }
            breaker.failed(id, refusal, retryAfter: retryAfter, at: now, using: &random)
        }
        return breaker.trouble == nil
    }
}
