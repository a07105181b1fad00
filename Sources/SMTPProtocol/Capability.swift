/// A service extension as the EHLO answer announces it (RFC 5321 §4.1.1.1).
package enum Capability: Hashable, Sendable {
    /// RFC 1870; the limit comes from the configuration.
    case size
    /// RFC 2920.
    case pipelining
    /// RFC 3461.
    case dsn
    /// RFC 2034.
    case enhancedStatusCodes
    /// RFC 3207; announced only where TLS can be started now.
    case startTLS
    /// RFC 4954; announced only where AUTH would be heard now.
    case auth
    /// RFC 6152.
    case eightBitMIME
    /// RFC 6531.
    case smtpUTF8
    /// BDAT instead of DATA (RFC 3030).
    case chunking
    case help
    /// A line as it is, such as `XRDST`.
    case other(String)

    /// What Postern announces, in this order.
    package static let standard: [Capability] = [
        .size, .pipelining, .enhancedStatusCodes, .startTLS, .auth, .eightBitMIME, .smtpUTF8, .help,
    ]
}
