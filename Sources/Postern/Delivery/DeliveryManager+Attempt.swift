import DeliveryPolicy
import EmailLog
import Logging
import MailModel
import SMTPProtocol

/// One attempt from its claim to its record.
extension DeliveryManager {
    func attempt(_ start: Scheduler.Start) async {
        CrashPoint.reach(.chosen)
        guard let route = routes[start.lane.route], let path = route.paths[start.path],
            let message = await claim(start.id, in: start.lane, by: start.path)
        else { return notBegun(start) }
        CrashPoint.reach(.claimed)
        let (startedDate, startedAt) = (clocks.now(), clocks.instant())
        guard let delivery = await deliver(message, start, by: path) else { return await heldUp(start) }
        CrashPoint.reach(.answered)
        let attempt = Attempt(
            start: start, message: message, route: route, delivery: delivery, startedDate: startedDate,
            duration: clocks.instant() - startedAt)
        attempted[message.id] = clocks.instant()
        if let other = attempt.movesTo {
            await moved(attempt, to: other)
        } else {
            await ended(attempt)
        }
    }

    /// Held, cancelled, or the store failed: nothing was tried.
    private func notBegun(_ start: Scheduler.Start) {
        scheduler.finished(
            start.id, .inconclusive, reachedFarSide: false, usage: .whole, at: clocks.instant(), using: &random)
        bell.ring(start.lane)
    }

    /// `nil` where a pause came while the message was claimed and read: nothing was tried.
    private func deliver(
        _ message: QueuedMessage, _ start: Scheduler.Start, by path: any DeliveryPath
    ) async -> Delivery? {
        do {
            let body = try await log.body(of: message.id)
            guard scheduler.stillAdmits(start.id, at: clocks.instant()) else { return nil }
            return await path.deliver(message, body: body, memory: AttemptMemory(of: message.id, in: log))
        } catch {
            return Delivery(unreadable: error)
        }
    }

    /// It waits for the end of the pause like the others.
    private func heldUp(_ start: Scheduler.Start) async {
        let (now, instant) = (clocks.now(), clocks.instant())
        attempted[start.id] = instant
        let status = scheduler.explain(start.lane, at: instant)?.paths.first { $0.path == start.path }
        let reason = status?.reason?.explained(on: start.path)
        let opening = scheduler.finished(
            start.id, .inconclusive, reachedFarSide: false, usage: .whole, at: instant, using: &random)
        await putBack(start, due: now + (opening - instant), because: reason)
    }

    /// Nothing was tried: it goes back to wait for the one path that can carry it.
    private func moved(_ attempt: Attempt, to path: Path) async {
        let (start, reason) = (attempt.start, attempt.delivery.outcome.refusal?.text)
        notBegun(start)
        await putBack(start, due: clocks.now(), fallingBackTo: path, because: reason)
        logger.notice(
            "message falls back", metadata: attempt.metadata.merging([LogKey.reason: "\(reason ?? "")"]) { $1 })
    }

    private func putBack(
        _ start: Scheduler.Start, due: Timestamp, fallingBackTo path: Path? = nil, because reason: String?
    ) async {
        await record { log, _ throws(EmailLogError) in
            try await log.putBack([start.id], due: due, fallingBackTo: path, because: reason)
        }
        // What the store says of it from now on is true.
        attempted[start.id] = nil
        agenda.wake(start.lane, at: due)
        bell.ring()
    }

    private func ended(_ attempt: Attempt) async {
        let (now, instant, start) = (clocks.now(), clocks.instant(), attempt.start)
        let dispositions = attempt.delivery.outcomes.map { outcome in
            Disposition(
                of: outcome, .init(retries: attempt.message.retries, acceptedAt: attempt.message.waitingSince),
                schedule: attempt.route.schedule, onUnknown: attempt.onUnknown, at: now, using: &random)
        }
        let effect = attempt.delivery.effect(dispositions.map(\.effect).first { $0 != .healthy } ?? .healthy)
        let waitsUntil = scheduler.finished(
            start.id, effect, reachedFarSide: attempt.delivery.cost != nil, usage: attempt.delivery.usage, at: instant,
            using: &random)
        // Where the store was asked before those that had started were claimed, it had only them to show.
        agenda.stir(start.lane)
        bell.ring()
        let settlements = zip(attempt.delivery.outcomes, dispositions).map { outcome, disposition -> Settlement in
            if let primary = attempt.takesBack(outcome, disposition.row) { return .moved(to: primary, at: now) }
            return Settlement(
                disposition.row, of: outcome, by: start.path, waitsUntil: now + (waitsUntil - instant),
                keepsSentBody: keepsSentBodies)
        }
        report(attempt, settlements)
        await settle(attempt, settlements)
        // What the store says of it from now on is true, and it may go at once.
        if case .moved = settlements[0] { attempted[start.id] = nil }
        let moments = settlements.compactMap(\.nextAttempt)
        for moment in moments { agenda.wake(start.lane, at: moment) }
        await note(effect, of: start.lane, by: start.path)
        if !moments.isEmpty || effect != .healthy { bell.ring() }
    }

    private func settle(_ attempt: Attempt, _ settlements: [Settlement]) async {
        let (id, delivery, reporter) = (attempt.start.id, attempt.delivery, self.reporter)
        await record { log, now throws(EmailLogError) in
            if !delivery.parts.isEmpty {
                let parts = zip(delivery.parts, settlements).map { part, settlement in
                    SettledPart(
                        recipients: part.recipients, settlement: settlement, attempt: attempt.record(part.outcome))
                }
                _ = try await log.settle(id, parts: parts, at: now, reporter: reporter)
            } else if !delivery.isAttempt, case .retry(let moment, _, _) = settlements[0] {
                try await log.putBack(
                    [id], due: moment, fallingBackTo: nil, because: delivery.outcome.refusal?.text)
            } else if !delivery.isAttempt, case .moved(let path, let moment) = settlements[0] {
                try await log.putBack(
                    [id], due: moment, fallingBackTo: path, because: delivery.outcome.refusal?.text)
            } else {
                let record = delivery.isAttempt ? attempt.record(delivery.outcome) : nil
                try await log.settle(id, settlements[0], attempt: record, at: now, reporter: reporter)
            }
        }
    }

    /// What came of the attempt is known and must be recorded; a store in trouble is waited for.
    func record(_ write: (any DeliveryStore, Timestamp) async throws(EmailLogError) -> Void) async {
        recordsUnderWay += 1
        defer {
            recordsUnderWay -= 1
            if lacksMemory { bell.ring() }
        }
        while true {
            do throws(EmailLogError) {
                return try await write(log, clocks.now())
            } catch {
                guard !error.isAboutRow else {
                    return logger.error("outcome not recorded", metadata: [LogKey.reason: "\(error)"])
                }
                rest(after: error)
                if (try? await clocks.sleep(.seconds(1))) == nil { return }
            }
        }
    }

    private func report(_ attempt: Attempt, _ settlements: [Settlement]) {
        // What nobody hears is not put together, once for each message.
        guard logger.logLevel <= .error else { return }
        for (outcome, settlement) in zip(attempt.delivery.outcomes, settlements) {
            var metadata = attempt.metadata
            metadata[LogKey.outcome] = "\(outcome.word)"
            metadata[LogKey.status] = outcome.refusal?.status.map { "\($0)" }
            metadata[LogKey.reason] = outcome.refusal.map { "\($0.code ?? "-") \($0.text)" }
            switch settlement {
            case .sent: logger.info("message sent", metadata: metadata)
            case .failed: logger.error("message failed", metadata: metadata)
            case .unknown: logger.error("message held, outcome unknown", metadata: metadata)
            case .retry(let moment, _, _):
                metadata[LogKey.until] = "\(moment)"
                logger.notice("message waits", metadata: metadata)
            case .moved: logger.notice("message falls back", metadata: metadata)
            }
        }
    }
}

/// What is known of an attempt once it has ended.
private struct Attempt {
    let start: Scheduler.Start
    let message: QueuedMessage
    let route: DeliveryRoute
    let delivery: Delivery
    let startedDate: Timestamp
    let duration: Duration

    var metadata: Logger.Metadata {
        [
            LogKey.id: "\(message.id)", LogKey.route: "\(message.route)", LogKey.path: "\(start.path.rawValue)",
            LogKey.mailbox: "\(message.mailbox.redacted)",
        ]
    }

    /// The one path that can carry the message, where this one cannot. A message that was moved here because of trouble on
    /// the primary must not fail for what the primary would have taken.
    var movesTo: Path? {
        if delivery.fallsBack { return route.other(than: start.path) }
        let primary = route.limits.primary
        guard case .rejected(let refusal) = delivery.outcome, delivery.cost == nil, delivery.parts.isEmpty,
            refusal.cause == .tooLarge || refusal.cause == .unrepresentable, message.via == nil, start.path != primary
        else { return nil }
        return primary
    }

    /// Mail of a trial that the path which is tried has clearly not sent goes by the route's primary, as it would have
    /// without the trial: nobody misses mail for it, or waits longer than the one attempt. What speaks for the mailbox or
    /// the route waits, as the rule of fallback has it.
    func takesBack(_ outcome: Outcome, _ row: Disposition.Row) -> Path? {
        let primary = route.limits.primary
        guard isOfTrial, message.via == nil, start.path != primary, let refusal = outcome.refusal, !outcome.isUnknown,
            refusal.cause != .malfunction
        else { return nil }
        if case .failed = row { return primary }
        let isMessages = refusal.scope == .message || refusal.scope == .recipient
        return isMessages && delivery.isAttempt ? primary : nil
    }

    private var isOfTrial: Bool { message.trial == TrialArm.trial.rawValue }

    var onUnknown: Disposition.UnknownPolicy {
        delivery.isHeld ? .hold : route.lostAnswers.policy(by: start.path)
    }

    func record(_ outcome: Outcome) -> AttemptRecord {
        var record = AttemptRecord(
            startedDate: startedDate, duration: duration, path: start.path, outcome: outcome,
            cost: route.charge(delivery.cost, for: message.envelope),
            fellBack: message.via == nil && (start.path == route.limits.primary) == isOfTrial)
        (record.draft, record.note) = (delivery.draft, delivery.note)
        return record
    }
}

extension Delivery {
    /// One, or one for each part.
    fileprivate var outcomes: [Outcome] { parts.isEmpty ? [outcome] : parts.map(\.outcome) }

    /// What a look alone takes is requests; no message was submitted.
    fileprivate var usage: Usage {
        cost.map { cost in
            Usage(
                requests: Int64(cost.requests), isSubmitted: cost.recipients > 0,
                octets: Int64(Base64.encodedLength(of: cost.bytes)))
        } ?? .whole
    }

    /// What was refused on our own side says nothing about the mailbox or the route: a probe must reach Microsoft.
    fileprivate func effect(_ judged: LaneEffect) -> LaneEffect {
        cost == nil && judged == .healthy ? .inconclusive : judged
    }
}

extension Outcome {
    fileprivate var isRejected: Bool { if case .rejected = self { true } else { false } }
    fileprivate var isUnknown: Bool { if case .unknown = self { true } else { false } }
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
    fileprivate init(
        _ row: Disposition.Row, of outcome: Outcome, by path: Path, waitsUntil: Timestamp, keepsSentBody: Bool
    ) {
        switch row {
        case .sent: self = .sent(keepBody: keepsSentBody)
        case .failed(let refusal):
            self = .failed(because: refusal.advised(on: path) ?? refusal.text, isGivenUp: !outcome.isRejected)
        case .retry(let moment, let refusal):
            self = .retry(at: moment, spent: true, because: refusal.advised(on: path))
        case .waits(let refusal): self = .retry(at: waitsUntil, spent: false, because: refusal.advised(on: path))
        case .unknownHeld: self = .unknown
        }
    }
}

extension Refusal {
    /// As a row says it that an operator may look at; `nil` where the attempt's own record says all there is.
    fileprivate func advised(on path: Path) -> String? { advice(on: path) == nil ? nil : explained(on: path) }
}
