import DeliveryPolicy
import EmailLog
import HTTPTransport
import Logging
import MailModel
import ServiceLifecycle

/// Watches the log for trouble and tells people: in its own log at once, by an alert's channels as soon as they answer.
///
/// What is open and what is still to be told stands in the store, so that a restart neither tells an opening twice nor forgets
/// a closing. A notification that was cut off by the end of the process is told again.
actor AlertService: Service {
    private let log: EmailLog
    private let transport: HTTPTransport
    private let clocks: Clocks
    private let interval: Duration
    private let logger: Logger
    /// Told where an alert's own mail waits.
    private let wake: @Sendable (LaneKey, Priority) -> Void
    private let quotas: @Sendable () async -> [QuotaUse]
    private var configuration: Configuration
    /// Of the alerts by name; `nil` until the store has been asked, or after another configuration.
    private var states: [String: AlertState]?
    private var warnings = SecretWarnings()
    private var isStoreInTrouble = false
    private var beingTold: Set<Int64> = []
    private var random = SystemRandomNumberGenerator()

    /// - Parameter quotas: how much is used of each.
    init(
        log: EmailLog, configuration: Configuration, transport: HTTPTransport, clocks: Clocks,
        interval: Duration = .seconds(5), logger: Logger,
        quotas: @escaping @Sendable () async -> [QuotaUse] = { [] },
        wake: @escaping @Sendable (LaneKey, Priority) -> Void
    ) {
        self.log = log
        self.configuration = configuration
        self.transport = transport
        self.clocks = clocks
        self.interval = interval
        self.logger = logger
        self.quotas = quotas
        self.wake = wake
    }

    /// Looks and tells until a graceful shutdown; then returns when what is being told is told, or has failed.
    func run() async throws {
        let (ticks, clock) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withDiscardingTaskGroup { group in
            group.addTask { [interval] in
                await cancelWhenGracefulShutdown {
                    repeat { clock.yield() } while (try? await Task.sleep(for: interval)) != nil
                }
                clock.finish()
            }
            for await _ in ticks {
                for notification in await turn() { group.addTask { await self.tell(notification) } }
            }
        }
    }

    /// Other alerts, other channels. What is open stays open under its name.
    func reload(_ configuration: Configuration) {
        self.configuration = configuration
        states = nil
    }

    // MARK: One turn

    /// Looks at every alert's condition.
    ///
    /// - Returns: what is to be told now, for `tell`, each by itself so that none waits for another.
    func turn() async -> [AlertNotification] {
        warnOfSecrets()
        do throws(EmailLogError) {
            try await look()
            let due = try await log.dueNotifications(at: clocks.now()).filter { !beingTold.contains($0.id) }
            beingTold.formUnion(due.map(\.id))
            isStoreInTrouble = false
            return due
        } catch {
            complain(error)
            return []
        }
    }

    private func look() async throws(EmailLogError) {
        let configuration = configuration
        if states == nil { states = try await restored(configuration) }
        let gauge = AlertGauge(
            log: log, secrets: configuration.secretExpiries,
            trials: Set(configuration.routes.filter { $0.trial != nil }.map(\.name)), quotas: quotas)
        for alert in configuration.alerts {
            let now = clocks.now()
            let level = try await gauge.level(of: alert.condition, at: now)
            let before = states?[alert.name] ?? AlertState()
            var state = before
            let action = state.observe(level, alert.condition.pace, at: now)
            try await keep(action, alert, state, changedFrom: before, gauge, at: now)
            // After a reload meanwhile, the store is asked again.
            states?[alert.name] = state
        }
    }

    private func restored(_ configuration: Configuration) async throws(EmailLogError) -> [String: AlertState] {
        for name in try await log.forgetAlerts(besides: Set(configuration.alerts.map(\.name))) {
            logger.notice("alert is no longer configured", metadata: [LogKey.alert: "\(name)"])
        }
        let open = try await log.openAlerts()
        return Dictionary(open.map { ($0.name, AlertState(.open(.init($0)))) }) { first, _ in first }
    }

    /// Writes down what has changed, with what is to be told of it, before anything is told.
    private func keep(
        _ action: AlertAction, _ alert: Alert, _ state: AlertState, changedFrom before: AlertState, _ gauge: AlertGauge,
        at now: Timestamp
    ) async throws(EmailLogError) {
        switch action {
        case .none:
            guard let episode = state.episode, state != before else { return }
            try await log.remember(OpenAlert(alert.name, episode), at: now)
        case .opened, .updated:
            guard let episode = state.episode else { return }
            let samples = try await gauge.samples(of: alert.condition, at: now)
            let event = event(alert, action == .opened ? .opened : .updated, episode, samples, at: now)
            try await log.remember(
                OpenAlert(alert.name, episode), telling: event.json, by: alert.channels, at: now)
            report(event)
        case .closed(let episode):
            let event = event(alert, .closed, episode, [], at: now)
            try await log.forgetAlert(alert.name, telling: event.json, by: alert.channels, at: now)
            report(event)
        }
    }

    private func event(
        _ alert: Alert, _ state: AlertEvent.State, _ episode: AlertState.Episode, _ samples: [AlertEvent.Sample],
        at now: Timestamp
    ) -> AlertEvent {
        AlertEvent(alert, state, episode, samples: samples, hostname: configuration.hostname, at: now)
    }

    // MARK: Telling

    private static let backoff = Backoff(first: .seconds(5), max: .seconds(600))
    /// After that nobody wants to hear of it any more.
    private static let givesUpAfter = Duration.seconds(86400)

    func tell(_ notification: AlertNotification) async {
        defer { beingTold.remove(notification.id) }
        let result = await attempt(notification)
        let now = clocks.now()
        let metadata: Logger.Metadata = [
            LogKey.alert: "\(notification.alert)", LogKey.channel: "\(notification.channel.rawValue)",
        ]
        do throws(EmailLogError) {
            switch result {
            case .success(let detail):
                try await log.removeNotification(notification.id)
                logger.info("alert told", metadata: metadata.merging([LogKey.outcome: "\(detail)"]) { $1 })
            case .failure(let failure) where now - notification.createdDate >= Self.givesUpAfter:
                try await log.removeNotification(notification.id)
                logger.error("alert given up", metadata: metadata.merging([LogKey.reason: "\(failure)"]) { $1 })
            case .failure(let failure):
                let wait = Self.backoff.wait(afterRepeats: notification.attempts, using: &random)
                try await log.postponeNotification(notification.id, until: now + wait)
                logger.warning("alert not told", metadata: metadata.merging([LogKey.reason: "\(failure)"]) { $1 })
            }
        } catch {
            complain(error)
        }
    }

    private func attempt(_ notification: AlertNotification) async -> Result<String, AlertFailure> {
        guard let alert = configuration.alerts.first(where: { $0.name == notification.alert }),
            let event = AlertEvent(json: notification.event)
        else { return .failure(AlertFailure(description: "the alert is no longer configured")) }
        do {
            return .success(try await channels.tell(event, by: notification.channel, of: alert))
        } catch {
            return .failure(error)
        }
    }

    private var channels: AlertChannels {
        let submission = LocalSubmission(configuration, log: log, clocks: clocks)
        return AlertChannels(configuration: configuration, transport: transport, clocks: clocks) { [wake] in
            let judged = try await submission.submitAlert($0, $1)
            wake(judged.lane, .high)
            return judged.ids[0]
        }
    }

    // MARK: Its own log

    private func report(_ event: AlertEvent) {
        let metadata: Logger.Metadata = [
            LogKey.alert: "\(event.name)", LogKey.condition: "\(event.condition)", LogKey.count: "\(event.count)",
            LogKey.reason: "\(event.text)",
        ]
        switch event.state {
        case .opened: logger.error("alert opened", metadata: metadata)
        case .updated: logger.error("alert updated", metadata: metadata)
        case .closed: logger.notice("alert closed", metadata: metadata)
        case .test: break
        }
    }

    private func warnOfSecrets() {
        let now = clocks.now()
        for expiry in warnings.due(configuration.secretExpiries, at: now) {
            logger.warning(
                "credential expires",
                metadata: [
                    LogKey.route: "\(expiry.route)", LogKey.until: "\(expiry.date)",
                    LogKey.reason: "\(expiry.text(at: now)); make a new one, then change `secret_expires`",
                ])
        }
    }

    /// Once, not at every turn.
    private func complain(_ error: EmailLogError) {
        if !isStoreInTrouble { logger.error("alerts rest, the store failed", metadata: [LogKey.reason: "\(error)"]) }
        isStoreInTrouble = true
    }
}

extension Configuration {
    var secretExpiries: [SecretExpiry] {
        routes.compactMap { route in route.graph?.secretExpires.map { SecretExpiry(route: route.name, date: $0) } }
    }
}

extension OpenAlert {
    init(_ name: String, _ episode: AlertState.Episode) {
        self.init(
            name: name, openedDate: episode.openedAt, peak: episode.peak, toldCount: episode.told,
            toldDate: episode.toldAt, calmDate: episode.calmSince)
    }
}

extension AlertState.Episode {
    init(_ alert: OpenAlert) {
        self.init(
            openedAt: alert.openedDate, peak: alert.peak, told: alert.toldCount, toldAt: alert.toldDate,
            calmSince: alert.calmDate)
    }
}
