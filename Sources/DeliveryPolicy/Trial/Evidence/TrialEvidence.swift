/// What both arms of a trial have come to over the same period.
package struct TrialEvidence: Hashable, Sendable {
    package struct Arm: Hashable, Sendable {
        /// What people call it: `Graph`, `SMTP`.
        package let name: String
        /// Messages that have come to an end, and how many of them badly: failed for good, of unknown outcome, or moved to
        /// the other path because this one did not work.
        package let failures: Proportion

        package init(name: String, failures: Proportion) {
            self.name = name
            self.failures = failures
        }
    }

    package var trial: Arm
    package var control: Arm
    /// Median latency of the trial arm less that of the control arm, in seconds.
    package var latency: Interval?
    /// Why the trial was rolled back, where it was.
    package var rollback: String?

    package init(trial: Arm, control: Arm, latency: Interval? = nil, rollback: String? = nil) {
        self.trial = trial
        self.control = control
        self.latency = latency
        self.rollback = rollback
    }
}
