import DeliveryPolicy
import EmailLog
import MailModel

/// Whether a trial is to be rolled back: by its rule, over what the log says of its messages, or because the circuit of the
/// path that is tried stays open.
struct TrialGuard: Sendable {
    let log: EmailLog
    /// Beyond the rule's window: what may be answered between two looks, so that no window is passed over.
    private static let slack = 1000

    /// How the rule stands: how many of the last messages it speaks of, and, where it is broken, at which of all windows.
    struct Finding: Hashable, Sendable {
        var hits = 0
        var messages = 0
        var isBroken = false
    }

    func look(at trial: RouteTrial, _ rule: RollbackRule) async throws(EmailLogError) -> Finding {
        let answers = try await log.trialAnswers(
            route: trial.route, arm: TrialArm.trial.rawValue, path: trial.path, since: trial.standing.startedDate,
            limit: rule.window + Self.slack)
        return Self.judge(answers, rule)
    }

    static func judge(_ answers: [TrialAnswer], _ rule: RollbackRule) -> Finding {
        var watch = RollbackWatch(rule)
        for answer in answers where watch.finished(with: answer.troubles) { break }
        return Finding(hits: watch.standing.hits, messages: watch.standing.of, isBroken: watch.state == .rolledBack)
    }

    /// For so many seconds a rule of that window need not be looked at again: a large one costs more, and changes less.
    static func pace(of rule: RollbackRule) -> Duration { .seconds(max(1, rule.window / 1000)) }

    /// Why the trial is to be rolled back for its path's circuit: it has been open for as long as it takes until mail leaves
    /// it, since the trial was started or the trouble began.
    static func openCircuit(of trial: RouteTrial, _ status: PathStatus?, for span: Duration) -> String? {
        guard let reason = status?.reason, span >= trial.patience else { return nil }
        return
            "\(trial.path.rawValue) is closed for the whole route since \(Quantity.text(trial.patience)): \(reason.text)"
    }
}

extension TrialAnswer {
    var troubles: Set<RollbackRule.Metric> {
        var all: Set<RollbackRule.Metric> = []
        if hasFailed { all.insert(.failed) }
        if wasThrottled { all.insert(.throttled) }
        if isUnknown { all.insert(.unknown) }
        if fellBack { all.insert(.fellBack) }
        return all
    }
}

extension TrialGuard.Finding {
    func reason(_ rule: RollbackRule) -> String { "\(rule): \(hits) of the last \(messages) messages" }
}
