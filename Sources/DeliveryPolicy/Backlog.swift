package import MailModel

/// What waits in a lane, as far as it costs of the limits.
package struct Backlog: Hashable, Sendable {
    package var messages: Int64
    package var recipients: Int64
    /// Of all lanes of the route, as they share that quota; 0 where this lane has none.
    package var externalRecipients: Int64
    /// Octets of the raw messages.
    package var size: Int64
    /// The least urgent that waits.
    package var priority: Priority

    package init(
        messages: Int64, recipients: Int64, externalRecipients: Int64 = 0, size: Int64 = 0,
        priority: Priority = .normal
    ) {
        self.messages = messages
        self.recipients = recipients
        self.externalRecipients = externalRecipients
        self.size = size
        self.priority = priority
    }
}
