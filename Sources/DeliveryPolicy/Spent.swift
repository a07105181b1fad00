package import MailModel

/// What the log says a mailbox has used: one attempt, or several counted by their latest answer.
package struct Spent: Hashable, Sendable {
    /// When the answer came; where none was recorded, the moment of the restart. Before `Instant.start`, so negative.
    package var answeredAt: Instant
    /// Messages and recipients count together over both paths, requests and octets on Graph's alone.
    package var path: Path
    package var messages: Int64
    /// By Graph; more than messages, where it was looked before one was sent.
    package var requests: Int64
    package var recipients: Int64
    package var externalRecipients: Int64
    /// Octets of the raw messages together.
    package var size: Int64

    /// - Parameter requests: `nil`: one for each message.
    package init(
        answeredAt: Instant, path: Path = .graph, messages: Int64 = 1, recipients: Int64, externalRecipients: Int64 = 0,
        size: Int64, requests: Int64? = nil
    ) {
        self.requests = requests ?? messages
        self.answeredAt = answeredAt
        self.path = path
        self.messages = messages
        self.recipients = recipients
        self.externalRecipients = externalRecipients
        self.size = size
    }
}
