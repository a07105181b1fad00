import MailModel

/// What stands between one mailbox and one path: a pause the far side asked for, a breaker for what only an operator can
/// mend, and the attempts under way. The other path has its own, and neither hears of the other.
struct PathGate: Sendable {
    private(set) var inFlight = 0
    private var throttle = ThrottlePause()
    private var breaker = CircuitBreaker(.mailbox)

    /// From when on an attempt may start as far as pauses go, not before `now`; `nil` while a probe is under way.
    func opening(at now: Instant) -> Instant? { breaker.opening(at: now).map { max($0, throttle.until ?? now) } }

    /// Whether an attempt that has started, but has sent nothing yet, may go on.
    func stillAdmits(_ id: QueueID, at now: Instant) -> Bool { !throttle.isPaused(at: now) && breaker.stillAdmits(id) }

    /// All that is wrong, also where a probe may go now.
    func troubles(at now: Instant) -> [Trouble] { [throttle.trouble(at: now), breaker.trouble].compactMap(\.self) }

    /// When it may be forgotten, if nothing happens. A breaker that waits for an operator is kept for an hour beyond its
    /// wait.
    func retirement(at now: Instant) -> Instant {
        max(throttle.until ?? now, breaker.trouble?.until.map { $0 + .seconds(3600) } ?? now)
    }

    mutating func started(_ id: QueueID) {
        inFlight += 1
        breaker.started(id)
    }

    /// An attempt is under way that has not been started here: it is nobody's probe.
    mutating func adopted() { inFlight += 1 }

    mutating func finished(
        _ id: QueueID, _ effect: LaneEffect, at now: Instant, using random: inout some RandomNumberGenerator
    ) {
        inFlight -= 1
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

    mutating func restore(_ refusal: Refusal, since: Instant, until: Instant) {
        if refusal.cause.needsOperator {
            breaker.restore(refusal, since: since, until: until)
        } else {
            throttle.restore(refusal, since: since, until: until)
        }
    }
}
