import COpenSSL

/// A certificate and its RSA private key, from PEM or PKCS#12: what signs the client assertions that stand in for a secret.
///
/// Sendable by hand: certificate and key are never changed after loading; each signature has a context of its own.
package final class SigningIdentity: @unchecked Sendable {
    package let certificate: PublicKeyCertificate
    private let key: Reference

    /// From PEM text that holds both the certificate and its key; of several certificates the key's own is taken.
    package convenience init(pem: [UInt8], password: [UInt8]? = nil) throws(CredentialError) {
        try self.init(certificatePEM: pem, privateKeyPEM: pem, password: password)
    }

    package convenience init(
        certificatePEM: [UInt8], privateKeyPEM: [UInt8], password: [UInt8]? = nil
    ) throws(CredentialError) {
        let certificates = try PublicKeyCertificate.all(pem: certificatePEM)
        guard !certificates.isEmpty else { throw .noCertificate }
        let key: Reference
        do { key = try PEM.privateKey(in: privateKeyPEM, passPhrase: password) } catch {
            throw CredentialError(error)
        }
        guard let own = certificates.first(where: { Self.belongs(key, to: $0) }) else { throw .keyMismatch }
        try self.init(own, key)
    }

    /// From PKCS#12 (RFC 7292), also with the old RC2 and 3DES encryption that Windows exports.
    package convenience init(pkcs12: [UInt8], password: [UInt8]) throws(CredentialError) {
        let (certificate, key) = try PKCS12.parse(pkcs12, password: password)
        guard Self.belongs(key, to: certificate) else { throw .keyMismatch }
        try self.init(certificate, key)
    }

    private init(_ certificate: Reference, _ key: Reference) throws(CredentialError) {
        guard EVP_PKEY_get_base_id(key.pointer) == EVP_PKEY_RSA else {
            let name = EVP_PKEY_get0_type_name(key.pointer)
            throw .unsupportedKey(name.map { String(cString: $0) } ?? "unknown")
        }
        self.certificate = PublicKeyCertificate(certificate)
        self.key = key
    }

    private static func belongs(_ key: Reference, to certificate: Reference) -> Bool {
        defer { ErrorQueue.clear() }
        return X509_check_private_key(certificate.pointer, key.pointer) == 1
    }

    package var subject: String { certificate.subject }
    package var notBefore: Int64 { certificate.notBefore }
    package var notAfter: Int64 { certificate.notAfter }
    package var thumbprintSHA256: [UInt8] { certificate.thumbprintSHA256 }
    package var thumbprintSHA1: [UInt8] { certificate.thumbprintSHA1 }

    /// Takes 0.25–0.5 ms with a key of 2048 bits.
    package func sign(_ data: [UInt8], algorithm: SignatureAlgorithm) throws(SigningError) -> [UInt8] {
        ErrorQueue.clear()
        guard let context = EVP_MD_CTX_new() else { throw SigningError(reason: "out of memory") }
        defer { EVP_MD_CTX_free(context) }
        var options: OpaquePointer?
        var length = 0
        guard EVP_DigestSignInit(context, &options, EVP_sha256(), nil, key.pointer) == 1,
            algorithm.configure(options), EVP_DigestSign(context, nil, &length, data, data.count) == 1
        else { throw Self.failure() }
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(context, &signature, &length, data, data.count) == 1 else { throw Self.failure() }
        return Array(signature.prefix(length))
    }

    private static func failure() -> SigningError { SigningError(reason: ErrorQueue.describe(ErrorQueue.drain())) }
}

extension CredentialError {
    init(_ failure: PEM.KeyFailure) {
        self =
            switch failure {
            case .missing: .noPrivateKey
            case .encrypted: .passwordMissing
            case .wrongPassPhrase: .wrongPassword
            case .unreadable(let reason): .unreadable(reason)
            }
    }
}
