import MailModel

/// The lanes of one route behind its circuit breaker, sharing its concurrency. Every event touches one lane.
struct RouteLanes: Sendable {
    private(set) var limits: RouteLimits
    private var lanes: [Address: Lane] = [:]
    private var breaker = CircuitBreaker(.route)
    private var inFlight = 0
    private var ready = ReadyRing()
    private var wakes = WakeQueue()
    private var retirements = WakeQueue()
    /// The mailbox whose trouble was last put down to the route.
    private var suspect: Address?

    init(_ limits: RouteLimits) { self.limits = limits }

    var laneCount: Int { lanes.count }

    func lane(_ mailbox: Address) -> Lane { lanes[mailbox] ?? Lane(limits.lane) }

    /// - Returns: rows that can never start under the new limits; they are forgotten here.
    mutating func configure(_ limits: RouteLimits, at now: Instant) -> [Waiting] {
        self.limits = limits
        return mailboxes.flatMap { mailbox in update(mailbox, at: now) { $0.configure(limits.lane) } }
    }

    /// Changes a lane, which is made where it is not there yet, and puts it where it then belongs.
    mutating func update<Result>(_ mailbox: Address, at now: Instant, _ change: (inout Lane) -> Result) -> Result {
        let result = change(&lanes[mailbox, default: Lane(limits.lane)])
        place(mailbox, at: now)
        return result
    }

    /// An operator changed something: what waits for that tries at once.
    mutating func hurry(at now: Instant) {
        breaker.hurry(at: now)
        for mailbox in mailboxes { update(mailbox, at: now) { $0.hurry(at: now) } }
    }

    mutating func restorePause(_ refusal: Refusal, until: Instant) { breaker.restore(refusal, until: until) }

    mutating func startNext(at now: Instant) -> (mailbox: Address, row: Waiting)? {
        while let mailbox = wakes.popDue(at: now) { place(mailbox, at: now) }
        while let mailbox = retirements.popDue(at: now) { place(mailbox, at: now) }
        while inFlight < limits.concurrency, breaker.admits(at: now), let mailbox = ready.popFirst() {
            guard let row = update(mailbox, at: now, { $0.startNext(at: now) }) else { continue }
            inFlight += 1
            breaker.started(row.id)
            return (mailbox, row)
        }
        return nil
    }

    /// - Returns: when the row may be looked at again.
    mutating func finished(
        _ id: QueueID, of mailbox: Address, _ effect: LaneEffect, reachedFarSide: Bool, at now: Instant,
        using random: inout some RandomNumberGenerator
    ) -> Instant {
        inFlight -= 1
        let isLocal = judge(id, of: mailbox, effect, at: now, using: &random)
        update(mailbox, at: now) { lane in
            lane.finished(id, effect, reachedFarSide: reachedFarSide, at: now, using: &random)
            if isLocal, case .routeFailure(let refusal, let retryAfter) = effect {
                lane.keepStill(refusal, retryAfter: retryAfter, at: now, using: &random)
            }
        }
        let pausedUntil = lane(mailbox).pause(at: now)?.until ?? now
        return max(now, pausedUntil, breaker.openUntil ?? now)
    }

    func nextWake(at now: Instant) -> Instant? {
        guard inFlight < limits.concurrency, let opening = breaker.opening(at: now) else { return nil }
        if !ready.isEmpty { return opening }
        return wakes.earliest.map { max($0, opening) }
    }

    func explain(_ mailbox: Address, at now: Instant) -> LaneStatus {
        let lane = lane(mailbox)
        let waits = [lane.pause(at: now), breaker.reason.map { (breaker.openUntil, $0) }].compactMap(\.self)
        let longest = waits.max { ($0.until ?? now) < ($1.until ?? now) }
        let opening = breaker.opening(at: now)
        return LaneStatus(
            waiting: lane.window.count, inFlight: lane.inFlightCount,
            pausedUntil: longest?.until.map { max($0, now) }, reason: longest?.reason,
            nextStart: opening.flatMap { opening in lane.nextStart(at: now).map { max($0, opening) } },
            availableMessages: lane.availableMessages(at: now))
    }

    /// In an order that does not change from run to run.
    private var mailboxes: [Address] { lanes.keys.sorted { $0.folded < $1.folded } }

    /// Lets the breaker know, and says whether the trouble seems to be this mailbox's alone.
    ///
    /// An answer such as 503 may come from the one store that holds the mailbox. While the breaker is closed, such answers
    /// in a row count for the route only from the second mailbox on; no answer at all always does.
    private mutating func judge(
        _ id: QueueID, of mailbox: Address, _ effect: LaneEffect, at now: Instant,
        using random: inout some RandomNumberGenerator
    ) -> Bool {
        switch effect {
        case .healthy, .pause:
            breaker.answered(id)
            suspect = nil
        case .inconclusive:
            breaker.inconclusive(id, at: now)
        case .routeFailure(let refusal, let retryAfter):
            let isOneStores = refusal.cause == .unavailable && refusal.status != nil && suspect ?? mailbox == mailbox
            suspect = mailbox
            if breaker.reason == nil, isOneStores { return true }
            breaker.failed(id, refusal, retryAfter: retryAfter, at: now, using: &random)
        }
        return breaker.reason == nil
    }

    private mutating func place(_ mailbox: Address, at now: Instant) {
        guard let lane = lanes[mailbox] else { return }
        switch lane.readiness(at: now) {
        case .now(let priority):
            ready.insert(mailbox, priority)
            wakes.set(mailbox, to: nil)
        case .later(let moment):
            ready.remove(mailbox)
            wakes.set(mailbox, to: moment)
        case .idle:
            ready.remove(mailbox)
            wakes.set(mailbox, to: nil)
        }
        let retirement = lane.retirement(at: now)
        retirements.set(mailbox, to: retirement)
        if let retirement, retirement <= now {
            retirements.set(mailbox, to: nil)
            lanes[mailbox] = nil
        }
    }
}
