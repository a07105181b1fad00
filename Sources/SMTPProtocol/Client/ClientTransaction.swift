import MailModel

/// One mail transaction as the client sees it: its commands in order, and what has been said to them (RFC 5321 §3.3).
struct ClientTransaction: Sendable {
    enum Step: Hashable, Sendable {
        /// Clears what an earlier message left behind.
        case reset
        case mail(command: String)
        case recipient(Address)
        /// Where the content does not go in chunks.
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
    /// `nil` where the content goes behind DATA.
    var chunks: ChunkProgress?

    /// - Parameter window: how many chunks may be on their way unanswered; `nil`: DATA.
    init(envelope: Envelope, mailCommand: String, reset: Bool, window: Int?) {
        steps =
            (reset ? [.reset] : []) + [.mail(command: mailCommand)]
            + envelope.recipients.map(Step.recipient) + (window == nil ? [.data] : [])
        chunks = window.map { ChunkProgress(window: $0) }
    }

    var current: Step { steps[position] }

    /// All has been said that comes before the content.
    var isComplete: Bool { position == steps.count }

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
    var isRefusalFinal: Bool { isMailRefused || isComplete || current == .data }

    /// Whether the server still holds a transaction, which RSET must clear before the next MAIL.
    func isOpen(after conclusion: DeliveryReport.Conclusion) -> Bool {
        switch conclusion {
        case .refused(.recipients, _), .refused(.data, _): true
        // RFC 3030 §2 leaves open what a refused chunk leaves behind.
        case .refused(.message, _): chunks != nil
        case .refused(.mail, _), .accepted, .tooLarge, .needsUTF8: false
        }
    }

    /// Recipients' replies are left out where MAIL was refused: then they say nothing of their own.
    func report(_ conclusion: DeliveryReport.Conclusion) -> DeliveryReport {
        DeliveryReport(conclusion, recipients: isMailRefused ? [] : recipients)
    }
}

/// Content on its way in chunks (RFC 3030 §2).
struct ChunkProgress: Sendable {
    let window: Int
    /// The owner has been asked for a chunk that it has not sent yet.
    var isAsked = false
    /// Chunks sent and not answered.
    private(set) var outstanding = 0
    /// The first refusal; nothing more is sent then.
    private(set) var refusal: Reply?

    init(window: Int) { self.window = window }

    var hasRoom: Bool { refusal == nil && outstanding < window }

    mutating func sent() {
        isAsked = false
        outstanding += 1
    }

    mutating func answered(_ reply: Reply) {
        outstanding -= 1
        if refusal == nil, reply.isRefusal { refusal = reply }
    }
}
