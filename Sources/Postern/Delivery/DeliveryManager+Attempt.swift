import DeliveryPolicy
import EmailLog
import Logging
import MailModel

/// One attempt from its claim to its record.
extension DeliveryManager {
    func attempt(_ start: Scheduler.Start) async {
        guard let route = routes[start.lane.route], let message = await claim(start) else { return notBegun(start) }
        let (startedDate, startedAt) = (clocks.now(), clocks.instant())
        let delivery = await deliver(message, by: route.path)
        let record = AttemptRecord(
            startedDate: startedDate, duration: clocks.instant() - startedAt, path: start.path,
            outcome: delivery.outcome,
            cost: delivery.cost)
        attempted[message.id] = clocks.instant()
        await ended(start, message, delivery, record, route)
    }

    private func claim(_ start: Scheduler.Start) async -> QueuedMessage? {
        do {
            return try await log.claim(start.id, path: start.path, at: clocks.now())
        } catch {
            rest(after: error)
            return nil
        }
    }

    /// Held, cancelled, or the store failed: nothing was tried.
    private func notBegun(_ start: Scheduler.Start) {
        scheduler.finished(start.id, .inconclusive, reachedFarSide: false, at: clocks.instant(), using: &random)
        bell.ring(start.lane)
    }

    private func deliver(_ message: QueuedMessage, by path: any DeliveryPath) async -> Delivery {
        do {
            return await path.deliver(message, body: try await log.body(of: message.id))
        } catch {
            return Delivery(unreadable: error)
        }
    }

    private func ended(
        _ start: Scheduler.Start, _ message: QueuedMessage, _ delivery: Delivery, _ record: AttemptRecord,
        _ route: DeliveryRoute
    ) async {
        let now = clocks.now()
        let instant = clocks.instant()
        let disposition = Disposition(
            of: delivery.outcome, .init(retries: message.retries, acceptedAt: message.waitingSince),
            schedule: route.schedule,
            onUnknown: route.onUnknown, at: now, using: &random)
        let effect = delivery.effect(disposition.effect)
        let waitsUntil = scheduler.finished(
            start.id, effect, reachedFarSide: delivery.cost != nil, at: instant, using: &random)
        bell.ring(start.lane)
        let settlement = Settlement(
            disposition.row, waitsUntil: now + (waitsUntil - instant), keepsSentBody: keepsSentBodies)
        report(message, delivery.outcome, settlement)
        await settle(message.id, settlement, delivery.isAttempt ? record : nil, delivery.outcome.refusal?.text)
        if case .retry(let moment, _) = settlement { wake(start.lane, at: moment) }
        await note(effect, of: start.lane)
        bell.ring()
    }

    /// What came of the attempt is known and must be recorded; a store in trouble is waited for.
    private func settle(_ id: QueueID, _ settlement: Settlement, _ record: AttemptRecord?, _ reason: String?) async {
        while true {
            do throws(EmailLogError) {
                if record == nil, case .retry(let moment, _) = settlement {
                    return try await log.putBack([id], due: moment, because: reason)
                }
                return try await log.settle(id, settlement, attempt: record, at: clocks.now())
            } catch {
                guard !error.isAboutRow else {
                    return logger.error("outcome not recorded", metadata: [LogKey.reason: "\(error)"])
                }
                rest(after: error)
                if (try? await Task.sleep(for: .seconds(1))) == nil { return }
            }
        }
    }

    private func report(_ message: QueuedMessage, _ outcome: Outcome, _ settlement: Settlement) {
        var metadata: Logger.Metadata = [
            LogKey.id: "\(message.id)", LogKey.route: "\(message.route)", LogKey.mailbox: "\(message.mailbox.redacted)",
            LogKey.outcome: "\(outcome.word)",
        ]
        metadata[LogKey.status] = outcome.refusal?.status.map { "\($0)" }
        metadata[LogKey.reason] = outcome.refusal.map { "\($0.code ?? "-") \($0.text)" }
        switch settlement {
        case .sent: logger.info("message sent", metadata: metadata)
        case .failed: logger.error("message failed", metadata: metadata)
        case .unknown: logger.error("message held, outcome unknown", metadata: metadata)
        case .retry(let moment, _):
            metadata[LogKey.until] = "\(moment)"
            logger.notice("message waits", metadata: metadata)
        }
    }
}

extension Delivery {
    /// What was refused on our own side says nothing about the mailbox or the route: a probe must reach Microsoft.
    fileprivate func effect(_ judged: LaneEffect) -> LaneEffect {
        cost == nil && judged == .healthy ? .inconclusive : judged
    }
}

extension EmailLogError {
    /// Someone has changed or removed the row by hand: there is nothing to wait for.
    fileprivate var isAboutRow: Bool {
        switch self {
        case .wrongStatus, .noSuchMessage: true
        default: false
        }
    }
}

extension Settlement {
    /// - Parameter waitsUntil: when a row that waits for its mailbox or route is looked at again.
    fileprivate init(_ row: Disposition.Row, waitsUntil: Timestamp, keepsSentBody: Bool) {
        switch row {
        case .sent: self = .sent(keepBody: keepsSentBody)
        case .failed(let refusal): self = .failed(because: refusal.text)
        case .retry(let moment, _): self = .retry(at: moment, spent: true)
        case .waits: self = .retry(at: waitsUntil, spent: false)
        case .unknownHeld: self = .unknown
        }
    }
}
