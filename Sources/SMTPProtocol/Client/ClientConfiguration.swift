/// How a client session is to be set up.
package struct ClientConfiguration: Sendable {
    package enum TLS: Hashable, Sendable {
        case off
        /// STARTTLS, or no session: never falls back to plaintext.
        case startTLS
    }

    /// Our name in EHLO.
    package var hostname: String
    package var tls: TLS
    /// `nil`: no AUTH. Sent over plaintext only where `tls` is `off`.
    package var credentials: Credentials?

    package init(hostname: String, tls: TLS, credentials: Credentials? = nil) {
        self.hostname = hostname
        self.tls = tls
        self.credentials = credentials
    }
}

/// What MAIL has to say about the content.
package struct MessageTraits: Hashable, Sendable {
    /// Octets, before dot-stuffing.
    package var size: Int
    /// Octets above 127 anywhere in the content.
    package var isEightBit: Bool
    /// UTF-8 in headers, so that SMTPUTF8 is needed (RFC 6531 §3.4); addresses are looked at by the session.
    package var hasUTF8Headers: Bool

    package init(size: Int, isEightBit: Bool = false, hasUTF8Headers: Bool = false) {
        self.size = size
        self.isEightBit = isEightBit
        self.hasUTF8Headers = hasUTF8Headers
    }
}
