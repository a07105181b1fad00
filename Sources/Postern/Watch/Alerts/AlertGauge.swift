import DeliveryPolicy
import EmailLog
import MailModel

/// Reads how things stand with a condition: in the store, and of quotas from delivery, which counts them.
struct AlertGauge: Sendable {
    let log: EmailLog
    let secrets: [SecretExpiry]
    /// Routes that have one.
    let trials: Set<String>
    let quotas: @Sendable () async -> [QuotaUse]

    /// For so long after its time a pause still counts: where little mail comes, nothing may have probed whether it is over.
    private static let grace = Duration.seconds(86400)

    func level(of condition: AlertCondition, at now: Timestamp) async throws(EmailLogError) -> AlertLevel {
        switch condition {
        case .count(let metric, let least, let span):
            let count = try await log.count(metric, since: now - span)
            return AlertLevel(count: count, isReached: count >= least)
        case .queueAge(let span):
            let age = try await log.oldestWaiting().map { max(.zero, now - $0.since) } ?? .zero
            return AlertLevel(count: Int(age.components.seconds), isReached: age > span)
        case .tokenError:
            let count = try await operatorPauses(at: now).count
            return AlertLevel(count: count, isReached: count > 0)
        case .trialRollback:
            let count = try await rolledBack().count
            return AlertLevel(count: count, isReached: count > 0)
        case .quota(let percent):
            let highest = await quotas().map(\.use.percent).max() ?? 0
            return AlertLevel(count: highest, isReached: highest > percent)
        case .secretExpires(let span):
            let count = expiring(within: span, at: now).count
            return AlertLevel(count: count, isReached: count > 0)
        }
    }

    /// Up to `limit` of what is counted, for people to begin with.
    func samples(of condition: AlertCondition, at now: Timestamp, limit: Int = 5)
        async throws(EmailLogError) -> [AlertEvent.Sample]
    {
        switch condition {
        case .count(let metric, _, let span):
            try await log.examples(of: metric, since: now - span, limit: limit).map(AlertEvent.Sample.init)
        case .queueAge:
            try await log.oldestWaiting().map { [AlertEvent.Sample($0.message)] } ?? []
        case .tokenError:
            try await operatorPauses(at: now).prefix(limit).map(AlertEvent.Sample.init)
        case .trialRollback:
            try await rolledBack().prefix(limit).map {
                AlertEvent.Sample(id: $0.route, status: $0.state, error: $0.reason ?? "")
            }
        case .quota(let percent):
            await quotas().filter { $0.use.percent > percent }.sorted { $0.use.percent > $1.use.percent }
                .prefix(limit).map(AlertEvent.Sample.init)
        case .secretExpires(let span):
            expiring(within: span, at: now).prefix(limit).map {
                AlertEvent.Sample(id: $0.route, status: "expires", error: $0.text(at: now))
            }
        }
    }

    private func operatorPauses(at now: Timestamp) async throws(EmailLogError) -> [LanePause] {
        try await log.pauses().filter { $0.needsOperator && $0.until > now - Self.grace }
    }

    private func rolledBack() async throws(EmailLogError) -> [TrialRecord] {
        try await log.trials().filter {
            $0.state == TrialStanding.State.rolledBack.rawValue && trials.contains($0.route)
        }
    }

    private func expiring(within span: Duration, at now: Timestamp) -> [SecretExpiry] {
        secrets.filter { $0.date - now < span }
    }
}

extension LanePause {
    fileprivate var needsOperator: Bool {
        switch cause {
        case .unauthorized, .misconfigured: true
        case .rejected, .tooLarge, .unrepresentable, .throttled, .quota, .unavailable, .malfunction: false
        }
    }
}

extension AlertEvent.Sample {
    fileprivate init(_ message: TroubledMessage) {
        let codes = [message.errorStatus.map(String.init), message.errorCode].compactMap(\.self)
        let error = [codes.joined(separator: " "), message.errorText ?? ""].filter { !$0.isEmpty }
        self.init(id: message.id.rawValue, status: message.status.rawValue, error: error.joined(separator: ": "))
    }

    fileprivate init(_ quota: QuotaUse) {
        let place = quota.key.mailbox.map { "\(quota.key.route) \($0)" } ?? quota.key.route
        self.init(id: place, status: "\(quota.use.percent)%", error: quota.use.words)
    }

    fileprivate init(_ pause: LanePause) {
        let place = pause.mailbox.map { "\(pause.route) \($0)" } ?? pause.route
        self.init(id: place, status: pause.cause.rawValue, error: pause.reason)
    }
}
