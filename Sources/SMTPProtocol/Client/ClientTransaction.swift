import MailModel

/// One mail transaction as the client sees it: its commands in order, and what has been said to them (RFC 5321 §3.3).
struct ClientTransaction: Sendable {
    enum Step: Hashable, Sendable {
        /// Clears what an earlier message left behind.
        case reset
        case mail(command: String)
        case recipient(Address)
        case data

        /// Without its line end.
        var command: String {
            switch self {
            case .reset: "RSET"
            case .mail(let command): command
            case .recipient(let address): "RCPT TO:<\(address)>"
            case .data: "DATA"
            }
        }
    }

    let steps: [Step]
    /// The step whose reply is due.
    var position = 0
    var mailReply: Reply?
    var recipients: [DeliveryReport.RecipientReply] = []

    init(envelope: Envelope, mailCommand: String, reset: Bool) {
        steps =
            (reset ? [.reset] : []) + [.mail(command: mailCommand)]
            + envelope.recipients.map(Step.recipient) + [.data]
    }

    var current: Step { steps[position] }

    var phase: ClientPhase {
        switch current {
        case .reset, .mail: .mail
        case .recipient: .recipients
        case .data: .data
        }
    }

    private var isMailRefused: Bool { mailReply?.isRefusal == true }

    /// Why nothing can be sent, where MAIL or every recipient so far has been refused.
    var refusal: DeliveryReport.Conclusion? {
        if let mailReply, mailReply.isRefusal { return .refused(.mail, mailReply) }
        guard let first = recipients.first, recipients.allSatisfy(\.reply.isRefusal) else { return nil }
        return .refused(.recipients, first.reply)
    }

    /// No recipient is left who could still be accepted.
    var isRefusalFinal: Bool { isMailRefused || current == .data }

    /// Whether the server still holds a transaction, which RSET must clear before the next MAIL.
    func isOpen(after conclusion: DeliveryReport.Conclusion) -> Bool {
        switch conclusion {
        case .refused(.recipients, _), .refused(.data, _): true
        case .refused(.mail, _), .refused(.message, _), .accepted, .tooLarge, .needsUTF8: false
        }
    }

    /// Recipients' replies are left out where MAIL was refused: then they say nothing of their own.
    func report(_ conclusion: DeliveryReport.Conclusion) -> DeliveryReport {
        DeliveryReport(conclusion, recipients: isMailRefused ? [] : recipients)
    }
}
