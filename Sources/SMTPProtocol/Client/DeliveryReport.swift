package import MailModel

/// What came of one message on a connection that goes on.
package struct DeliveryReport: Hashable, Sendable {
    package enum Step: Hashable, Sendable {
        case mail
        /// Every recipient was refused; the reply is the first one's.
        case recipients
        case data
        /// After the final dot, or to a chunk.
        case message
    }

    package enum Conclusion: Hashable, Sendable {
        /// 250 after the final dot or the last chunk, for every recipient with a positive reply.
        case accepted(Reply)
        case refused(Step, Reply)
        /// Nothing was sent: the server announces a smaller SIZE (octets).
        case tooLarge(limit: Int)
        /// Nothing was sent: the server does not announce SMTPUTF8, and the message needs it.
        case needsUTF8
    }

    /// What the server said to RCPT.
    package struct RecipientReply: Hashable, Sendable {
        package var recipient: Address
        package var reply: Reply

        package init(_ recipient: Address, _ reply: Reply) {
            self.recipient = recipient
            self.reply = reply
        }
    }

    package var conclusion: Conclusion
    /// In the envelope's order; empty where it did not come to RCPT.
    package var recipients: [RecipientReply]

    package init(_ conclusion: Conclusion, recipients: [RecipientReply] = []) {
        self.conclusion = conclusion
        self.recipients = recipients
    }
}
