/// How many messages it takes until a trial can be judged, if both arms go on to fare as they have so far and grow in the
/// same proportion.
enum SampleSize {
    /// The interval is to come down to a tolerance, or to rise above nothing.
    enum Goal {
        case upperAtMost(Double)
        case lowerAbove(Double)
    }

    /// More messages in the trial arm, rounded up; 0 where it is reached. `nil` where no number would do, and where an arm
    /// has no messages to go by.
    static func more(trial: Proportion, control: Proportion, for goal: Goal) -> Int? {
        guard trial.total > 0, control.total > 0 else { return nil }
        func isReached(_ factor: Double) -> Bool {
            let interval = ProportionDifference.interval(
                trial.rate, of: Double(trial.total) * factor, minus: control.rate,
                of: Double(control.total) * factor)
            return switch goal {
            case .upperAtMost(let bound): interval.upper <= bound
            case .lowerAbove(let bound): interval.lower > bound
            }
        }
        guard let factor = smallestFactor(where: isReached) else { return nil }
        return Int((Double(trial.total) * (factor - 1)).rounded(.up))
    }

    /// The interval narrows as the factor grows, so doubling brackets the answer and halving finds it.
    private static func smallestFactor(where isReached: (Double) -> Bool) -> Double? {
        if isReached(1) { return 1 }
        guard var high = (1...40).lazy.map({ Double(1 << $0) }).first(where: isReached) else { return nil }
        var low = high / 2
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if isReached(middle) { high = middle } else { low = middle }
        }
        return high
    }
}
