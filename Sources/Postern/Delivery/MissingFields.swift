import EmailLog
import MIME
import MailModel

/// Values for header fields that a message came without; the same at every attempt.
enum MissingFields {
    /// Unique because the queue id is.
    static func messageID(for id: QueueID, host: String) -> String { "<\(id)@\(host)>" }

    static func values(for message: QueuedMessage, host: String) -> HeaderEditor.Missing {
        HeaderEditor.Missing(
            messageID: message.messageID ?? messageID(for: message.id, host: host), date: message.createdDate,
            from: message.envelope.sender ?? message.mailbox)
    }
}
