import MailModel

/// The turns of one mailbox's mail: which row may start next, and when.
///
/// More urgent rows go first, and within a priority the longest due. A row that is due but does not fit the limits yet
/// blocks those behind it, else a message to many recipients would never find room. Bulk mail may use all but a thirtieth
/// of the limits and all but one of the concurrent attempts, and `FairTurn` keeps it from starving.
struct Lane: Sendable {
    enum Readiness: Hashable, Sendable {
        /// A row of this priority can start now.
        case now(Priority)
        case later(Instant)
        /// Only an event can change anything: an answer, or a new row.
        case idle
    }

    private(set) var window = LaneWindow()
    private var limits: LaneLimits
    private var buckets: LaneBuckets
    private var inFlight: [QueueID: LaneBuckets.Tickets] = [:]
    private var throttle = ThrottlePause()
    private var breaker = CircuitBreaker(.mailbox)
    private var fairness = FairTurn()

    init(_ limits: LaneLimits) {
        self.limits = limits
        buckets = LaneBuckets(limits)
    }

    var inFlightCount: Int { inFlight.count }

    /// - Returns: rows that can never start under the new limits; they are no longer in the window.
    mutating func configure(_ limits: LaneLimits) -> [Waiting] {
        self.limits = limits
        buckets.configure(limits)
        let misfits = window.all.filter { !buckets.canEverFit($0) }
        for row in misfits { window.remove(row) }
        return misfits
    }

    /// False, and nothing done, where the row can never fit.
    mutating func enqueue(_ row: Waiting) -> Bool {
        guard buckets.canEverFit(row) else { return false }
        window.insert(row)
        return true
    }

    mutating func remove(_ row: Waiting) { window.remove(row) }

    /// Takes the next row that can start now out of the window, with its tokens.
    mutating func startNext(at now: Instant) -> Waiting? {
        guard let row = candidate(at: now), let tickets = buckets.take(for: row, at: now) else { return nil }
        window.remove(row)
        inFlight[row.id] = tickets
        breaker.started(row.id)
        let others = Priority.allCases.filter { isDue(window[$0].first, at: now) }
        fairness.taken(
            overtaking: others.contains { $0 < row.priority }, passing: others.contains { $0 > row.priority })
        return row
    }

    mutating func finished(
        _ id: QueueID, _ effect: LaneEffect, reachedFarSide: Bool, at now: Instant,
        using random: inout some RandomNumberGenerator
    ) {
        guard let tickets = inFlight.removeValue(forKey: id) else { return }
        if reachedFarSide { buckets.settle(tickets, at: now) } else { buckets.refund(tickets) }
        switch effect {
        case .healthy:
            throttle.flowed(at: now)
            breaker.answered(id)
        case .inconclusive, .routeFailure:
            breaker.inconclusive(id, at: now)
        case .pause(let refusal, let retryAfter) where refusal.cause.needsOperator:
            breaker.failed(id, refusal, retryAfter: retryAfter, at: now, using: &random)
        case .pause(let refusal, let retryAfter):
            breaker.inconclusive(id, at: now)
            throttle.refused(refusal, retryAfter: retryAfter, at: now, using: &random)
        }
    }

    /// Keeps still for trouble on the way that seems to be this mailbox's alone.
    mutating func keepStill(
        _ refusal: Refusal, retryAfter: Duration?, at now: Instant, using random: inout some RandomNumberGenerator
    ) {
        var local = refusal
        local.scope = .mailbox
        throttle.refused(local, retryAfter: retryAfter, at: now, using: &random)
    }

    mutating func hurry(at now: Instant) { breaker.hurry(at: now) }

    mutating func restore(_ spent: Spent) { buckets.restore(spent) }

    mutating func restorePause(_ refusal: Refusal, until: Instant) {
        if refusal.cause.needsOperator {
            breaker.restore(refusal, until: until)
        } else {
            throttle.restore(refusal, until: until)
        }
    }

    func readiness(at now: Instant) -> Readiness {
        if let row = candidate(at: now) { return .now(row.priority) }
        return nextStart(at: now).map { .later($0) } ?? .idle
    }

    /// Until when it is paused, and why.
    func pause(at now: Instant) -> (until: Instant?, reason: Refusal)? {
        if let until = throttle.until, until > now, until > breaker.openUntil ?? now, let reason = throttle.reason {
            return (until, reason)
        }
        return breaker.reason.map { (breaker.openUntil, $0) }
    }

    func timeToDrain(messages: Int64, recipients: Int64, at now: Instant) -> Duration {
        buckets.timeToDrain(messages: messages, recipients: recipients, at: now)
    }

    func availableMessages(at now: Instant) -> Int64 { buckets.availableMessages(at: now) }

    /// From when on the lane may be forgotten, if nothing happens; `nil` while it has rows. A breaker that waits for an
    /// operator is kept for an hour beyond its wait.
    func retirement(at now: Instant) -> Instant? {
        guard window.count == 0, inFlight.isEmpty, let unused = buckets.unused(from: now) else { return nil }
        return max(unused, throttle.until ?? now, breaker.openUntil.map { $0 + .seconds(3600) } ?? now)
    }

    /// The earliest moment at which some row can start, as far as known now; `nil` while that takes an event.
    func nextStart(at now: Instant) -> Instant? {
        guard inFlight.count < limits.concurrency, let opening = opening(at: now) else { return nil }
        return heads(at: opening).compactMap { start(of: $0, from: max(opening, $0.due)) }.min()
    }

    private func candidate(at now: Instant) -> Waiting? {
        guard inFlight.count < limits.concurrency, let opening = opening(at: now), opening <= now else { return nil }
        return heads(at: now).first { $0.due <= now && start(of: $0, from: now).map { $0 <= now } ?? false }
    }

    /// When the pauses are over; `nil` while a probe is under way.
    private func opening(at now: Instant) -> Instant? {
        breaker.opening(at: now).map { max($0, throttle.until ?? now) }
    }

    /// The rows whose turn it could be, first choice first: all but those that a due row keeps behind itself.
    private func heads(at now: Instant) -> [Waiting] {
        let firsts = Priority.allCases.compactMap { window[$0].first }
        guard let blocking = firsts.firstIndex(where: { $0.due <= now }) else { return firsts }
        let turn = fairness.isDue ? firsts[(blocking + 1)...].filter { $0.due <= now }.min { $0.due < $1.due } : nil
        return (turn.map { [$0] } ?? []) + firsts[...blocking]
    }

    private func start(of row: Waiting, from now: Instant) -> Instant? {
        let slots = row.priority == .bulk && limits.concurrency > 1 ? limits.concurrency - 1 : limits.concurrency
        return inFlight.count < slots ? buckets.nextAvailable(for: row, at: now) : nil
    }

    private func isDue(_ row: Waiting?, at now: Instant) -> Bool { row.map { $0.due <= now } ?? false }
}
