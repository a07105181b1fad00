package import DeliveryPolicy
package import EmailLog
package import MailModel

/// The trial of a route: what is configured, and how it stands.
package struct RouteTrial: Hashable, Sendable {
    package let route: String
    package let settings: TrialSettings
    /// The path that is tried.
    package let path: Path
    /// When the route's mail leaves a path in trouble.
    let patience: Duration
    package var standing: TrialStanding
    /// What the standing was made from, and which one of the store's it goes on from; see `TrialRecord`.
    let section: String
    let revision: Int

    /// What the store has of it, and, where that is nothing or of another section, as configured.
    ///
    /// - Parameter keepsSection: also what was made from another section stands: its service has not read this one yet.
    /// - Returns: `nil` where the route has no trial.
    package init?(_ route: Route, _ record: TrialRecord?, keepsSection: Bool, at now: Timestamp) {
        guard let settings = route.trial, let path = route.other else { return nil }
        let own = settings.text(tried: path)
        let kept = record.flatMap { keepsSection || $0.section == own ? $0 : nil }
        self.route = route.name
        self.settings = settings
        self.path = path
        patience = route.fallback?.after ?? FallbackRule().after
        standing = kept.flatMap { TrialStanding($0) } ?? TrialStanding(startedAt: now)
        section = kept?.section ?? own
        revision = record?.revision ?? 0
    }

    /// The store's belongs to another section than is configured.
    package var isOutdated: Bool { section != settings.text(tried: path) }

    /// In force now.
    package var share: TrialShare {
        switch standing.state {
        case .running: chosenShare
        case .rolledBack: min(settings.rollback?.to ?? .none, chosenShare)
        case .stopped: .none
        }
    }

    /// While it runs.
    package var chosenShare: TrialShare {
        if let share = standing.share { return share }
        return switch settings.amount {
        case .share(let share): share
        case .ramp(let ramp): ramp.share(after: standing.progress.healthy)
        }
    }

    /// The schedule that has the say.
    package var ramp: TrialRamp? {
        guard case .ramp(let ramp) = settings.amount, standing.state == .running, standing.share == nil else {
            return nil
        }
        return ramp
    }

    /// `nil` where nobody takes part.
    package var running: RunningTrial? {
        guard share > .none else { return nil }
        return RunningTrial(
            mode: settings.mode, assignment: TrialAssignment(share: share, filter: settings.filter))
    }

    /// The path that rows of the trial's arm take first; `nil` where they go like all others.
    package var preferredPath: Path? { settings.mode == .split && running != nil ? path : nil }

    package var record: TrialRecord {
        TrialRecord(
            route: route, state: standing.state.rawValue, share: standing.share?.millionths, since: standing.since,
            startedDate: standing.startedDate, healthy: standing.progress.healthy,
            lookedDate: standing.progress.lastLook, reason: standing.reason, section: section, revision: revision)
    }
}

extension TrialStanding {
    /// `nil` where the record holds what is never written.
    init?(_ record: TrialRecord) {
        guard let state = State(rawValue: record.state) else { return nil }
        self.init(
            state, share: record.share.flatMap { TrialShare(percent: Double($0) / 10_000) }, since: record.since,
            startedDate: record.startedDate,
            progress: RampProgress(healthy: record.healthy, lastLook: record.lookedDate), reason: record.reason)
    }
}

extension [Route] {
    /// The trials of all that have one, as the store has them.
    package func trials(in log: EmailLog, at now: Timestamp) async throws(EmailLogError) -> [RouteTrial] {
        guard contains(where: { $0.trial != nil }) else { return [] }
        let records = try await log.trials()
        let isServed = log.isServed
        return compactMap { route in
            let record = records.first { $0.route == route.name }
            return RouteTrial(route, record, keepsSection: isServed, at: now)
        }
    }
}
