import COpenSSL

/// The library as a whole: start-up and version.
package enum OpenSSL {
    /// To be called first in `main`, before libcurl or anything else touches OpenSSL: whoever comes first decides whether
    /// `exit()` tears the library down under event loops that still work, which crashes the process.
    package static func initialize() { _ = ready }

    /// Such as `OpenSSL 3.0.22 25 Aug 2026`.
    package static var version: String { String(cString: OpenSSL_version(OPENSSL_VERSION)) }

    private static let ready: Bool = copenssl_initialize() == 1
}

/// One reference to an OpenSSL object, given back when the last Swift holder lets go.
final class Reference {
    let pointer: OpaquePointer
    private let release: (OpaquePointer) -> Void

    init(_ pointer: OpaquePointer, release: @escaping (OpaquePointer) -> Void) {
        self.pointer = pointer
        self.release = release
    }

    deinit { release(pointer) }

    static func certificate(_ pointer: OpaquePointer) -> Reference { Reference(pointer) { X509_free($0) } }
    static func key(_ pointer: OpaquePointer) -> Reference { Reference(pointer) { EVP_PKEY_free($0) } }
}

/// Byte arrays in and out of memory BIOs.
enum MemoryBIO {
    /// Runs `body` with a BIO that reads `bytes`; the bytes stay where they are, so they must outlive the call, and do.
    static func reading<Result>(_ bytes: [UInt8], _ body: (OpaquePointer) -> Result) -> Result? {
        bytes.withUnsafeBytes { buffer in
            guard let bio = BIO_new_mem_buf(buffer.baseAddress ?? UnsafeRawPointer(bitPattern: 1), Int32(buffer.count))
            else { return nil }
            defer { BIO_free(bio) }
            return body(bio)
        }
    }

    /// What `body` writes; `nil` where it reports failure.
    static func collecting(_ body: (OpaquePointer) -> Int32) -> [UInt8]? {
        guard let bio = copenssl_new_memory_bio() else { return nil }
        defer { BIO_free(bio) }
        guard body(bio) == 1 else { return nil }
        let size = BIO_ctrl_pending(bio)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = max(0, Int(BIO_read(bio, buffer.baseAddress, Int32(size))))
        }
    }
}
