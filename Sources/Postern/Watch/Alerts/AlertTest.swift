package import EmailLog
import HTTPTransport
import MailModel

/// Fires the channels of alerts now, without waiting for trouble and without a service: `postern alert test`.
package struct AlertTest: Sendable {
    /// What came of one channel.
    package struct Step: Sendable {
        package let alert: String
        package let channel: AlertNotification.Channel
        package let result: Result<String, AlertFailure>
        package let duration: Duration
    }

    private let configuration: Configuration
    private let clocks: Clocks

    package init(_ configuration: Configuration, clocks: Clocks = .system()) {
        self.configuration = configuration
        self.clocks = clocks
    }

    /// All channels of these alerts, one after the other.
    package func run(_ alerts: [Alert]) async -> [Step] {
        let transport = HTTPTransport()
        let channels = AlertChannels(
            configuration: configuration, transport: transport, clocks: clocks, submit: enqueue)
        var steps: [Step] = []
        for alert in alerts {
            for channel in alert.channels { steps.append(await fire(channel, of: alert, by: channels)) }
        }
        await transport.shutdown()
        return steps
    }

    private func fire(_ channel: AlertNotification.Channel, of alert: Alert, by channels: AlertChannels) async -> Step {
        let event = AlertEvent.test(alert, hostname: configuration.hostname, at: clocks.now())
        let begin = clocks.instant()
        let result: Result<String, AlertFailure>
        do {
            result = .success(try await channels.tell(event, by: channel, of: alert))
        } catch {
            result = .failure(error)
        }
        return Step(alert: alert.name, channel: channel, result: result, duration: clocks.instant() - begin)
    }

    /// Into the store beside a running service, or for the next one.
    @Sendable private func enqueue(_ message: [UInt8], _ envelope: Envelope) async throws -> QueueID {
        let log = try EmailLog.open(path: configuration.store, role: .tool)
        do {
            let judged = try await LocalSubmission(configuration, log: log, clocks: clocks)
                .submitAlert(message, envelope)
            try await log.close()
            return judged.ids[0]
        } catch {
            try? await log.close()
            throw error
        }
    }
}
