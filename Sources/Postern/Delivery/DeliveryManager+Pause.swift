import DeliveryPolicy
import EmailLog
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
            for other in nextDue.keys where other.route == lane.route && other != lane { await notePause(of: other) }
        }
    }

    func notePause(of lane: LaneKey) async {
        let instant = clocks.instant()
        let now = clocks.now()
        guard let status = scheduler.explain(lane, at: instant), let until = status.pausedUntil,
            let reason = status.reason,
            until > instant
        else { return }
        let moment = now + (until - instant)
        let isRoutes = reason.scope == .route
        let text = Self.text(reason)
        do throws(EmailLogError) {
            try await log.pause(
                LanePause(
                    route: lane.route, mailbox: isRoutes ? nil : lane.mailbox, path: .graph, until: moment,
                    cause: reason.cause,
                    reason: text))
            try await log.postpone(lane, until: moment, because: text, limit: Self.rowsTold)
        } catch {
            rest(after: error)
        }
        if isRoutes { recordedRoutePauses.insert(lane.route) } else { recordedPauses.insert(lane) }
        wake(lane, at: moment)
        logger.warning(
            isRoutes ? "route paused" : "mailbox paused",
            metadata: [
                LogKey.route: "\(lane.route)", LogKey.mailbox: "\(lane.mailbox.redacted)", LogKey.until: "\(moment)",
                LogKey.reason: "\(text)",
            ])
    }

    private func forgetPauses(of lane: LaneKey) async {
        do throws(EmailLogError) {
            if recordedPauses.remove(lane) != nil {
                try await log.resume(route: lane.route, mailbox: lane.mailbox, path: .graph)
                logger.notice(
                    "mailbox resumed",
                    metadata: [LogKey.route: "\(lane.route)", LogKey.mailbox: "\(lane.mailbox.redacted)"])
            }
            if recordedRoutePauses.remove(lane.route) != nil {
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
                    lane, waitingSince: now - span, because: text, at: now, limit: Self.rowsTold)
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
        return codes.isEmpty ? reason.text : "\(codes): \(reason.text)"
    }
}
