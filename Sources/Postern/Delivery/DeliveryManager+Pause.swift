import DeliveryPolicy
import EmailLog
import GraphProtocol
import Logging
import MailModel

/// Pauses as people and later processes see them: on the rows that wait, and on record.
extension DeliveryManager {
    /// The most rows of a lane that are told at once what they wait for; the others are told when they come up.
    private static let rowsTold = 1000

    /// After an attempt: a pause that began or went on is recorded, one that is over is taken off the record.
    func note(_ effect: LaneEffect, of lane: LaneKey) async {
        switch effect {
        case .inconclusive: break
        case .healthy: await forgetPauses(of: lane)
        case .pause: await notePause(of: lane)
        case .routeFailure:
            await notePause(of: lane)
            await tellOthers(besides: lane)
        }
    }

    func notePause(of lane: LaneKey) async {
        guard let pause = pause(of: lane) else { return }
        let isRoutes = pause.mailbox == nil
        do throws(EmailLogError) {
            // Also what came in meanwhile is told what it waits for.
            try await tell(lane, of: pause)
            guard !isOnRecord(pause, of: lane) else { return }
            try await log.pause(pause)
        } catch {
            rest(after: error)
        }
        if isRoutes { recordedRoutePauses[lane.route] = pause.until } else { recordedPauses[lane] = pause.until }
        logger.warning(
            isRoutes ? "route paused" : "mailbox paused",
            metadata: [
                LogKey.route: "\(lane.route)", LogKey.mailbox: "\(lane.mailbox.redacted)",
                LogKey.until: "\(pause.until)", LogKey.reason: "\(pause.reason)",
            ])
    }

    /// The same pause, seen a moment later: said once is enough.
    private func isOnRecord(_ pause: LanePause, of lane: LaneKey) -> Bool {
        guard let until = pause.mailbox == nil ? recordedRoutePauses[lane.route] : recordedPauses[lane] else {
            return false
        }
        return pause.until - until < .milliseconds(50) && until - pause.until < .milliseconds(50)
    }

    private func pause(of lane: LaneKey) -> LanePause? {
        let instant = clocks.instant()
        guard let status = scheduler.explain(lane, at: instant), let until = status.pausedUntil,
            let reason = status.reason, until > instant
        else { return nil }
        return LanePause(
            route: lane.route, mailbox: reason.scope == .route ? nil : lane.mailbox, path: .graph,
            until: clocks.now() + (until - instant), cause: reason.cause, reason: Self.text(reason))
    }

    private func tell(_ lane: LaneKey, of pause: LanePause) async throws(EmailLogError) {
        wake(lane, at: pause.until)
        try await log.postpone(lane, via: nil, until: pause.until, because: pause.reason, limit: Self.rowsTold)
    }

    /// A route's pause is every mailbox's, also of those whose mail is in a window already.
    private func tellOthers(besides lane: LaneKey) async {
        guard let own = pause(of: lane), own.mailbox == nil else { return }
        do throws(EmailLogError) {
            for (other, _) in try await log.lanesWithWork() where other.route == lane.route && other != lane {
                if let pause = pause(of: other) { try await tell(other, of: pause) }
            }
        } catch {
            rest(after: error)
        }
    }

    private func forgetPauses(of lane: LaneKey) async {
        // An answer to an attempt from before the pause does not end it.
        guard scheduler.explain(lane, at: clocks.instant())?.reason == nil else { return }
        do throws(EmailLogError) {
            if recordedPauses.removeValue(forKey: lane) != nil {
                try await log.resume(route: lane.route, mailbox: lane.mailbox, path: .graph)
                logger.notice(
                    "mailbox resumed",
                    metadata: [LogKey.route: "\(lane.route)", LogKey.mailbox: "\(lane.mailbox.redacted)"])
            }
            if recordedRoutePauses.removeValue(forKey: lane.route) != nil {
                try await log.resume(route: lane.route, mailbox: nil, path: .graph)
                logger.notice("route resumed", metadata: [LogKey.route: "\(lane.route)"])
            }
        } catch {
            rest(after: error)
        }
    }

    /// A paused lane makes no attempt that could find out that a message's time is over.
    func lookAfterPausedLanes() async {
        let now = clocks.now()
        let instant = clocks.instant()
        do throws(EmailLogError) {
            for (lane, _) in try await log.lanesWithWork() {
                guard let route = routes[lane.route], let status = scheduler.explain(lane, at: instant),
                    let reason = status.reason
                else { continue }
                let span = route.schedule.giveUpAfter
                let text =
                    "Given up after \(Quantity.text(span)) (`give_up_after`). It waited for: \(Self.text(reason))"
                let expired = try await log.expire(
                    lane, via: nil, waitingSince: now - span, because: text, at: now, limit: Self.rowsTold)
                for id in expired {
                    scheduler.remove(id, at: instant)
                    logger.error("message failed", metadata: [LogKey.id: "\(id)", LogKey.reason: "\(text)"])
                }
            }
        } catch {
            rest(after: error)
        }
    }

    private static func text(_ reason: Refusal) -> String {
        let codes = [reason.status.map(String.init), reason.code].compactMap(\.self).joined(separator: " ")
        let words =
            codes.isEmpty || reason.text.hasPrefix(reason.code ?? codes) ? reason.text : "\(codes): \(reason.text)"
        return GraphAnswer.advice(for: reason).map { "\(words) \($0)" } ?? words
    }
}
