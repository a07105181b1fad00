import DeliveryPolicy
package import EmailLog
import HTTPTransport
package import MailModel

/// One message sent now, by the command line and without the service: accepted, attempted once, recorded like any other.
package struct DirectDelivery: Sendable {
    private let configuration: Configuration
    private let log: EmailLog
    private let clocks: Clocks

    package init(_ configuration: Configuration, log: EmailLog, clocks: Clocks = .system()) {
        self.configuration = configuration
        self.log = log
        self.clocks = clocks
    }

    package struct Step: Sendable {
        package let id: QueueID
        package let lane: LaneKey
        package let outcome: Outcome
        package let duration: Duration
    }

    /// A message that is refused or put off is recorded as failed, so that it is not sent behind the sender's back;
    /// `postern resend` tries it again.
    ///
    /// - Throws: `Refused`, `EmailLogError`, `GatewayError`; `NoRoom` where the limits are used up.
    package func send(_ message: [UInt8], _ envelope: Envelope) async throws -> [Step] {
        let transport = HTTPTransport()
        let settings = try RuntimeSettings(configuration, transport: transport, clocks: clocks)
        let submission = LocalSubmission(configuration, log: log, clocks: clocks)
        let judged = try submission.judge(message, envelope)
        guard let route = settings.routes.first(where: { $0.name == judged.lane.route }) else { return [] }
        try await checkRoom(for: judged, on: route)
        try await submission.accept(judged, start: .inProgress(.graph))
        var steps: [Step] = []
        for id in judged.ids { steps.append(try await attempt(id, judged.lane, route)) }
        await transport.shutdown()
        return steps
    }

    /// The limits hold for this message, too: what was spent is in the log.
    private func checkRoom(for judged: LocalSubmission.Judged, on route: DeliveryRoute) async throws {
        var scheduler = Scheduler()
        scheduler.configure(route.name, route.limits, at: clocks.instant())
        let memory = try await SpendingMemory.load(from: log, for: [route.limits], clocks: clocks)
        memory.restore(into: &scheduler, clocks: clocks)
        let now = clocks.instant()
        for (id, envelope) in zip(judged.ids, judged.verdict.envelopes) {
            let row = Waiting(
                id: id, due: now, recipients: envelope.recipients.count, size: Int64(judged.message.count))
            if case .neverFits(let refusal) = scheduler.enqueue(row, lane: judged.lane, at: now) {
                throw NoRoom(text: refusal.text)
            }
            guard scheduler.start(at: now).isEmpty else { continue }
            let status = scheduler.explain(judged.lane, at: now)
            let reason = status?.reason?.text ?? "the mailbox's limits are used up"
            let wait = status?.nextStart.map { " until \(clocks.now() + ($0 - now)) UTC" } ?? ""
            throw NoRoom(text: "not sent: \(reason); wait\(wait), or hand it to the queue with --queue")
        }
    }

    package struct NoRoom: Error, CustomStringConvertible {
        let text: String
        package var description: String { text }
    }

    private func attempt(_ id: QueueID, _ lane: LaneKey, _ route: DeliveryRoute) async throws -> Step {
        let (startedDate, startedAt) = (clocks.now(), clocks.instant())
        let message = try await log.claimed(id)
        let delivery = await route.path.deliver(message, body: try await log.body(of: id))
        let duration = clocks.instant() - startedAt
        let record = AttemptRecord(
            startedDate: startedDate, duration: duration, path: .graph, outcome: delivery.outcome, cost: delivery.cost)
        let settlement: Settlement =
            switch delivery.outcome {
            case .accepted: .sent(keepBody: configuration.keepsSentBodies)
            case .unknown: .unknown
            case .deferred(let refusal, _), .rejected(let refusal): .failed(because: refusal.text)
            }
        try await log.settle(id, settlement, attempt: record, at: clocks.now())
        return Step(id: id, lane: lane, outcome: delivery.outcome, duration: duration)
    }
}
