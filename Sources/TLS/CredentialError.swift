/// Why a certificate or a signing identity could not be loaded. An expired certificate is none of these: it loads, and
/// its dates can be read.
package enum CredentialError: Error, Hashable, Sendable, CustomStringConvertible {
    case noCertificate
    case noPrivateKey
    /// The private key belongs to none of the certificates.
    case keyMismatch
    /// A pass phrase or password is needed and was not given.
    case passwordMissing
    case wrongPassword
    /// Signing wants an RSA key.
    case unsupportedKey(String)
    case unreadable(String)

    package var description: String {
        switch self {
        case .noCertificate: "no certificate found: expected a PEM block that begins with -----BEGIN CERTIFICATE-----"
        case .noPrivateKey: "no private key found: the file must hold the certificate's private key as well"
        case .keyMismatch: "the private key does not belong to the certificate"
        case .passwordMissing: "the private key is encrypted: give its password"
        case .wrongPassword: "the password is wrong"
        case .unsupportedKey(let kind): "the private key is of the kind \(kind): an RSA key is needed for signing"
        case .unreadable(let reason): "neither PEM nor PKCS#12 that OpenSSL can read: \(reason)"
        }
    }
}

/// OpenSSL could not sign.
package struct SigningError: Error, Hashable, Sendable, CustomStringConvertible {
    let reason: String
    package var description: String { "signing failed: \(reason)" }
}

/// JSON Web Algorithms' names (RFC 7518 §3.3, §3.5): RSA with SHA-256.
package enum SignatureAlgorithm: String, Hashable, Sendable, CaseIterable {
    /// RSASSA-PSS with a salt of 32 bytes.
    case ps256 = "PS256"
    /// RSASSA-PKCS1-v1_5.
    case rs256 = "RS256"
}
