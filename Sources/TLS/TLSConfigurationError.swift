/// What is wrong with the certificates and keys given for TLS: what, where, and what to do about it.
package enum TLSConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Part: String, Hashable, Sendable {
        case certificateChain = "certificate chain"
        case privateKey = "private key"
        case trustAnchors = "trust anchors"
    }

    case noCertificate(Part)
    case noPrivateKey
    case encryptedPrivateKey
    case keyMismatch
    /// The PEM blocks are there, but OpenSSL cannot read them.
    case unreadable(Part, reason: String)
    /// Readable, but OpenSSL does not want it: a key too short for the security level, a broken library installation.
    case refused(Part, reason: String)

    package var description: String {
        switch self {
        case .noCertificate(let part):
            "no certificate found in the \(part.rawValue): it must hold PEM blocks that begin with "
                + "-----BEGIN CERTIFICATE-----"
        case .noPrivateKey:
            "no private key found: the file must hold a PEM block that ends with PRIVATE KEY-----"
        case .encryptedPrivateKey:
            "the private key is encrypted with a pass phrase: store it decrypted "
                + "(openssl pkey -in KEY -out PLAINKEY) and readable by this service only"
        case .keyMismatch:
            "the private key does not belong to the first certificate of the certificate chain: the server's own "
                + "certificate must stand first, and the key must be the one it was issued for"
        case .unreadable(let part, let reason):
            "the \(part.rawValue) cannot be read as PEM: \(reason)"
        case .refused(let part, let reason):
            "OpenSSL refuses the \(part.rawValue): \(reason)"
        }
    }
}
