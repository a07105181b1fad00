import DeliveryPolicy
import Foundation
import MIME
import MailModel

/// An alert as a message of our own, through the queue like any other: by the other path where the first fails.
enum AlertMail {
    static func message(_ event: AlertEvent, from sender: Address, to recipient: Address, at now: Timestamp) -> [UInt8]
    {
        var builder = MessageBuilder(
            from: NamedAddress(displayName: "Postern", address: sender), to: [NamedAddress(address: recipient)],
            subject: event.title, text: event.report.replacing("\n", with: "\r\n"), date: now,
            messageID: "<\(UUID().uuidString.lowercased())@\(event.hostname)>")
        // RFC 3834 §5: so that no responder answers it.
        builder.extraFields = [("Auto-Submitted", "auto-generated"), ("X-Postern-Priority", "high")].compactMap {
            MessageBuilder.ExtraField(name: $0.0, value: $0.1)
        }
        var random = SystemRandomNumberGenerator()
        return builder.build(using: &random)
    }

    /// Who it is from, since `alerts` has no sender: the recipient, where a route takes its mail; else a mailbox that the
    /// routes name, the first route's first.
    static func sender(for recipient: Address, in configuration: Configuration) -> Address? {
        let rules = ReceptionRules(configuration)
        let named = configuration.routes.flatMap { [$0.mailbox].compactMap(\.self) + $0.mailboxes.map(\.mailbox) }
        return ([recipient] + named).first { candidate in
            if case .lane(_) = rules.route(headerFrom: candidate, envelopeSender: candidate) { true } else { false }
        }
    }
}
