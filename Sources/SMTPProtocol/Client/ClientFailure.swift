/// What a client session is waiting for, or doing.
package enum ClientPhase: String, Hashable, Sendable, CaseIterable {
    case greeting, hello, startTLS, handshake, authentication, ready, mail, recipients, data, body,
        endOfData, quit, over
}

/// Why a client session ended before its time.
package struct ClientFailure: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// A refusal that leaves no way on: of the greeting, EHLO, STARTTLS or AUTH; or 421 at any time.
        case refused(Reply)
        /// AUTH was refused; `challenge` is the decoded text of XOAUTH2's 334, where one came.
        case authenticationRefused(Reply, challenge: String?)
        /// The server offers no STARTTLS.
        case tlsNotOffered
        /// Plaintext behind the server's answer to STARTTLS.
        case plaintextInjected
        /// The server does not offer the credentials' mechanism; what it does offer.
        case mechanismNotOffered([String])
        case malformedReply(String)
        /// A well-formed reply that makes no sense here.
        case unexpectedReply(Reply)
        case timeout
        case connectionClosed
        /// Our own content could not be read to its end.
        case bodyFailed
    }

    package var phase: ClientPhase
    package var reason: Reason

    package init(_ phase: ClientPhase, _ reason: Reason) {
        self.phase = phase
        self.reason = reason
    }

    /// The final dot or the last chunk may have left, and no clear answer came: the message may have been accepted.
    package var isOutcomeUnknown: Bool {
        guard phase == .endOfData else { return false }
        return switch reason {
        case .timeout, .connectionClosed, .malformedReply, .unexpectedReply: true
        case .refused, .authenticationRefused, .tlsNotOffered, .plaintextInjected, .mechanismNotOffered,
            .bodyFailed:
            false
        }
    }
}
