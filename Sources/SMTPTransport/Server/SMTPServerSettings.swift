import MailModel
package import SMTPProtocol
package import TLS

/// What a listener grants and demands. Asked for anew with each connection, so that a reload needs no new socket.
package struct SMTPServerSettings: Sendable {
    /// The dialogue: names, limits, AUTH, and whether STARTTLS is offered or required.
    package var session: ServerConfiguration
    /// TLS from the first byte; STARTTLS is not offered then.
    package var implicitTLS = false
    /// Needed for implicit TLS and for STARTTLS.
    package var tls: TLSContext?
    package var maxConnections = 500
    /// How long a client may be silent: RFC 5321 §4.5.3.2.7 wants at least five minutes.
    package var idleTimeout = Duration.seconds(300)
    package var handshakeTimeout = Duration.seconds(30)
    /// How long a client has to close its side after our last word, before we do.
    package var lingerTimeout = Duration.seconds(2)
    package var isAllowed: @Sendable (PeerAddress) -> Bool = { _ in true }
    package var busy = Reply(421, .init(4, 3, 2), "Too many connections, try again later")
    package var notAllowed = Reply(554, .init(5, 7, 1), "Access denied")

    package init(session: ServerConfiguration) { self.session = session }

    var needsTLS: Bool { implicitTLS || session.tls != .off }
}

/// A listener could not be opened: what, where, and what to do.
package struct SMTPListenError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case addressInUse
        case notPermitted
        case noSuchAddress
        /// TLS is asked for, and there is no certificate.
        case noTLSContext
        case other(String)
    }

    package let address: PeerAddress
    package let reason: Reason

    package var description: String { "cannot listen for SMTP on \(address): \(explanation)" }

    private var explanation: String {
        switch reason {
        case .addressInUse:
            "the address is in use; another program, or another instance of this one, listens there: stop it, or listen "
                + "on another port"
        case .notPermitted:
            "not permitted; ports below 1024 need the capability CAP_NET_BIND_SERVICE: grant it, or listen on another port"
        case .noSuchAddress: "this machine has no such address: name one of its own, or 0.0.0.0 for all"
        case .noTLSContext: "TLS is asked for, but no certificate and private key are configured"
        case .other(let text): text
        }
    }
}
