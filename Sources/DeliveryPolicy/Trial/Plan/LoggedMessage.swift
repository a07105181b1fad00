package import MailModel

/// A message as an SMTP server's log knows it.
package struct LoggedMessage: Hashable, Sendable {
    /// When the server took it.
    package var date: Timestamp
    /// The envelope's sender as it stands there; empty for the null sender of bounces.
    package var sender: String
    package var recipients: Int
    /// Octets; `nil` where the log does not say.
    package var size: Int64?
    /// The headers name people who are not in the envelope; `nil` where the log does not say, as mail servers' do not.
    package var isUnrepresentable: Bool?

    package init(
        date: Timestamp, sender: String, recipients: Int, size: Int64? = nil, isUnrepresentable: Bool? = nil
    ) {
        self.date = date
        self.sender = sender
        self.recipients = recipients
        self.size = size
        self.isUnrepresentable = isUnrepresentable
    }
}
