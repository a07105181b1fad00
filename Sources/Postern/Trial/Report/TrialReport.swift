package import DeliveryPolicy
package import EmailLog
package import MailModel

/// What a trial of one route has come to: both arms over the same period, what the whole mail would need of Graph's limits,
/// and what to do.
package struct TrialReport: Hashable, Sendable {
    /// Why the period begins where it does.
    package enum Beginning: String, Hashable, Sendable {
        case asked
        /// The present trial began there.
        case trialStart = "trial_start"
        /// There is no trial that began.
        case lastDays = "last_days"
    }

    package struct Arm: Hashable, Sendable {
        package let arm: TrialArm
        /// The one its messages are to take.
        package let path: Path
        package let record: ArmRecord

        package init(arm: TrialArm, path: Path, record: ArmRecord) {
            self.arm = arm
            self.path = path
            self.record = record
        }

        /// What people call the path.
        package var name: String { path.title }
        package var failures: Proportion { Proportion(record.failures, of: record.ended) }
    }

    /// What exercising Graph beside the mail has found.
    package struct Shadow: Hashable, Sendable {
        /// How the exercises have ended, and what their requests have met; the most frequent first.
        package let outcomes: [ShadowOutcome]
        package let findings: [ShadowFinding]
        /// Of the requests that Graph answered.
        package let latencies: Latencies

        package init(outcomes: [ShadowOutcome], findings: [ShadowFinding], latencies: Latencies) {
            self.outcomes = outcomes
            self.findings = findings
            self.latencies = latencies
        }

        package var count: Int { outcomes.reduce(0) { $0 + $1.count } }
    }

    /// When there may be an answer.
    package struct Outlook: Hashable, Sendable {
        /// Of the trial arm, that come to an end.
        package let messagesPerDay: Double
        /// When as many as are missing will have, at that rate; `nil` where none would be enough.
        package let date: Timestamp?
    }

    package let route: String
    /// `nil` where the configuration has no trial for the route.
    package let settings: TrialSettings?
    package let since: Timestamp
    package let until: Timestamp
    package let beginning: Beginning
    package let trial: Arm
    package let control: Arm
    /// `nil` where no message of the period has one.
    package let shadow: Shadow?
    /// Median latency of the trial arm less that of the control arm, in milliseconds; `nil` where either has too few.
    package let latencyDifference: Interval?
    package let verdict: TrialVerdict
    /// `nil` unless the verdict is to wait, and while nothing of the trial arm has come to an end.
    package let outlook: Outlook?
    /// The mailbox most in need first.
    package let demands: [MailboxDemand]
    /// How long an attempt by Graph takes in the mean; `nil` where none is on record.
    package let requestTime: Duration?

    package var arms: [Arm] { [trial, control] }
    /// No message was in an arm, as where Graph is only exercised: there is nothing to compare, and no verdict.
    package var isShadowAlone: Bool { shadow != nil && arms.allSatisfy { $0.record.messages == 0 } }
    package var tolerance: Double { settings?.tolerance ?? TrialVerdict.standardTolerance }

    package init(
        route: String, settings: TrialSettings?, period: Range<Timestamp>, beginning: Beginning, trial: Arm,
        control: Arm, shadow: Shadow? = nil, demands: [MailboxDemand], requestTime: Duration?,
        rollback: String? = nil
    ) {
        self.route = route
        self.settings = settings
        (since, until) = (period.lowerBound, period.upperBound)
        self.beginning = beginning
        self.trial = trial
        self.control = control
        self.shadow = shadow
        self.demands = demands
        self.requestTime = requestTime
        latencyDifference = Self.difference(trial.record.latencies, control.record.latencies)
        let evidence = TrialEvidence(
            trial: .init(name: trial.name, failures: trial.failures),
            control: .init(name: control.name, failures: control.failures),
            latency: latencyDifference?.scaled(by: 0.001), rollback: rollback)
        verdict = TrialVerdict(evidence, tolerance: settings?.tolerance ?? TrialVerdict.standardTolerance)
        outlook = Outlook(verdict, ended: trial.record.ended, in: period)
    }

    private static func difference(_ trial: Latencies, _ control: Latencies) -> Interval? {
        MedianDifference.interval(trial.milliseconds.map(Double.init), minus: control.milliseconds.map(Double.init))
    }
}

extension TrialReport.Outlook {
    fileprivate init?(_ verdict: TrialVerdict, ended: Int, in period: Range<Timestamp>) {
        let days = (period.upperBound - period.lowerBound) / .seconds(86_400)
        guard verdict.word == .wait, ended > 0, days > 0 else { return nil }
        let rate = Double(ended) / days
        messagesPerDay = rate
        // Beyond a lifetime no date means anything.
        let missing = verdict.missing.map { Double($0) / rate }.flatMap { $0 < 36_500 ? $0 : nil }
        date = missing.map { period.upperBound + .milliseconds(Int64($0 * 86_400_000)) }
    }
}
