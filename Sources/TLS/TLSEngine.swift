import COpenSSL
import NIOCore

/// One TLS connection as a value machine around OpenSSL's: ciphertext in and out through two memory BIOs, plain text in
/// and out, no socket. Not thread-safe; its owner keeps it on one event loop.
///
/// Every call clears the thread's error queue first, because a stale entry would make `SSL_get_error` report a failure.
final class TLSEngine {
    /// A memory BIO grows to its largest content and never shrinks: feed at most this much before reading on.
    static let slice = 16 * 1024

    private let ssl: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    private let failure: UnsafeMutablePointer<copenssl_verify_failure>
    /// After a fatal error OpenSSL forbids `SSL_shutdown`.
    private var hasFailed = false

    init(context: TLSContext, role: TLSRole) throws(TLSError) {
        let peer = try Self.peer(of: role, context: context)
        guard let ssl = SSL_new(context.pointer), let incoming = copenssl_new_memory_bio(),
            let outgoing = copenssl_new_memory_bio()
        else { throw .misconfigured("out of memory") }
        SSL_set_bio(ssl, incoming, outgoing)
        (self.ssl, self.incoming, self.outgoing) = (ssl, incoming, outgoing)
        failure = .allocate(capacity: 1)
        failure.initialize(to: copenssl_verify_failure())
        switch role {
        case .server: SSL_set_accept_state(ssl)
        case .client: try prepareClient(peer, verification: context.verification)
        }
    }

    deinit {
        SSL_free(ssl)
        failure.deallocate()
    }

    private static func peer(of role: TLSRole, context: TLSContext) throws(TLSError) -> PeerName? {
        switch role {
        case .server:
            guard context.isServer else { throw .misconfigured("a client's context in the server's role") }
            return nil
        case .client(let host):
            guard !context.isServer else { throw .misconfigured("a server's context in the client's role") }
            let peer = PeerName(host)
            guard peer != nil || context.verification == .none else {
                throw .misconfigured("verification needs the server's name, and \"\(host)\" is none")
            }
            return peer
        }
    }

    private func prepareClient(_ peer: PeerName?, verification: TLSVerification) throws(TLSError) {
        SSL_set_connect_state(ssl)
        if let peer, !peer.announce(on: ssl) { throw .misconfigured("the server's name is not usable as SNI") }
        guard verification == .full else { return }
        guard let peer, peer.require(on: ssl) else { throw .misconfigured("the server's name is not usable") }
        copenssl_verify_peer(ssl, failure)
    }

    // MARK: Handshake

    /// One step; true when the handshake is done.
    func handshake() throws(TLSError) -> Bool {
        ErrorQueue.clear()
        let result = SSL_do_handshake(ssl)
        if result == 1 { return true }
        if SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ { return false }
        throw handshakeFailure()
    }

    var info: TLSInfo {
        let cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl))
        return TLSInfo(
            version: String(cString: SSL_get_version(ssl)), cipher: cipher.map { String(cString: $0) } ?? "unknown")
    }

    private func handshakeFailure() -> TLSError {
        hasFailed = true
        let errors = ErrorQueue.drain()
        if let reason = verificationFailure() { return .verificationFailed(reason) }
        let isNotTLS = errors.contains {
            $0.library == ERR_LIB_SSL && [SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST].contains($0.reason)
        }
        let reason = ErrorQueue.describe(errors)
        return .handshakeFailed(isNotTLS ? "the peer does not speak TLS (\(reason))" : reason)
    }

    private func verificationFailure() -> String? {
        guard failure.pointee.code != X509_V_OK else { return nil }
        let reason = String(cString: X509_verify_cert_error_string(Int(failure.pointee.code)))
        let subject = withUnsafeBytes(of: failure.pointee.subject) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        return "\(reason) [certificate \(subject) at depth \(failure.pointee.depth)]"
    }

    // MARK: Data

    /// Takes ciphertext from the peer: at most `slice` bytes, after which the caller reads everything.
    func feed(_ bytes: ByteBufferView) {
        _ = bytes.withContiguousStorageIfAvailable { BIO_write(incoming, $0.baseAddress, Int32($0.count)) }
    }

    /// Appends all plain text there is. What was decrypted before an error is in the buffer when that error is thrown.
    /// - Returns: true when the peer has said close_notify.
    func read(into buffer: inout ByteBuffer) throws(TLSError) -> Bool {
        while true {
            ErrorQueue.clear()
            var result: Int32 = 0
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.slice) { space in
                result = SSL_read(ssl, space.baseAddress, Int32(clamping: space.count))
                return max(0, Int(result))
            }
            guard result <= 0 else { continue }
            switch SSL_get_error(ssl, result) {
            case SSL_ERROR_WANT_READ: return false
            case SSL_ERROR_ZERO_RETURN: return true
            default: throw violation()
            }
        }
    }

    func write(_ buffer: ByteBuffer) throws(TLSError) {
        guard buffer.readableBytes > 0 else { return }
        ErrorQueue.clear()
        // With memory BIOs a write is always whole.
        let result = buffer.withUnsafeReadableBytes { SSL_write(ssl, $0.baseAddress, Int32($0.count)) }
        guard result == buffer.readableBytes else { throw violation() }
    }

    private func violation() -> TLSError {
        hasFailed = true
        return .protocolViolation(ErrorQueue.describe(ErrorQueue.drain()))
    }

    /// Says close_notify; nothing may be written afterwards.
    func shutdown() {
        guard !hasFailed, SSL_is_init_finished(ssl) == 1 else { return }
        ErrorQueue.clear()
        _ = SSL_shutdown(ssl)
        ErrorQueue.clear()
    }

    /// All ciphertext that waits to be sent: after every call above, because reading can produce output, too (key updates,
    /// alerts). `nil` where there is none.
    func takeOutput() -> ByteBuffer? {
        let size = BIO_ctrl_pending(outgoing)
        guard size > 0 else { return nil }
        var buffer = ByteBufferAllocator().buffer(capacity: size)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { space in
            max(0, Int(BIO_read(outgoing, space.baseAddress, Int32(size))))
        }
        return buffer
    }
}
