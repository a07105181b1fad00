import DeliveryPolicy
import EmailLog
package import MailModel
import SMTPProtocol

/// One message sent now, by the command line: accepted like any other, attempted once, and then sent or failed for good, so
/// that nothing goes out behind its sender's back. `postern resend` tries it again.
///
/// Only one process delivers from a store, or two would overstep the limits together. Where a service runs, it makes the
/// attempt; otherwise this process takes its place for that moment.
package struct DirectDelivery: Sendable {
    private let configuration: Configuration
    private let via: Path?
    private let clocks: Clocks
    private let patience: Duration

    /// - Parameters:
    ///   - via: the only path it may take; `nil`: the route's primary, or the other for what the primary cannot carry.
    ///   - patience: how long a running service has for the attempt.
    package init(
        _ configuration: Configuration, via: Path? = nil, clocks: Clocks = .system(),
        patience: Duration = .seconds(60)
    ) {
        self.configuration = configuration
        self.via = via
        self.clocks = clocks
        self.patience = patience
    }

    package struct Report: Sendable {
        package let choice: SendChoice
        package let steps: [Step]
    }

    package struct Step: Sendable {
        package let id: QueueID
        package let lane: LaneKey
        package let path: Path
        package let outcome: Outcome
        package let duration: Duration
    }

    /// - Throws: `Refused`, `EmailLogError`, `GatewayError`.
    package func send(_ message: [UInt8], _ envelope: Envelope) async throws -> Report {
        let outbound = Outbound(configuration)
        let settings = try RuntimeSettings(configuration, outbound: outbound, clocks: clocks)
        let (judged, route) = try await accept(message, envelope, settings.routes)
        let steps = try await resolve(judged, route, settings.routes, outbound)
        return Report(choice: judged.choice, steps: steps)
    }

    private func accept(
        _ message: [UInt8], _ envelope: Envelope, _ routes: [DeliveryRoute]
    ) async throws -> (LocalSubmission.Judged, DeliveryRoute) {
        let log = try EmailLog.open(path: configuration.store, role: .tool)
        let submission = LocalSubmission(configuration, log: log, clocks: clocks)
        let judged = try submission.judge(message, envelope, via: via)
        guard let route = routes.first(where: { $0.name == judged.lane.route }) else {
            throw GatewayError.configuration("there is no route \(judged.lane.route) any more")
        }
        if let via, route.paths[via] == nil {
            throw GatewayError.configuration("route \(route.name) has no path \(via.rawValue): add its section")
        }
        // Whoever waits for the outcome needs no mail about it.
        try await submission.accept(judged, wantsReport: false)
        try await log.close()
        return (judged, route)
    }

    private func resolve(
        _ judged: LocalSubmission.Judged, _ route: DeliveryRoute, _ routes: [DeliveryRoute], _ outbound: Outbound
    ) async throws -> [Step] {
        let deadline = clocks.instant() + patience
        while true {
            if let log = try openAlone() {
                let turn = Turn(
                    log: log, lane: judged.lane, route: route, via: via, keepsSentBodies: configuration.keepsSentBodies,
                    clocks: clocks)
                try await turn.recover(routes)
                let steps = try await turn.take(judged.ids, by: firstPath(of: judged, route))
                // A service that starts now must find no connection of ours beside its own.
                await outbound.shutdown()
                try await log.close()
                return steps
            }
            let isLate = clocks.instant() >= deadline
            if let steps = try await observe(judged, route, givingUp: isLate) {
                await outbound.shutdown()
                return steps
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func firstPath(of judged: LocalSubmission.Judged, _ route: DeliveryRoute) -> Path {
        via ?? judged.choice.path ?? route.limits.primary
    }

    /// The store for this process alone; `nil` while a service has it.
    private func openAlone() throws(EmailLogError) -> EmailLog? {
        do {
            return try EmailLog.open(path: configuration.store, role: .service)
        } catch .inUse {
            return nil
        }
    }

    /// What the running service has made of the message; `nil` while it has not attempted every part.
    private func observe(
        _ judged: LocalSubmission.Judged, _ route: DeliveryRoute, givingUp isLate: Bool
    ) async throws -> [Step]? {
        let log = try EmailLog.open(path: configuration.store, role: .tool)
        let pauses = try await log.pauses().filter { $0.until > clocks.now() && $0.holds(judged.lane) }
        var steps: [Step] = []
        // Recipients who were answered differently have rows of their own by now.
        for row in try await log.parts(of: judged.ids[0]) {
            let id = row.id
            let attempts = try await log.attempts(of: id)
            if row.status == .queued, isLate || !attempts.isEmpty { _ = try await log.cancel(.ids([id])) }
            // Of one that was put off only the next look tells why: the pause is recorded after the row.
            if !row.status.isFinal, row.status != .unknown, !isLate {
                try await log.close()
                return nil
            }
            let path = row.path ?? firstPath(of: judged, route)
            let outcome = Outcome(row, attempts.last, pauses.first { $0.path == path })
            steps.append(
                Step(
                    id: id, lane: judged.lane, path: path, outcome: outcome, duration: attempts.last?.duration ?? .zero
                ))
        }
        try await log.close()
        return steps
    }
}

/// Delivery by this process alone: what a service does, for a few messages and one attempt each.
private struct Turn {
    let log: EmailLog
    let lane: LaneKey
    let route: DeliveryRoute
    let via: Path?
    let keepsSentBodies: Bool
    let clocks: Clocks

    /// Settles what a service that has died was sending, as the service would at its next start.
    func recover(_ routes: [DeliveryRoute]) async throws {
        let now = clocks.now()
        let known = Dictionary(routes.map { ($0.name, $0) }) { first, _ in first }
        _ = try await log.recover(at: now) { route, path in
            known[route]?.recovery(by: path, at: now) ?? .unconfigured(by: path, at: now)
        }
    }

    func take(_ ids: [QueueID], by path: Path) async throws -> [DirectDelivery.Step] {
        var steps: [DirectDelivery.Step] = []
        for id in ids { steps += try await take(id, by: path) }
        return steps
    }

    private func take(_ id: QueueID, by path: Path) async throws -> [DirectDelivery.Step] {
        let startedAt = clocks.instant()
        guard let message = try await log.claim(id, path: path, at: clocks.now()) else {
            throw EmailLogError.noSuchMessage(id)
        }
        CrashPoint.reach(.claimed)
        let hindrance = try await hindrance(to: message, by: path)
        let delivery = if let hindrance { hindrance } else { await attempt(message, by: path) }
        CrashPoint.reach(.answered)
        let step = DirectDelivery.Step(
            id: id, lane: lane, path: path, outcome: delivery.outcome, duration: clocks.instant() - startedAt)
        if delivery.fallsBack, via == nil, let other = route.other(than: path) {
            try await log.putBack([id], due: clocks.now(), fallingBackTo: other)
            return [step] + (try await take(id, by: other))
        }
        return try await record(message, delivery, step)
    }

    private func attempt(_ message: QueuedMessage, by path: Path) async -> Delivery {
        do throws(EmailLogError) {
            let body = try await log.body(of: message.id)
            guard let way = route.paths[path] else { throw EmailLogError.other("no path \(path.rawValue)") }
            return await way.deliver(message, body: body, memory: AttemptMemory(of: message.id, in: log))
        } catch {
            return Delivery(unreadable: error)
        }
    }

    /// The limits hold for this message, too: what was spent, and what is paused, is in the log.
    private func hindrance(to message: QueuedMessage, by path: Path) async throws(EmailLogError) -> Delivery? {
        var scheduler = Scheduler()
        scheduler.configure(route.name, route.limits, at: clocks.instant())
        let memory = try await SpendingMemory.load(from: log, for: [route.limits], clocks: clocks)
        memory.restore(into: &scheduler, routes: [route.name], clocks: clocks)
        let now = clocks.instant()
        let row = Waiting(
            id: message.id, priority: message.priority, due: now, recipients: message.envelope.recipients.count,
            size: Int64(message.size), via: path,
            externalRecipients: route.limits.acceptedDomains.externals(among: message.envelope.recipients))
        if case .neverFits(let refusal) = scheduler.enqueue(row, lane: lane, at: now) {
            return Delivery(.rejected(refusal), isAttempt: false)
        }
        guard scheduler.start(at: now).isEmpty else { return nil }
        let (status, putOff) = (scheduler.explain(lane, at: now), scheduler.takePutOff().first)
        let moment = putOff?.until ?? status?.nextStart
        let wait = moment.map { " There is room again at \(clocks.now() + ($0 - now)) UTC." } ?? ""
        let use = putOff.map { "\($0.use.words) by route \(route.name)." }
        let text = (use ?? status?.reason?.text ?? "The mailbox's limits are used up.") + wait
        return Delivery(
            .deferred(Refusal(scope: .mailbox, cause: .throttled, text: text), retryAfter: nil), isAttempt: false)
    }

    private func record(
        _ message: QueuedMessage, _ delivery: Delivery, _ step: DirectDelivery.Step
    ) async throws(EmailLogError) -> [DirectDelivery.Step] {
        let now = clocks.now()
        if case .deferred(let refusal, let wait?) = delivery.outcome, refusal.scope == .mailbox {
            try await log.pause(
                LanePause(
                    route: route.name, mailbox: lane.mailbox, path: step.path, since: now, until: now + wait,
                    cause: refusal.cause,
                    reason: refusal.text))
        }
        guard delivery.parts.isEmpty else { return try await recordParts(message, delivery, step, at: now) }
        var attempt =
            delivery.isAttempt
            ? step.record(delivery.outcome, cost: route.charge(delivery.cost, for: message.envelope), at: now) : nil
        attempt?.draft = delivery.draft
        attempt?.note = delivery.note
        try await log.settle(message.id, settlement(delivery.outcome), attempt: attempt, at: now)
        return [step]
    }

    private func recordParts(
        _ message: QueuedMessage, _ delivery: Delivery, _ step: DirectDelivery.Step, at now: Timestamp
    ) async throws(EmailLogError) -> [DirectDelivery.Step] {
        let parts = delivery.parts.map { part in
            SettledPart(
                recipients: part.recipients, settlement: settlement(part.outcome),
                attempt: step.record(part.outcome, cost: route.charge(delivery.cost, for: message.envelope), at: now))
        }
        let ids = try await log.settle(message.id, parts: parts, at: now)
        return zip(ids, delivery.parts).map { id, part in
            DirectDelivery.Step(id: id, lane: lane, path: step.path, outcome: part.outcome, duration: step.duration)
        }
    }

    private func settlement(_ outcome: Outcome) -> Settlement {
        switch outcome {
        case .accepted: .sent(keepBody: keepsSentBodies)
        case .unknown: .unknown
        case .deferred(let refusal, _), .rejected(let refusal): .failed(because: refusal.text)
        }
    }
}

extension DirectDelivery.Step {
    fileprivate func record(_ outcome: Outcome, cost: AttemptRecord.Cost?, at now: Timestamp) -> AttemptRecord {
        AttemptRecord(startedDate: now - duration, duration: duration, path: path, outcome: outcome, cost: cost)
    }
}

extension LanePause {
    fileprivate func holds(_ lane: LaneKey) -> Bool {
        route == lane.route && (mailbox == nil || mailbox == lane.mailbox)
    }
}

extension Outcome {
    /// As the log tells it.
    ///
    /// - Parameter pause: of the lane, which knows why its mail is put off.
    fileprivate init(_ row: LogRow, _ attempt: AttemptRow?, _ pause: LanePause?) {
        func refusal(_ cause: Refusal.Cause, _ scope: Refusal.Scope = .message) -> Refusal {
            Refusal(
                scope: scope, cause: cause, status: attempt?.httpStatus ?? row.httpStatus,
                code: attempt?.errorCode ?? row.errorCode,
                text: attempt?.errorText ?? row.errorText
                    ?? (row.status == .inProgress ? "the service is still sending it" : "not attempted"),
                requestID: row.requestID)
        }
        func waiting(_ cause: Refusal.Cause) -> Outcome {
            let scope = pause.map { $0.mailbox == nil ? Refusal.Scope.route : .mailbox }
            return .deferred(refusal(pause?.cause ?? cause, scope ?? .message), retryAfter: nil)
        }
        switch (row.status, attempt?.outcome) {
        case (.sent, _): self = .accepted(Receipt(status: row.httpStatus ?? 0, requestID: row.requestID))
        case (.unknown, _), (_, "unknown"), (.inProgress, _): self = .unknown(refusal(.unavailable))
        case (.failed, _), (_, "rejected"): self = .rejected(refusal(.rejected))
        case (_, "throttled"), (_, nil): self = waiting(.throttled)
        default: self = waiting(.unavailable)
        }
    }
}
