/// What to do about a trial, and why.
///
/// The question is whether the trial arm fails more often by more than is tolerated. `go` when the whole 95 % interval of
/// the difference is within the tolerance; `stop` when the trial is worse for certain, and not known to be within it; else
/// `wait`. The interval holds for one look: who looks every day, and stops at the first answer, errs more often than in
/// one of twenty cases.
package struct TrialVerdict: Hashable, Sendable {
    package enum Word: String, Hashable, Sendable, CaseIterable { case go, wait, stop }

    /// One in a hundred messages.
    package static let standardTolerance = 0.01

    package let word: Word
    /// In whole sentences.
    package let reason: String
    /// Difference of the failure rates, trial less control; `nil` while an arm has no messages.
    package let difference: Interval?
    /// How many more messages the trial arm takes for an answer, by what is known now; 0 when there is one.
    package let missing: Int?

    /// - Parameter tolerance: by how much more often the trial arm may fail, 0 to 1.
    package init(_ evidence: TrialEvidence, tolerance: Double = standardTolerance) {
        let (trial, control) = (evidence.trial.failures, evidence.control.failures)
        difference = ProportionDifference.interval(trial, minus: control)
        word = Self.word(difference, tolerance, isRolledBack: evidence.rollback != nil)
        let goal: SampleSize.Goal =
            trial.rate - control.rate < tolerance ? .upperAtMost(tolerance) : .lowerAbove(0)
        missing = word == .wait ? SampleSize.more(trial: trial, control: control, for: goal) : 0
        reason = Self.reason(evidence, word, difference, missing, tolerance)
    }

    private static func word(_ difference: Interval?, _ tolerance: Double, isRolledBack: Bool) -> Word {
        guard !isRolledBack else { return .stop }
        guard let difference else { return .wait }
        if difference.upper <= tolerance { return .go }
        return difference.lower > 0 ? .stop : .wait
    }
}
