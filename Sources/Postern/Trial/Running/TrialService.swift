import DeliveryPolicy
import EmailLog
import Logging
import MailModel
import ServiceLifecycle

/// Conducts the trials: brings what the store says of them into force, moves schedules on while all is well, and rolls back.
///
/// Every second it takes up what commands beside it have written. What it decides itself stands in the store before it
/// takes effect, and never against what a command has written meanwhile.
actor TrialService: Service {
    /// How delivery is told, and asked.
    struct Delivery: Sendable {
        /// By route, the path that rows of a trial's arm take first.
        var conduct: @Sendable ([String: Path]) async -> Void
        var pathStatus: @Sendable (_ route: String) async -> [PathStatus]
    }

    private let log: EmailLog
    private let board: TrialBoard
    private let delivery: Delivery
    private let clocks: Clocks
    private let logger: Logger
    private var routes: [Route]
    private var trials: [String: RouteTrial] = [:]
    /// Whose path has been closed since its schedule was last moved on.
    private var troubled: Set<String> = []
    /// When each rule was last looked at, and what the store had committed by then.
    private var looked: [String: (at: Instant, commits: Int)] = [:]
    private var isStoreInTrouble = false

    init(
        log: EmailLog, board: TrialBoard, routes: [Route], delivery: Delivery, clocks: Clocks, logger: Logger
    ) {
        self.log = log
        self.board = board
        self.routes = routes
        self.delivery = delivery
        self.clocks = clocks
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled, (try? await self.clocks.sleep(.seconds(1))) != nil { await self.turn() }
        }
    }

    /// Before mail is accepted: each trial as it stood, and one that is new or configured otherwise from its beginning.
    func begin() async throws(EmailLogError) {
        let now = clocks.now()
        let records = try await log.trials()
        var begun: [RouteTrial] = []
        for route in routes {
            let record = records.first { $0.route == route.name }
            guard let trial = RouteTrial(route, record, keepsSection: false, at: now) else { continue }
            let isKept = record?.section == trial.section
            if !isKept, try await !log.keep(trial.record) { continue }
            begun.append(trial)
            say(isKept ? "trial goes on" : "trial begins", trial)
        }
        await bringIntoForce(begun)
    }

    func reload(_ routes: [Route]) async {
        self.routes = routes
        looked = [:]
        do {
            try await begin()
        } catch {
            complain(error)
        }
    }

    // MARK: One turn

    func turn() async {
        guard routes.contains(where: { $0.trial != nil }) else { return }
        do throws(EmailLogError) {
            var current: [RouteTrial] = []
            for trial in try await read() { current.append(try await look(after: trial)) }
            await bringIntoForce(current)
            isStoreInTrouble = false
        } catch {
            complain(error)
        }
    }

    private func read() async throws(EmailLogError) -> [RouteTrial] {
        let (records, now) = (try await log.trials(), clocks.now())
        return routes.compactMap { route in
            let record = records.first { $0.route == route.name }
            return RouteTrial(route, record, keepsSection: true, at: now)
        }
    }

    private func look(after trial: RouteTrial) async throws(EmailLogError) -> RouteTrial {
        guard trial.standing.state == .running else { return trial }
        let status = await delivery.pathStatus(trial.route).first { $0.path == trial.path }
        if status?.reason != nil { troubled.insert(trial.route) }
        var next = trial
        if let reason = try await rollback(of: trial, status) {
            next.standing.rollBack(because: reason, at: clocks.now())
        } else if trial.ramp != nil, clocks.now() - trial.standing.progress.lastLook >= Self.stride {
            next.standing.look(at: clocks.now(), isHealthy: !troubled.contains(trial.route))
            troubled.remove(trial.route)
        }
        // Where a command was first, the next turn finds what it has written.
        guard next != trial, try await log.keep(next.record) else { return trial }
        return next
    }

    /// Between two moves of a schedule.
    private static let stride = Duration.seconds(30)

    private func rollback(of trial: RouteTrial, _ status: PathStatus?) async throws(EmailLogError) -> String? {
        guard trial.settings.mode == .split, let rule = trial.settings.rollback?.rule else { return nil }
        let now = clocks.instant()
        if let since = status?.troubleSince {
            let span = min(now - since, clocks.now() - trial.standing.since)
            if let reason = TrialGuard.openCircuit(of: trial, status, for: span) { return reason }
        }
        let (commits, last) = (log.commits, looked[trial.route])
        if let last, last.commits == commits || now - last.at < TrialGuard.pace(of: rule) { return nil }
        looked[trial.route] = (now, commits)
        let finding = try await TrialGuard(log: log).look(at: trial, rule)
        return finding.isBroken ? finding.reason(rule) : nil
    }

    // MARK: What follows

    private func bringIntoForce(_ current: [RouteTrial]) async {
        let known = trials
        trials = Dictionary(current.map { ($0.route, $0) }) { first, _ in first }
        board.show(trials.compactMapValues(\.running))
        await delivery.conduct(trials.compactMapValues(\.preferredPath))
        for trial in current {
            if let before = known[trial.route] { tell(trial, before) }
        }
    }

    private func tell(_ trial: RouteTrial, _ before: RouteTrial) {
        guard trial.standing.state != before.standing.state || trial.share != before.share else { return }
        switch trial.standing.state {
        case .running: say("trial runs", trial)
        case .stopped: say("trial stopped", trial)
        case .rolledBack: say("trial rolled back", trial, at: .error)
        }
    }

    private func say(_ what: Logger.Message, _ trial: RouteTrial, at level: Logger.Level = .notice) {
        var metadata: Logger.Metadata = [
            LogKey.route: "\(trial.route)", LogKey.mode: "\(trial.settings.mode.rawValue)",
            LogKey.path: "\(trial.path.rawValue)", LogKey.share: "\(trial.share)",
            LogKey.status: "\(trial.standing.state.rawValue)",
        ]
        if let reason = trial.standing.reason {
            metadata[LogKey.reason] = "\(reason)"
            metadata[LogKey.advice] =
                "`postern trial report` says what went wrong; `postern trial start` starts it again"
        }
        logger.log(level: level, what, metadata: metadata)
    }

    private func complain(_ error: EmailLogError) {
        if !isStoreInTrouble {
            logger.error("trials stay as they are, the store failed", metadata: [LogKey.reason: "\(error)"])
        }
        isStoreInTrouble = true
    }
}

extension TrialService.Delivery {
    init(_ manager: DeliveryManager) {
        self.init {
            await manager.conductTrials(by: $0)
        } pathStatus: {
            await manager.pathStatus(of: $0)
        }
    }
}
