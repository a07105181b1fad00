/// Why a TLS connection could not be made or went on no longer.
package enum TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The role cannot be taken with this context, or the host name is missing or no host name.
    case misconfigured(String)
    /// The peer's certificate was not accepted: OpenSSL's reason, and which certificate.
    case verificationFailed(String)
    case handshakeFailed(String)
    case handshakeTimedOut(milliseconds: Int64)
    /// The connection ended before the handshake did; some servers refuse a version this way, without an alert.
    case closedDuringHandshake
    /// A record that does not belong, after the handshake.
    case protocolViolation(String)
    /// The connection ended without close_notify: what came before may be incomplete.
    case truncated
    /// Plain text stood behind the STARTTLS exchange: an injection, or a peer that does not wait (CVE-2011-0411).
    case plaintextInjected
    /// Written to after the end.
    case closed

    package var description: String {
        switch self {
        case .misconfigured(let reason): "TLS cannot be started: \(reason)"
        case .verificationFailed(let reason): "the peer's certificate is not accepted: \(reason)"
        case .handshakeFailed(let reason): "TLS handshake failed: \(reason)"
        case .handshakeTimedOut(let limit): "TLS handshake not finished after \(limit) ms"
        case .closedDuringHandshake: "connection closed by the peer during the TLS handshake"
        case .protocolViolation(let reason): "TLS protocol violated: \(reason)"
        case .truncated: "connection closed without close_notify"
        case .plaintextInjected: "plain text behind STARTTLS, before the TLS handshake"
        case .closed: "the TLS connection is closed"
        }
    }
}

/// What a finished handshake agreed on.
package struct TLSInfo: Hashable, Sendable {
    /// `TLSv1.2` or `TLSv1.3`.
    package let version: String
    /// OpenSSL's name, such as `TLS_AES_256_GCM_SHA384`.
    package let cipher: String

    package init(version: String, cipher: String) {
        self.version = version
        self.cipher = cipher
    }
}

/// Which side of the handshake to take.
package enum TLSRole: Hashable, Sendable {
    case server
    /// - Parameter host: the DNS name or IP address that the certificate must be for. It may be empty only where the
    ///   context verifies nothing.
    case client(host: String)
}
