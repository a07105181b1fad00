/// How a route reaches an SMTP submission host (RFC 6409): Exchange Online's, or another.
package struct SubmissionHost: Hashable, Sendable {
    package enum TLSMode: String, CaseIterable, Sendable { case off, starttls, implicit }

    package enum Authentication: String, CaseIterable, Sendable {
        /// A token of the Graph credential for Exchange's audience.
        case xoauth2
        case password
        case off
    }

    package var host: String
    package var port = 587
    package var tls = TLSMode.starttls
    /// One more trust anchor beside the system's.
    package var caFile: String?
    package var authentication = Authentication.xoauth2
    /// `nil`: the mailbox that the message is sent through.
    package var username: String?
    package var password: Secret?
    /// Open at once for one mailbox; Exchange Online lets three submit.
    package var connections = 3
    package var connectionAge = Duration.seconds(900)
    package var messagesPerConnection = 50

    package init(host: String) { self.host = host }
}
