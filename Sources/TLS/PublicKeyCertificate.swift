import COpenSSL

/// An X.509 certificate (RFC 5280): what it says, and what its public key can verify.
///
/// Sendable by hand: the `X509` is never changed after loading, and OpenSSL reads it from several threads safely.
package final class PublicKeyCertificate: @unchecked Sendable {
    private let certificate: Reference

    /// The first certificate in the text.
    package convenience init(pem: [UInt8]) throws(CredentialError) {
        guard let first = try Self.all(pem: pem).first else { throw .noCertificate }
        self.init(first)
    }

    init(_ certificate: Reference) { self.certificate = certificate }

    static func all(pem: [UInt8]) throws(CredentialError) -> [Reference] {
        OpenSSL.initialize()
        do { return try PEM.certificates(in: pem) } catch { throw .unreadable(error.reason) }
    }

    var pointer: OpaquePointer { certificate.pointer }

    /// The certificate's bytes as thumbprints are taken over them.
    package var der: [UInt8] {
        let length = i2d_X509(pointer, nil)
        return [UInt8](unsafeUninitializedCapacity: Int(max(1, length))) { buffer, count in
            var position = buffer.baseAddress
            count = Int(max(0, i2d_X509(pointer, &position)))
        }
    }

    package var thumbprintSHA256: [UInt8] { Digest.sha256(der) }
    package var thumbprintSHA1: [UInt8] { Digest.sha1(der) }

    /// In seconds since 1970.
    package var notBefore: Int64 { Self.seconds(X509_get0_notBefore(pointer)) }
    /// In seconds since 1970.
    package var notAfter: Int64 { Self.seconds(X509_get0_notAfter(pointer)) }

    /// Such as `CN=gateway,O=Contoso` (RFC 2253).
    package var subject: String {
        let name = X509_get_subject_name(pointer)
        let text = MemoryBIO.collecting { copenssl_print_name($0, name) }
        return String(decoding: text ?? [], as: UTF8.self)
    }

    package var pem: [UInt8] { PEM.encode(certificate: pointer) ?? [] }

    package func verify(_ signature: [UInt8], of data: [UInt8], algorithm: SignatureAlgorithm) -> Bool {
        guard let key = X509_get0_pubkey(pointer), EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA,
            let context = EVP_MD_CTX_new()
        else { return false }
        defer {
            EVP_MD_CTX_free(context)
            ErrorQueue.clear()
        }
        var options: OpaquePointer?
        guard EVP_DigestVerifyInit(context, &options, EVP_sha256(), nil, key) == 1, algorithm.configure(options)
        else { return false }
        return EVP_DigestVerify(context, signature, signature.count, data, data.count) == 1
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        var days: Int32 = 0
        var rest: Int32 = 0
        guard let epoch = ASN1_TIME_set(nil, 0) else { return 0 }
        defer { ASN1_STRING_free(epoch) }
        guard ASN1_TIME_diff(&days, &rest, epoch, time) == 1 else { return 0 }
        return Int64(days) * 86400 + Int64(rest)
    }
}

extension SignatureAlgorithm {
    func configure(_ options: OpaquePointer?) -> Bool {
        switch self {
        case .rs256: EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PADDING) == 1
        case .ps256:
            EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1
        }
    }
}
