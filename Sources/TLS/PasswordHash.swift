import COpenSSL

/// A password as it is stored: scrypt (RFC 7914) with a random salt, written
/// `$scrypt$ln=15,r=8,p=1$<base 64 salt>$<base 64 hash>`, without padding.
///
/// Checking takes about 0.1 s and 32 MB by design; not on an event loop.
package struct PasswordHash: Hashable, Sendable, CustomStringConvertible {
    package struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        package let description =
            "not a password hash: expected $scrypt$ln=15,r=8,p=1$SALT$HASH, as hash-password prints it"
    }

    private let parameters: Scrypt
    private let salt: [UInt8]
    private let hash: [UInt8]

    /// With N = 2^15, r = 8, p = 1 and 16 bytes of salt.
    package static func make(password: [UInt8]) -> PasswordHash {
        make(password: password, salt: secureRandomBytes(16), parameters: Scrypt(logN: 15, r: 8, p: 1))
    }

    static func make(password: [UInt8], salt: [UInt8], parameters: Scrypt) -> PasswordHash {
        let hash = parameters.derive(password: password, salt: salt, length: 32)
        return PasswordHash(parameters: parameters, salt: salt, hash: hash)
    }

    private init(parameters: Scrypt, salt: [UInt8], hash: [UInt8]) {
        (self.parameters, self.salt, self.hash) = (parameters, salt, hash)
    }

    package init(parsing text: String) throws(ParseError) {
        let fields = text.split(separator: "$", omittingEmptySubsequences: false)
        guard fields.count == 5, fields[0].isEmpty, fields[1] == "scrypt",
            let parameters = Scrypt(parsing: fields[2]),
            let salt = OpenSSLBase64.decode(fields[3]), let hash = OpenSSLBase64.decode(fields[4]),
            salt.count >= 8, hash.count >= 16
        else { throw ParseError() }
        self.init(parameters: parameters, salt: salt, hash: hash)
    }

    package func matches(_ password: [UInt8]) -> Bool {
        constantTimeEquals(parameters.derive(password: password, salt: salt, length: hash.count), hash)
    }

    package var description: String {
        "$scrypt$\(parameters)$\(OpenSSLBase64.encode(salt))$\(OpenSSLBase64.encode(hash))"
    }
}

/// The cost of one derivation: N = 2^logN, block size r, parallelism p.
struct Scrypt: Hashable, Sendable, CustomStringConvertible {
    let logN: Int
    let r: Int
    let p: Int

    init(logN: Int, r: Int, p: Int) { (self.logN, self.r, self.p) = (logN, r, p) }

    /// Reads `ln=15,r=8,p=1`. Bounded, so that a stray hash cannot ask for all memory: at most 1 GB.
    init?(parsing text: Substring) {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.split(separator: "=") }
        guard fields.count == 3, fields.allSatisfy({ $0.count == 2 }), fields.map({ $0[0] }) == ["ln", "r", "p"],
            let logN = Int(fields[0][1]), let r = Int(fields[1][1]), let p = Int(fields[2][1]),
            1...20 ~= logN, 1...8 ~= r, 1...16 ~= p
        else { return nil }
        self.init(logN: logN, r: r, p: p)
    }

    func derive(password: [UInt8], salt: [UInt8], length: Int) -> [UInt8] {
        let memory = UInt64(128 * r) * (UInt64(1) << UInt64(logN) + UInt64(p) + 2) + 1 << 20
        return [UInt8](unsafeUninitializedCapacity: length) { output, count in
            let isDone = password.withUnsafeBytes { bytes in
                EVP_PBE_scrypt(
                    bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? emptyText, bytes.count,
                    salt, salt.count, 1 << UInt64(logN), UInt64(r), UInt64(p), memory, output.baseAddress, length)
            }
            precondition(isDone == 1, "scrypt failed: no memory, or parameters out of range")
            count = length
        }
    }

    /// Stands for no bytes where C wants a pointer; never read.
    private var emptyText: UnsafePointer<CChar>? { UnsafePointer(bitPattern: 1) }

    var description: String { "ln=\(logN),r=\(r),p=\(p)" }
}

/// Base 64 without padding.
private enum OpenSSLBase64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let text = [UInt8](unsafeUninitializedCapacity: bytes.count / 3 * 4 + 5) { output, count in
            count = Int(EVP_EncodeBlock(output.baseAddress, bytes, Int32(bytes.count)))
        }
        return String(decoding: text.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
    }

    static func decode(_ text: Substring) -> [UInt8]? {
        let symbols = Array(text.utf8.prefix { $0 != UInt8(ascii: "=") })
        guard !symbols.isEmpty, symbols.count % 4 != 1, symbols.count < 4096 else { return nil }
        let padding = (4 - symbols.count % 4) % 4
        let padded = symbols + Array(repeating: UInt8(ascii: "="), count: padding)
        var bytes = [UInt8](repeating: 0, count: padded.count / 4 * 3)
        guard EVP_DecodeBlock(&bytes, padded, Int32(padded.count)) == bytes.count else { return nil }
        return Array(bytes.dropLast(padding))
    }
}
