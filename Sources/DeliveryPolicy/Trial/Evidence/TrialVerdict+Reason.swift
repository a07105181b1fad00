// The sentences of a verdict.

extension TrialVerdict {
    static func reason(
        _ evidence: TrialEvidence, _ word: Word, _ difference: Interval?, _ missing: Int?, _ tolerance: Double
    ) -> String {
        if let rollback = evidence.rollback { return "The trial was rolled back: \(rollback)." }
        guard let difference else {
            let empty = [evidence.trial, evidence.control].filter { $0.failures.total == 0 }.map(\.name)
            return "No message by \(empty.joined(separator: " or ")) has come to an end yet."
        }
        return [
            facts(evidence), interval(difference), conclusion(evidence, word, missing, tolerance), latency(evidence),
        ].compactMap(\.self).joined(separator: " ")
    }

    private static func facts(_ evidence: TrialEvidence) -> String {
        let parts = [evidence.trial, evidence.control].map { arm in
            "of \(arm.failures.total) by \(arm.name) \(arm.failures.count) failed (\(Decimal.percent(arm.failures.rate)))"
        }
        return "\(parts[0].prefix(1).uppercased())\(parts[0].dropFirst()), \(parts[1])."
    }

    private static func interval(_ difference: Interval) -> String {
        "The difference is \(Decimal.points(difference.estimate)) percentage points, with 95 % confidence between "
            + "\(Decimal.points(difference.lower)) and \(Decimal.points(difference.upper))."
    }

    private static func conclusion(_ evidence: TrialEvidence, _ word: Word, _ missing: Int?, _ tolerance: Double)
        -> String
    {
        let allowed = "the tolerated \(Decimal.points(tolerance))"
        return switch word {
        case .go: "That is within \(allowed)."
        case .stop: "\(evidence.trial.name) fails more often, and perhaps by more than \(allowed)."
        case .wait:
            if let missing {
                "That is not enough to tell whether it is within \(allowed): about \(missing) more by "
                    + "\(evidence.trial.name) are needed, if they fare like those before."
            } else {
                "That is not enough to tell whether it is within \(allowed)."
            }
        }
    }

    private static func latency(_ evidence: TrialEvidence) -> String? {
        guard let latency = evidence.latency, latency.lower > 0 || latency.upper < 0 else { return nil }
        let bounds = [abs(latency.lower), abs(latency.upper)].sorted()
        // Narrow ones take more digits to tell them apart.
        let digits = bounds[1] - bounds[0] < 0.1 ? 3 : 1
        let words = bounds.map { Decimal.fixed($0, digits) }.joined(separator: " to ")
        return
            "The median message by \(evidence.trial.name) took \(words) s \(latency.lower > 0 ? "longer" : "less")."
    }
}
