package import DeliveryPolicy
package import EmailLog
package import MailModel

/// How the trials stand, as `postern trial` tells it.
package struct TrialStatus: Sendable {
    package var trial: RouteTrial
    /// Of each arm, the messages accepted since it was started.
    package var messages: [TrialArm: Int]
    /// Of the rule, where there is one: how many of the last messages it speaks of.
    package var rule: Standing?
    /// The schedule's next step, and when it comes if all stays well.
    package var next: (share: TrialShare, date: Timestamp)?

    package struct Standing: Hashable, Sendable {
        package var rule: RollbackRule
        package var hits: Int
        package var messages: Int
    }
}

extension TrialStatus {
    package static func read(
        _ log: EmailLog, _ routes: [Route], clocks: Clocks = .system()
    ) async throws(EmailLogError) -> [TrialStatus] {
        let now = clocks.now()
        var all: [TrialStatus] = []
        for trial in try await routes.trials(in: log, at: now) {
            all.append(try await TrialStatus(trial, log, at: now))
        }
        return all
    }

    private init(_ trial: RouteTrial, _ log: EmailLog, at now: Timestamp) async throws(EmailLogError) {
        self.trial = trial
        let counts = try await log.trialCounts(route: trial.route, since: trial.standing.startedDate)
        messages = Dictionary(TrialArm.allCases.map { ($0, counts[$0.rawValue] ?? 0) }) { first, _ in first }
        if trial.settings.mode == .split, let rule = trial.settings.rollback?.rule {
            let finding = try await TrialGuard(log: log).look(at: trial, rule)
            self.rule = Standing(rule: rule, hits: finding.hits, messages: finding.messages)
        }
        let progress = trial.standing.progress
        if let ramp = trial.ramp, let wait = ramp.timeToNextStep(after: progress.healthy) {
            next = (ramp.share(after: progress.healthy + wait), max(now, progress.lastLook + wait))
        }
    }
}
