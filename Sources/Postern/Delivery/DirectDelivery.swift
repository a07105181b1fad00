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
    /// - Throws: `Refused`, `EmailLogError`, `GatewayError`.
    package func send(_ message: [UInt8], _ envelope: Envelope) async throws -> [Step] {
        let transport = HTTPTransport()
        let settings = try RuntimeSettings(configuration, transport: transport, clocks: clocks)
        let submission = LocalSubmission(configuration, log: log, clocks: clocks)
        let (ids, lane) = try await submission.accept(message, envelope, start: .inProgress(.graph))
        var steps: [Step] = []
        for id in ids {
            guard let route = settings.routes.first(where: { $0.name == lane.route }) else { continue }
            steps.append(try await attempt(id, lane, route))
        }
        await transport.shutdown()
        return steps
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
