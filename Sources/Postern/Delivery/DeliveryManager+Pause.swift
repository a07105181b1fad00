import DeliveryPolicy
import EmailLog
import GraphProtocol
import Logging
import MailModel
import SMTPProtocol

/// Pauses as people and later processes see them: on the rows that wait, and on record.
extension DeliveryManager {
    /// The most rows of a lane that are told at once what they wait for; the others are told when they come up.
    private static let rowsTold = 1000

    /// After an attempt: a pause that began or went on is recorded, one that is over is taken off the record.
    func note(_ effect: LaneEffect, of lane: LaneKey, by path: Path) async {
        switch effect {
        case .inconclusive: break
        case .healthy: await forgetPauses(of: lane, by: path)
        case .pause: await notePause(of: lane)
        case .routeFailure:
            await notePause(of: lane)
            await tellOthers(besides: lane)
        }
    }

    func notePause(of lane: LaneKey) async {
        guard let status = scheduler.explain(lane, at: clocks.instant()) else { return }
        do throws(EmailLogError) {
            // Also what came in meanwhile is told what it waits for.
            try await tell(postponements(lane, status))
            for pause in status.paths.compactMap({ pause($0, of: lane) }) where !isOnRecord(pause) {
                try await log.pause(pause)
                recordedPauses[pause.key] = pause.until
                say(pause)
            }
        } catch {
            rest(after: error)
        }
    }

    func say(_ pause: LanePause) {
        var metadata = pause.key.metadata
        metadata[LogKey.until] = "\(pause.until)"
        metadata[LogKey.reason] = "\(pause.reason)"
        logger.warning(pause.mailbox == nil ? "route paused" : "mailbox paused", metadata: metadata)
    }

    /// The same pause, seen a moment later: said once is enough.
    private func isOnRecord(_ pause: LanePause) -> Bool {
        guard let until = recordedPauses[pause.key] else { return false }
        return pause.until - until < .milliseconds(50) && until - pause.until < .milliseconds(50)
    }

    private func pause(_ status: PathStatus, of lane: LaneKey) -> LanePause? {
        guard let until = status.pausedUntil, let reason = status.reason else { return nil }
        let (now, instant) = (clocks.now(), clocks.instant())
        return LanePause(
            route: lane.route, mailbox: status.isRouteWide ? nil : lane.mailbox, path: status.path,
            since: now + ((status.troubleSince ?? instant) - instant), until: now + (until - instant),
            cause: reason.cause, reason: reason.explained(on: status.path))
    }

    /// What the rows of a lane wait for.
    private func postponements(_ lane: LaneKey, _ status: LaneStatus, limit: Int = rowsTold) -> [Postponement] {
        status.queues.compactMap { queue in
            guard let instant = queue.pausedUntil, let reason = queue.reason else { return nil }
            return Postponement(
                lane: lane, queue: queue.queue, until: clocks.now() + (instant - clocks.instant()),
                reason: reason.explained(on: queue.path), limit: limit)
        }
    }

    /// Says it on the rows, and looks at them again then.
    private func tell(_ all: [Postponement]) async throws(EmailLogError) {
        for one in all { agenda.wake(one.lane, at: one.until) }
        if !all.isEmpty { try await log.postpone(all) }
    }

    /// Rows that found no room in their route's quota say so, and are looked at again when there is some; those behind them
    /// come up meanwhile.
    func putOff(_ rows: [Scheduler.PutOff]) async {
        guard !rows.isEmpty else { return }
        for (route, rows) in Dictionary(grouping: rows, by: \.lane.route) { await putOff(rows, by: route) }
        bell.ring()
    }

    private func putOff(_ rows: [Scheduler.PutOff], by route: String) async {
        let (now, instant) = (clocks.now(), clocks.instant())
        do throws(EmailLogError) {
            let moments = rows.map { ($0.id, until: now + ($0.until - instant)) }
            try await log.postpone(moments, because: "\(rows[0].use.words) by route \(route)")
            for row in rows {
                attempted[row.id] = clocks.instant()
                agenda.wake(row.lane, at: now + (row.until - instant))
                agenda.stir(row.lane)
            }
        } catch {
            // They have left the scheduler all the same, and are to be found again.
            for row in rows { agenda.wake(row.lane, at: now) }
            rest(after: error)
        }
    }

    /// Rows bound to a path that a reload has taken from the route: another path might send them twice.
    func tellStranded(_ bound: [LaneKey: Set<Path>], at now: Timestamp) async throws(EmailLogError) {
        var all: [Postponement] = []
        for (lane, paths) in bound {
            for path in Path.allCases where paths.contains(path) {
                guard let reason = routes[lane.route]?.lacks(path) else { continue }
                all.append(
                    Postponement(
                        lane: lane, queue: LaneQueue(boundTo: path), until: now + .seconds(300), reason: reason,
                        limit: Self.rowsTold))
            }
        }
        try await tell(all)
    }

    /// A route's pause is every mailbox's, also of those whose mail is in a window already.
    private func tellOthers(besides lane: LaneKey) async {
        guard scheduler.explain(lane, at: clocks.instant())?.paths.contains(where: \.isRouteWide) ?? false else {
            return
        }
        do throws(EmailLogError) {
            let others = try await log.lanesWithWork().map(\.lane).filter { $0.route == lane.route && $0 != lane }
            let limit = max(20, Self.rowsTold / max(1, others.count))
            try await tell(
                others.flatMap { other in
                    scheduler.explain(other, at: clocks.instant()).map { postponements(other, $0, limit: limit) } ?? []
                })
        } catch {
            rest(after: error)
        }
    }

    private func forgetPauses(of lane: LaneKey, by path: Path) async {
        let keys = [lane.mailbox, nil].map { LanePause.Key(route: lane.route, mailbox: $0, path: path) }
            .filter { recordedPauses[$0] != nil }
        guard !keys.isEmpty else { return }
        // An answer to an attempt from before the pause does not end it.
        let status = scheduler.explain(lane, at: clocks.instant())?.paths.first { $0.path == path }
        guard status?.reason == nil else { return }
        do throws(EmailLogError) {
            for key in keys where recordedPauses.removeValue(forKey: key) != nil {
                try await log.resume(key)
                logger.notice(key.mailbox == nil ? "route resumed" : "mailbox resumed", metadata: key.metadata)
            }
        } catch {
            rest(after: error)
        }
    }

    /// Looks at what waits in all lanes: whatever may have been overlooked is found here, and a paused lane makes no attempt
    /// that could find out that a message's time is over.
    func lookAfterLanes() async {
        do throws(EmailLogError) {
            let lanes = try await log.lanesWithWork().filter { routes[$0.lane.route] != nil }
            for (lane, next) in lanes { agenda.wake(lane, at: next) }
            for (lane, _) in lanes { try await expire(lane) }
        } catch {
            rest(after: error)
        }
    }

    private func expire(_ lane: LaneKey) async throws(EmailLogError) {
        guard let route = routes[lane.route], let status = scheduler.explain(lane, at: clocks.instant()) else { return }
        for queue in status.queues {
            guard let reason = queue.reason else { continue }
            try await expire(lane, queue.queue, route, reason.explained(on: queue.path))
        }
        for path in Path.allCases {
            guard let reason = route.lacks(path) else { continue }
            try await expire(lane, LaneQueue(boundTo: path), route, reason)
        }
    }

    private func expire(
        _ lane: LaneKey, _ queue: LaneQueue, _ route: DeliveryRoute, _ reason: String
    ) async throws(EmailLogError) {
        let now = clocks.now()
        let span = route.schedule.giveUpAfter
        let text = "Given up after \(Quantity.text(span)) (`give_up_after`). It waited for: \(reason)"
        let expired = try await log.expire(
            lane, queue, waitingSince: now - span, because: text, at: now, limit: Self.rowsTold,
            reporter: reporter)
        for id in expired {
            scheduler.remove(id, at: clocks.instant())
            agenda.stir(lane)
            logger.error("message failed", metadata: [LogKey.id: "\(id)", LogKey.reason: "\(text)"])
        }
    }
}

extension QuotaUse {
    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [LogKey.route: "\(key.route)", LogKey.reason: "\(use.words)"]
        metadata[LogKey.mailbox] = key.mailbox.map { "\($0.redacted)" }
        return metadata
    }
}

extension LanePause.Key {
    fileprivate var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [LogKey.route: "\(route)", LogKey.path: "\(path.rawValue)"]
        metadata[LogKey.mailbox] = mailbox.map { "\($0.redacted)" }
        return metadata
    }
}
