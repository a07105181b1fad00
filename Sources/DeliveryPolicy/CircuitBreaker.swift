package import MailModel

/// Keeps attempts from a place that is known to fail, and finds out by itself when it works again: after each wait one
/// attempt goes as a probe, and only its answer opens the way for the others.
///
/// One stands before each path of a route, and one before each mailbox for what only an operator can mend.
package struct CircuitBreaker: Sendable {
    package struct Policy: Hashable, Sendable {
        /// Faults in a row of the service or network that open it; every other cause opens it at once, because the next
        /// attempt would meet the same answer.
        package var faultsToOpen: Int
        package var backoff: Backoff

        package init(faultsToOpen: Int, backoff: Backoff) {
            self.faultsToOpen = faultsToOpen
            self.backoff = backoff
        }

        /// For a path of a route: a stray reset is forgiven, an outage is noticed at the third.
        package static let route = Policy(faultsToOpen: 3, backoff: Backoff(first: .seconds(5), max: .seconds(300)))
        /// For a mailbox that waits for an operator.
        package static let mailbox = Policy(faultsToOpen: 1, backoff: Backoff(first: .seconds(30), max: .seconds(300)))
    }

    /// What is wrong, until a good answer says that it is not.
    package struct Outage: Hashable, Sendable {
        package var reason: Refusal
        /// When the breaker first opened for it.
        package var since: Instant
        /// Probes that have failed.
        package var repeats: Int

        package init(reason: Refusal, since: Instant, repeats: Int) {
            self.reason = reason
            self.since = since
            self.repeats = repeats
        }
    }

    package enum State: Hashable, Sendable {
        /// All attempts pass. Counts the faults since the last good answer; goes to `open`.
        case closed(faults: Int)
        /// None passes before `until`; then the first to start is the probe: goes to `halfOpen`.
        case open(until: Instant, Outage)
        /// One attempt is under way; its end leads to `closed`, to a longer `open`, or, where it proved nothing, to
        /// another probe.
        case halfOpen(probe: QueueID, Outage)
    }

    package private(set) var state = State.closed(faults: 0)
    private let policy: Policy
    /// The far side's own Retry-After, which nobody may cut short.
    private var notBefore: Instant?

    package init(_ policy: Policy) { self.policy = policy }

    /// Why attempts wait, and until when; `nil` when closed.
    var trouble: Trouble? {
        switch state {
        case .closed: nil
        case .open(let until, let outage): Trouble(reason: outage.reason, since: outage.since, until: until)
        case .halfOpen(_, let outage): Trouble(reason: outage.reason, since: outage.since, until: nil)
        }
    }

    /// From when on an attempt may start, not before `now`; `nil` while a probe is under way.
    package func opening(at now: Instant) -> Instant? {
        switch state {
        case .closed: now
        case .open(let until, _): max(now, until)
        case .halfOpen: nil
        }
    }

    package func admits(at now: Instant) -> Bool { opening(at: now).map { $0 <= now } ?? false }

    /// Whether an attempt that was admitted, but has sent nothing yet, may go on: the breaker may have opened meanwhile.
    package func stillAdmits(_ id: QueueID) -> Bool {
        switch state {
        case .closed: true
        case .open: false
        case .halfOpen(let probe, _): probe == id
        }
    }

    /// An attempt that was admitted starts.
    package mutating func started(_ id: QueueID) {
        switch state {
        case .closed: break
        case .open(_, let outage): state = .halfOpen(probe: id, outage)
        case .halfOpen: preconditionFailure("one probe at a time")
        }
    }

    /// The far side works: it accepted, or refused for the message's own sake. Answers to attempts that began before the
    /// trouble prove nothing.
    package mutating func answered(_ id: QueueID) {
        switch state {
        case .closed: state = .closed(faults: 0)
        case .halfOpen(let probe, _) where probe == id:
            state = .closed(faults: 0)
            notBefore = nil
        case .open, .halfOpen: break
        }
    }

    /// An attempt ended without telling whether the far side works.
    package mutating func inconclusive(_ id: QueueID, at now: Instant) {
        switch state {
        case .halfOpen(let probe, let outage) where probe == id: state = .open(until: now, outage)
        case .closed, .open, .halfOpen: break
        }
    }

    package mutating func failed(
        _ id: QueueID, _ refusal: Refusal, retryAfter: Duration?, at now: Instant,
        using random: inout some RandomNumberGenerator
    ) {
        if let retryAfter { notBefore = max(now + retryAfter, notBefore ?? now) }
        switch state {
        case .closed(let faults):
            let isFault = refusal.cause == .unavailable && retryAfter == nil
            if isFault, faults + 1 < policy.faultsToOpen {
                state = .closed(faults: faults + 1)
            } else {
                open(Outage(reason: refusal, since: now, repeats: 0), at: now, using: &random)
            }
        case .open(let until, let outage):
            // Others that were under way when it opened: they make nothing worse.
            state = .open(until: max(until, notBefore ?? until), outage)
        case .halfOpen(let probe, let outage) where probe == id:
            let lasting = Outage(reason: refusal, since: outage.since, repeats: outage.repeats + 1)
            open(lasting, at: now, using: &random)
        case .halfOpen(_, let outage):
            // Whoever has just been told to wait is right, whatever the probe will be told.
            if retryAfter != nil, let notBefore { state = .open(until: notBefore, outage) }
        }
    }

    /// An operator changed something: the next probe goes now, or as soon as a Retry-After allows.
    package mutating func hurry(at now: Instant) {
        guard case .open(let until, let outage) = state else { return }
        state = .open(until: min(until, max(now, notBefore ?? now)), outage)
    }

    /// Takes up a wait that the log remembers.
    package mutating func restore(_ refusal: Refusal, since: Instant, until: Instant) {
        state = .open(until: until, Outage(reason: refusal, since: since, repeats: 0))
        notBefore = until
    }

    private mutating func open(_ outage: Outage, at now: Instant, using random: inout some RandomNumberGenerator) {
        let until = now + policy.backoff.wait(afterRepeats: outage.repeats, using: &random)
        state = .open(until: max(until, notBefore ?? until), outage)
    }
}
