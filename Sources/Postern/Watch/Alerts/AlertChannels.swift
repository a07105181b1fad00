import EmailLog
import HTTPTransport
import MailModel

/// Why something could not be told. Never holds the webhook's address.
package struct AlertFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}

/// The ways by which an alert tells something.
struct AlertChannels: Sendable {
    let configuration: Configuration
    let transport: HTTPTransport
    let clocks: Clocks
    var commandTimeout = Duration.seconds(30)
    /// Accepts a message into the queue.
    let submit: @Sendable (_ message: [UInt8], _ envelope: Envelope) async throws -> QueueID

    /// - Returns: what can be said of the success.
    func tell(_ event: AlertEvent, by channel: AlertNotification.Channel, of alert: Alert)
        async throws(AlertFailure) -> String
    {
        switch channel {
        case .webhook: try await post(event, to: alert.webhook)
        case .email: try await mail(event, to: alert.email)
        case .command: try await run(alert.command, event)
        }
    }

    /// A connection each: one that hangs must not hold up another to the same host.
    private static let endpoint = HTTPEndpoint(version: .http1)
    private static let timeouts = HTTPTimeouts(connect: .seconds(10), total: .seconds(20), stalled: .seconds(20))

    private func post(_ event: AlertEvent, to webhook: Alert.Webhook?) async throws(AlertFailure) -> String {
        guard let webhook else { throw Self.gone }
        let request = HTTPRequest(
            method: "POST", url: webhook.url.reveal(), headers: [("Content-Type", "application/json")],
            body: .bytes(AlertPayload.body(event, webhook.format)), endpoint: Self.endpoint, timeouts: Self.timeouts)
        let status: Int
        do {
            status = try await transport.send(request).status
        } catch {
            throw AlertFailure(description: error.text)
        }
        guard 200..<300 ~= status else { throw AlertFailure(description: "the receiver answered \(status)") }
        return "the receiver answered \(status)"
    }

    private func mail(_ event: AlertEvent, to recipient: Address?) async throws(AlertFailure) -> String {
        guard let recipient else { throw Self.gone }
        guard let sender = AlertMail.sender(for: recipient, in: configuration) else {
            throw AlertFailure(
                description: "no route takes mail from \(recipient), and none has a `mailbox` it could come from")
        }
        let message = AlertMail.message(event, from: sender, to: recipient, at: clocks.now())
        do {
            return "queued as \(try await submit(message, Envelope(sender: sender, recipients: [recipient])))"
        } catch {
            throw AlertFailure(description: "not queued: \(error)")
        }
    }

    private func run(_ command: [String], _ event: AlertEvent) async throws(AlertFailure) -> String {
        guard !command.isEmpty else { throw Self.gone }
        let program = AlertProgram(command: command, environment: event.environment, timeout: commandTimeout)
        do {
            try await program.run(input: event.report)
        } catch {
            throw AlertFailure(description: error.text)
        }
        return "\(command[0]) ended with status 0"
    }

    private static let gone = AlertFailure(description: "the channel is no longer configured")
}

extension AlertEvent {
    fileprivate var environment: [String: String] {
        [
            "POSTERN_ALERT_NAME": name, "POSTERN_ALERT_STATE": state.rawValue, "POSTERN_ALERT_COUNT": "\(count)",
            "POSTERN_ALERT_TEXT": text,
        ]
    }
}

extension LocalSubmission {
    /// Queues a message of an alert, marked so that no alert counts it and no report follows it.
    func submitAlert(_ message: [UInt8], _ envelope: Envelope) async throws -> Judged {
        let judged = try judge(message, envelope, client: EmailLog.alertClient)
        try await accept(judged, wantsReport: false)
        return judged
    }
}
