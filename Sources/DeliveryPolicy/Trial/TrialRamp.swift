package import MailModel

/// A schedule of growing shares, in the configuration `ramp: {steps: [5, 25, 100], over: 7d}`: the first step at once, the
/// last when `over` has passed, the others evenly between. Only time in which the trial is healthy counts.
package struct TrialRamp: Hashable, Sendable {
    package enum Problem: Error, Hashable, Sendable {
        /// There must be two steps at least; one share is no ramp.
        case tooFewSteps
        /// Each step must be larger than the one before.
        case notGrowing
        /// `over` must be longer than nothing.
        case noTime
    }

    package let steps: [TrialShare]
    package let over: Duration

    package init(steps: [TrialShare], over: Duration) throws(Problem) {
        guard steps.count >= 2 else { throw .tooFewSteps }
        guard zip(steps, steps.dropFirst()).allSatisfy(<) else { throw .notGrowing }
        guard over > .zero else { throw .noTime }
        self.steps = steps
        self.over = over
    }

    /// - Parameter healthy: time that counts, since the start.
    package func share(after healthy: Duration) -> TrialShare { steps[index(after: healthy)] }

    /// How much more healthy time the next step takes; `nil` on the last one.
    package func timeToNextStep(after healthy: Duration) -> Duration? {
        let next = index(after: healthy) + 1
        return next < steps.count ? start(of: next) - max(healthy, .zero) : nil
    }

    private func index(after healthy: Duration) -> Int { steps.indices.last { start(of: $0) <= healthy } ?? 0 }

    private func start(of step: Int) -> Duration { over * step / (steps.count - 1) }
}

/// How far a ramp has come: the healthy time so far, fed by looks in regular distances.
///
/// What stands in the store are `healthy` and `lastLook`; a restart goes on from them.
package struct RampProgress: Hashable, Sendable {
    /// Between two looks no more than this counts: while the service was down, nobody knows.
    package static let longestGap = Duration.seconds(600)

    package private(set) var healthy: Duration
    package private(set) var lastLook: Timestamp

    package init(startedAt start: Timestamp) { self.init(healthy: .zero, lastLook: start) }

    package init(healthy: Duration, lastLook: Timestamp) {
        self.healthy = healthy
        self.lastLook = lastLook
    }

    /// - Parameter isHealthy: whether the trial was, from the last look to this one. A clock that steps back adds nothing.
    package mutating func look(at now: Timestamp, isHealthy: Bool) {
        let passed = min(max(now - lastLook, .zero), Self.longestGap)
        lastLook = now
        if isHealthy { healthy += passed }
    }
}
