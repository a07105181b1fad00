package import MailModel

/// How a trial stands: what operators, the schedule and the rollback rule have made of what is configured. It is kept in the
/// store, so that a restart changes nothing.
package struct TrialStanding: Hashable, Sendable {
    package enum State: String, Hashable, Sendable, CaseIterable {
        case running
        /// By the rule, or by an open circuit; until an operator starts it again.
        case rolledBack = "rolled_back"
        /// By an operator; the same.
        case stopped
    }

    package private(set) var state = State.running
    /// An operator's, in place of the configured one and of the schedule.
    package private(set) var share: TrialShare?
    /// When this state began.
    package private(set) var since: Timestamp
    /// Messages that were accepted before count no more for the rule.
    package private(set) var startedDate: Timestamp
    package private(set) var progress: RampProgress
    /// Why it was rolled back.
    package private(set) var reason: String?

    /// As configured.
    package init(startedAt now: Timestamp) {
        since = now
        startedDate = now
        progress = RampProgress(startedAt: now)
    }

    /// As the store has it.
    package init(
        _ state: State, share: TrialShare?, since: Timestamp, startedDate: Timestamp, progress: RampProgress,
        reason: String?
    ) {
        self.state = state
        self.share = share
        self.since = since
        self.startedDate = startedDate
        self.progress = progress
        self.reason = reason
    }

    /// An operator starts it: what was before counts no more for the rule. A schedule goes on where an operator stopped it,
    /// and begins anew after a rollback.
    package mutating func start(at now: Timestamp) {
        switch state {
        case .running: return
        case .rolledBack: progress = RampProgress(startedAt: now)
        case .stopped: progress.look(at: now, isHealthy: false)
        }
        startedDate = now
        enter(.running, at: now)
    }

    package mutating func stop(at now: Timestamp) {
        switch state {
        case .running, .rolledBack: enter(.stopped, at: now)
        case .stopped: return
        }
    }

    /// Whatever the state; it takes effect while the trial runs.
    package mutating func setShare(_ share: TrialShare) { self.share = share }

    /// Once: nothing but an operator leads back.
    package mutating func rollBack(because reason: String, at now: Timestamp) {
        switch state {
        case .running: enter(.rolledBack, because: reason, at: now)
        case .rolledBack, .stopped: return
        }
    }

    /// Time passes; only what is healthy brings a schedule forward, and only while the schedule has the say.
    package mutating func look(at now: Timestamp, isHealthy: Bool) {
        progress.look(at: now, isHealthy: isHealthy && state == .running && share == nil)
    }

    private mutating func enter(_ state: State, because reason: String? = nil, at now: Timestamp) {
        (self.state, self.reason, since) = (state, reason, now)
    }
}
