/// What a listener offers and demands; fixed for the life of its sessions.
package struct ServerConfiguration: Sendable {
    package enum Authentication: Hashable, Sendable {
        case off, optional
        /// MAIL is refused before AUTH.
        case required
    }

    /// TLS started by STARTTLS; a connection that is encrypted from its first byte says so to the session itself.
    package enum TLS: Hashable, Sendable {
        case off, offered
        /// Nothing but EHLO, HELO, NOOP, RSET, STARTTLS and QUIT is heard in plaintext (RFC 3207 §4).
        case required
    }

    /// The name in the greeting and the EHLO answer; a bare `<Postmaster>` becomes `postmaster@` this name.
    package var hostname: String
    /// The text behind `220`.
    package var greeting: String
    /// The first line of the EHLO answer, and the HELO answer.
    package var hello: String
    /// Announced in this order; a parameter of an extension that is not here is refused with 555.
    package var capabilities = Capability.standard
    /// Octets of a message as decoded; 0 is no limit (RFC 1870 §4).
    package var maxMessageSize = 35_000_000
    /// Accepted recipients of one message.
    package var maxRecipients = 1000
    package var authentication = Authentication.off
    /// Announced in this order.
    package var mechanisms: [Mechanism] = [.plain, .login]
    /// Whether AUTH is offered and heard without TLS.
    package var allowsPlaintextAuthentication = false
    package var tls = TLS.off
    /// Syntax errors and commands out of order, since the last accepted message, before 421 and the end.
    package var maxBadCommands = 20
    package var maxFailedAuthentications = 3
    /// The JSON sent with 334 before a refused XOAUTH2 hears its 535; `nil` sends the 535 at once.
    package var xoauth2Challenge: String? = #"{"status":"401","schemes":"bearer","scope":""}"#
    package var replies = ServerReplies()

    package init(hostname: String) {
        self.hostname = hostname
        greeting = "\(hostname) ESMTP Postern"
        hello = hostname
    }
}
