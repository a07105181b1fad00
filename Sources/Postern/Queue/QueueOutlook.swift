import DeliveryPolicy
import EmailLog
import MailModel

/// The scheduler of a service that would start now, without its doing anything.
struct QueueOutlook {
    /// Rows of a lane and priority whose recipients are looked at, where it matters who they are.
    private static let sample = 1000
    /// No row is put off for longer.
    private static let horizon = Duration.seconds(3650 * 86400)

    private var scheduler = Scheduler()
    private var backlogs: [LaneKey: [LaneBacklog]] = [:]
    /// External recipients that wait, where a route counts them.
    private var externals: [LaneKey: Int64] = [:]
    private let now: Timestamp
    private let instant: Instant

    init(_ log: EmailLog, _ configuration: Configuration, clocks: Clocks) async throws(EmailLogError) {
        (now, instant) = (clocks.now(), clocks.instant())
        let trials = try await configuration.routes.trials(in: log, at: now)
        let limits = Dictionary(
            configuration.routes.map { route in
                var limits = RouteLimits(route)
                limits.trialPath = trials.first { $0.route == route.name }?.preferredPath
                return (route.name, limits)
            }
        ) { first, _ in first }
        for (name, limits) in limits { scheduler.configure(name, limits, at: instant) }
        let memory = try await SpendingMemory.load(from: log, for: limits.values, clocks: clocks)
        for row in try await log.rowsInProgress() { adopt(row) }
        memory.restore(into: &scheduler, routes: Set(limits.keys), clocks: clocks) { _ in true }
        backlogs = Dictionary(grouping: try await log.backlogs(), by: \.lane)
        for backlog in backlogs.values.flatMap(\.self) {
            guard let limits = limits[backlog.lane.route] else { continue }
            try await enqueueFirst(of: backlog, log, limits)
            if limits.externalRecipients != nil { try await countExternals(of: backlog, log, limits.acceptedDomains) }
        }
    }

    var quotas: [QuotaUse] { scheduler.quotas(at: instant) }

    func lane(_ summary: LaneSummary, _ pauses: [LanePause]) -> QueueReport.Lane {
        var lane = QueueReport.Lane(summary: summary)
        lane.pauses = pauses.filter {
            $0.route == summary.route && ($0.mailbox == nil || $0.mailbox?.description == summary.mailbox)
        }
        guard let mailbox = try? Address(parsing: summary.mailbox) else { return lane }
        let key = LaneKey(route: summary.route, mailbox: mailbox)
        let waiting = (backlogs[key] ?? []).sorted { $0.priority < $1.priority }
        let waits = Dictionary(grouping: scheduler.waits(key, at: instant), by: \.priority)
        lane.waiting = waiting.map { backlog in
            QueueReport.Waiting(
                priority: backlog.priority, messages: backlog.messages, recipients: backlog.recipients,
                waits: (waits[backlog.priority] ?? []).map {
                    .init(queue: $0.queue, reason: $0.reason, until: date($0.until))
                })
        }
        lane.nextStart = date(scheduler.explain(key, at: instant)?.nextStart)
        lane.timeToDrain = timeToDrain(key, waiting)
        return lane
    }

    private func timeToDrain(_ key: LaneKey, _ waiting: [LaneBacklog]) -> Duration? {
        guard let least = waiting.last?.priority else { return nil }
        let shared = externals.filter { $0.key.route == key.route }.values.reduce(0, +)
        let backlog = Backlog(
            messages: Int64(waiting.reduce(0) { $0 + $1.messages }),
            recipients: Int64(waiting.reduce(0) { $0 + $1.recipients }),
            externalRecipients: externals[key, default: 0] > 0 ? shared : 0,
            size: Int64(waiting.reduce(0) { $0 + $1.size }), priority: least)
        return scheduler.timeToDrain(key, backlog, at: instant)
    }

    private func date(_ moment: Instant?) -> Timestamp? { moment.map { now + ($0 - instant) } }

    // MARK: What the scheduler is told

    private mutating func adopt(_ row: RowInProgress) {
        let waiting = Waiting(
            id: row.id, priority: row.priority, due: instant, recipients: row.recipientCount, size: Int64(row.size))
        scheduler.adopt(waiting, lane: row.lane, by: row.path, at: instant)
    }

    /// What stands behind the first row of each queue waits for no less.
    private mutating func enqueueFirst(
        of backlog: LaneBacklog, _ log: EmailLog, _ limits: RouteLimits
    ) async throws(EmailLogError) {
        let rows = try await log.due(
            in: backlog.lane, LaneSection.all(of: backlog.priority), at: now + Self.horizon, limit: 1)
        for row in rows {
            let recipients = try await log.recipients(of: [row.id])[row.id]
            let waiting = Waiting(
                id: row.id, priority: row.priority, due: instant + (row.nextAttemptDate - now),
                recipients: row.recipientCount, size: Int64(row.size), via: row.via, isTrial: row.isTrial,
                externalRecipients: recipients.map { limits.acceptedDomains.externals(among: $0) })
            _ = scheduler.enqueue(waiting, lane: backlog.lane, at: instant)
        }
    }

    private mutating func countExternals(
        of backlog: LaneBacklog, _ log: EmailLog, _ domains: AcceptedDomains
    ) async throws(EmailLogError) {
        let sample = try await log.waitingRecipients(in: backlog.lane, backlog.priority, limit: Self.sample)
        let all = sample.reduce(0) { $0 + $1.count }
        let external = sample.reduce(0) { $0 + domains.externals(among: $1) }
        guard all > 0 else { return }
        let share = Double(external) / Double(all)
        externals[backlog.lane, default: 0] += Int64((share * Double(backlog.recipients)).rounded())
    }
}
