import COpenSSL

/// Whether a client insists on knowing whom it talks to.
package enum TLSVerification: Hashable, Sendable {
    /// A chain to a trust anchor, the right name, in its time of validity.
    case full
    /// Encryption only; whoever sits on the wire can be the other side.
    case none
}

/// Certificates, trust anchors and protocol settings, made once and shared by many connections.
///
/// Ticket keys live as long as the context: replace a server's context daily or when its certificate changes. Connections
/// keep the context they were made with.
///
/// Sendable by hand: the `SSL_CTX` is fully configured in `init` and never changed afterwards; `SSL_new` and `SSL_CTX_free`
/// on it are safe from several threads.
package final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer
    let isServer: Bool
    let verification: TLSVerification

    private init(server: Bool, verification: TLSVerification) throws(TLSConfigurationError) {
        OpenSSL.initialize()
        ErrorQueue.clear()
        guard let context = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()) else {
            throw .refused(.certificateChain, reason: ErrorQueue.describe(ErrorQueue.drain()))
        }
        pointer = context
        isServer = server
        self.verification = verification
        _ = copenssl_ctx_configure(context)
    }

    deinit { SSL_CTX_free(pointer) }

    /// - Parameters:
    ///   - certificateChainPEM: the server's certificate first, then its issuers; the root may be missing.
    ///   - privateKeyPEM: the key of the first certificate, not encrypted.
    package static func server(
        certificateChainPEM: [UInt8], privateKeyPEM: [UInt8]
    ) throws(TLSConfigurationError) -> TLSContext {
        let context = try TLSContext(server: true, verification: .none)
        try context.useChain(certificateChainPEM)
        try context.useKey(privateKeyPEM)
        // Without it a resumed session would be refused as soon as client certificates were asked for.
        let name = Array("postern".utf8)
        SSL_CTX_set_session_id_context(context.pointer, name, UInt32(name.count))
        return context
    }

    /// - Parameter extraTrustPEM: trust anchors besides the system's.
    package static func client(
        verification: TLSVerification, extraTrustPEM: [UInt8]? = nil
    ) throws(TLSConfigurationError) -> TLSContext {
        let context = try TLSContext(server: false, verification: verification)
        guard verification == .full else { return context }
        SSL_CTX_set_default_verify_paths(context.pointer)
        if let extraTrustPEM { try context.trust(extraTrustPEM) }
        return context
    }

    /// For tests of peers that are behind the times.
    func limitVersion(to version: Int32) { _ = copenssl_ctx_limit_version(pointer, version) }

    private func useChain(_ bytes: [UInt8]) throws(TLSConfigurationError) {
        let chain = try Self.certificates(bytes, part: .certificateChain)
        for (position, certificate) in chain.enumerated() {
            let accepted =
                position == 0
                ? SSL_CTX_use_certificate(pointer, certificate.pointer)
                : copenssl_ctx_add_chain_certificate(pointer, certificate.pointer)
            guard accepted == 1 else { throw .refused(.certificateChain, reason: Self.reasons()) }
        }
    }

    private func useKey(_ bytes: [UInt8]) throws(TLSConfigurationError) {
        let key: Reference
        do { key = try PEM.privateKey(in: bytes, passPhrase: nil) } catch {
            switch error {
            case .missing: throw .noPrivateKey
            case .encrypted, .wrongPassPhrase: throw .encryptedPrivateKey
            case .unreadable(let reason): throw .unreadable(.privateKey, reason: reason)
            }
        }
        guard let certificate = SSL_CTX_get0_certificate(pointer), X509_check_private_key(certificate, key.pointer) == 1
        else {
            ErrorQueue.clear()
            throw .keyMismatch
        }
        guard SSL_CTX_use_PrivateKey(pointer, key.pointer) == 1 else {
            throw .refused(.privateKey, reason: Self.reasons())
        }
    }

    private func trust(_ bytes: [UInt8]) throws(TLSConfigurationError) {
        let store = SSL_CTX_get_cert_store(pointer)
        for anchor in try Self.certificates(bytes, part: .trustAnchors) {
            guard X509_STORE_add_cert(store, anchor.pointer) == 1 else {
                throw .refused(.trustAnchors, reason: Self.reasons())
            }
        }
    }

    private static func certificates(
        _ bytes: [UInt8], part: TLSConfigurationError.Part
    ) throws(TLSConfigurationError) -> [Reference] {
        let found: [Reference]
        do { found = try PEM.certificates(in: bytes) } catch {
            throw .unreadable(part, reason: error.reason)
        }
        guard !found.isEmpty else { throw .noCertificate(part) }
        return found
    }

    private static func reasons() -> String { ErrorQueue.describe(ErrorQueue.drain()) }
}
