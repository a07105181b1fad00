import COpenSSL

/// A certificate authority made on the spot, for the emulator and for tests: nobody trusts it but who is told to.
///
/// Sendable by hand: certificate and key are never changed after they are made.
package final class CertificateAuthority: @unchecked Sendable {
    package enum KeyKind: Hashable, Sendable, CaseIterable { case rsa2048, p256 }

    /// From and until when a certificate is valid, in seconds since 1970.
    package typealias Validity = Range<Int64>

    /// OpenSSL could not make a key or a certificate.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        let reason: String
        package var description: String { "no certificate could be made: \(reason)" }
    }

    private let certificate: Reference
    private let key: Reference

    package init(commonName: String, keyKind: KeyKind = .p256, validity: Validity) throws(Failure) {
        OpenSSL.initialize()
        ErrorQueue.clear()
        key = try Self.makeKey(keyKind)
        certificate = try CertificateRequest(
            commonName: commonName, validity: validity,
            extensions: [
                (NID_basic_constraints, "critical,CA:TRUE"), (NID_key_usage, "critical,keyCertSign,cRLSign"),
                (NID_subject_key_identifier, "hash"),
            ]
        ).sign(publicKey: key, issuer: nil, issuerKey: key)
    }

    package var certificatePEM: [UInt8] { PEM.encode(certificate: certificate.pointer) ?? [] }

    /// - Parameters:
    ///   - names: DNS names, wildcards included. With neither names nor addresses the certificate has no alternative name.
    ///   - addresses: IP addresses as text.
    package func issueServer(
        commonName: String = "server", names: [String], addresses: [String] = [], keyKind: KeyKind = .p256,
        validity: Validity
    ) throws(Failure) -> IssuedCertificate {
        let alternatives = names.map { "DNS:\($0)" } + addresses.map { "IP:\($0)" }
        let subject = alternatives.isEmpty ? [] : [(NID_subject_alt_name, alternatives.joined(separator: ","))]
        let usage = [
            (NID_key_usage, "critical,digitalSignature,keyEncipherment"), (NID_ext_key_usage, "serverAuth"),
        ]
        return try issue(
            CertificateRequest(commonName: commonName, validity: validity, extensions: subject + usage), keyKind)
    }

    /// For signing client assertions; RSA, as PS256 and RS256 want it.
    package func issueClient(
        commonName: String, keyKind: KeyKind = .rsa2048, validity: Validity
    ) throws(Failure) -> IssuedCertificate {
        let usage = [(NID_key_usage, "critical,digitalSignature"), (NID_ext_key_usage, "clientAuth")]
        return try issue(CertificateRequest(commonName: commonName, validity: validity, extensions: usage), keyKind)
    }

    private func issue(_ request: CertificateRequest, _ kind: KeyKind) throws(Failure) -> IssuedCertificate {
        let own = try Self.makeKey(kind)
        return IssuedCertificate(try request.sign(publicKey: own, issuer: certificate, issuerKey: key), own)
    }

    private static func makeKey(_ kind: KeyKind) throws(Failure) -> Reference {
        let made =
            switch kind {
            case .rsa2048: copenssl_generate_rsa(2048)
            case .p256: copenssl_generate_p256()
            }
        guard let made else { throw Failure(reason: ErrorQueue.describe(ErrorQueue.drain())) }
        return .key(made)
    }
}

/// A certificate and its key, to be handed out as text or as a file.
///
/// Sendable by hand: neither is changed after it is made.
package final class IssuedCertificate: @unchecked Sendable {
    private let certificate: Reference
    private let key: Reference

    init(_ certificate: Reference, _ key: Reference) { (self.certificate, self.key) = (certificate, key) }

    package var certificatePEM: [UInt8] { PEM.encode(certificate: certificate.pointer) ?? [] }
    package var privateKeyPEM: [UInt8] { PEM.encode(privateKey: key.pointer) ?? [] }

    package func pkcs12(password: [UInt8]) throws(CertificateAuthority.Failure) -> [UInt8] {
        try pkcs12(password: password, protection: .modern)
    }

    func pkcs12(
        password: [UInt8], protection: PKCS12.Protection
    ) throws(CertificateAuthority.Failure) -> [UInt8] {
        ErrorQueue.clear()
        let file = PKCS12.make(
            certificate: certificate.pointer, key: key.pointer, password: password, protection: protection)
        guard let file else { throw .init(reason: ErrorQueue.describe(ErrorQueue.drain())) }
        return file
    }
}

/// What a certificate will say, before it is signed.
private struct CertificateRequest {
    let commonName: String
    let validity: CertificateAuthority.Validity
    let extensions: [(nid: Int32, value: String)]

    /// - Parameter issuer: `nil` for a certificate that signs itself.
    func sign(
        publicKey: Reference, issuer: Reference?, issuerKey: Reference
    ) throws(CertificateAuthority.Failure) -> Reference {
        guard let made = X509_new() else { throw .init(reason: "out of memory") }
        let certificate = Reference.certificate(made)
        let signer = issuer?.pointer ?? made
        let isMade =
            X509_set_version(made, 2) == 1 && setSerial(of: made) && setValidity(of: made) && setSubject(of: made)
            && X509_set_issuer_name(made, X509_get_subject_name(signer)) == 1
            && X509_set_pubkey(made, publicKey.pointer) == 1
            && extensions.allSatisfy { copenssl_add_extension(made, signer, $0.nid, $0.value) == 1 }
            && X509_sign(made, issuerKey.pointer, EVP_sha256()) > 0
        guard isMade else { throw .init(reason: ErrorQueue.describe(ErrorQueue.drain())) }
        return certificate
    }

    /// 15 random bytes are positive and within RFC 5280's 20.
    private func setSerial(of certificate: OpaquePointer) -> Bool {
        let bytes = secureRandomBytes(15)
        guard let number = BN_bin2bn(bytes, Int32(bytes.count), nil) else { return false }
        defer { BN_free(number) }
        return BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil
    }

    private func setValidity(of certificate: OpaquePointer) -> Bool {
        ASN1_TIME_set(X509_getm_notBefore(certificate), Int(validity.lowerBound)) != nil
            && ASN1_TIME_set(X509_getm_notAfter(certificate), Int(validity.upperBound)) != nil
    }

    private func setSubject(of certificate: OpaquePointer) -> Bool {
        let name = X509_get_subject_name(certificate)
        return X509_NAME_add_entry_by_txt(
            name, "CN", MBSTRING_UTF8, Array(commonName.utf8), Int32(commonName.utf8.count), -1, 0) == 1
    }
}
