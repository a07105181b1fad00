// The system's trust anchors and a file of our own in one PEM text: libcurl's option for anchors in memory replaces
// its default bundle, and a private authority must add to the system's trust, not take its place.

import CCurl

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// PEM at an address that stays while libcurl uses it.
final class TrustAnchors {
    let pem: UnsafeMutableRawBufferPointer

    init(_ bytes: [UInt8]) {
        pem = .allocate(byteCount: bytes.count, alignment: 1)
        pem.copyBytes(from: bytes)
    }

    deinit {
        pem.deallocate()
    }
}

/// The anchors per file, read again when the file changes. Confined to the transfer thread.
struct TrustStore {
    struct Unusable: Error, Equatable {
        let path: String
        let reason: String
    }

    private struct Entry {
        let version: FileVersion
        let anchors: TrustAnchors
    }

    private let systemBundles: [String]
    private var entries: [String: Entry] = [:]

    init(systemBundles: [String] = Self.usualBundles) {
        self.systemBundles = systemBundles
    }

    mutating func anchors(adding path: String) throws(Unusable) -> TrustAnchors {
        guard let version = FileVersion(path) else { throw Unusable(path: path, reason: lastError()) }
        if let entry = entries[path], entry.version == version { return entry.anchors }
        guard let extra = readFile(path) else { throw Unusable(path: path, reason: lastError()) }
        guard holdsCertificate(extra) else { throw Unusable(path: path, reason: "no PEM certificate in it") }
        let anchors = TrustAnchors(system() + [UInt8(ascii: "\n")] + extra)
        entries[path] = Entry(version: version, anchors: anchors)
        return anchors
    }

    private func system() -> [UInt8] {
        systemBundles.lazy.compactMap(readFile).first ?? []
    }

    /// libcurl's own default first, then where the distributions keep the bundle.
    static var usualBundles: [String] {
        let own = ccurl_default_bundle().map { [String(cString: $0)] } ?? []
        return own + ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"]
    }
}

private struct FileVersion: Equatable {
    let inode: UInt64
    let size: Int64
    let seconds: Int
    let nanoseconds: Int

    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        #if canImport(Darwin)
            let modified = status.st_mtimespec
        #else
            let modified = status.st_mtim
        #endif
        seconds = modified.tv_sec
        nanoseconds = modified.tv_nsec
    }
}

private func holdsCertificate(_ pem: [UInt8]) -> Bool {
    pem.split(separator: UInt8(ascii: "\n")).contains { line in
        line.starts(with: "-----BEGIN CERTIFICATE-----".utf8)
            || line.starts(with: "-----BEGIN TRUSTED CERTIFICATE-----".utf8)
    }
}

/// nil with `errno` set when it cannot be read to its end.
private func readFile(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&piece, 1, piece.count, file), count > 0 {
        bytes.append(contentsOf: piece[..<count])
    }
    return ferror(file) == 0 ? bytes : nil
}

private func lastError() -> String {
    String(cString: strerror(errno))
}
