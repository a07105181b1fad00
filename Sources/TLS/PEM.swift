import COpenSSL

/// Certificates and private keys out of PEM text (RFC 7468); blocks of other kinds between them are skipped.
enum PEM {
    enum KeyFailure: Error, Hashable {
        case missing
        /// No pass phrase was given.
        case encrypted
        case wrongPassPhrase
        case unreadable(String)
    }

    /// In the order they stand there; empty where there is none.
    /// - Throws: a certificate block that cannot be read, with OpenSSL's reason.
    static func certificates(in bytes: [UInt8]) throws(UnreadableCertificate) -> [Reference] {
        ErrorQueue.clear()
        let found = MemoryBIO.reading(bytes) { bio in
            var certificates: [Reference] = []
            while let certificate = copenssl_read_certificate(bio) { certificates.append(.certificate(certificate)) }
            return certificates
        }
        let errors = ErrorQueue.drain()
        guard errors.allSatisfy(isEndOfBlocks) else {
            throw UnreadableCertificate(reason: ErrorQueue.describe(errors))
        }
        return found ?? []
    }

    struct UnreadableCertificate: Error, Hashable { let reason: String }

    static func privateKey(in bytes: [UInt8], passPhrase: [UInt8]?) throws(KeyFailure) -> Reference {
        guard contains("PRIVATE KEY-----", in: bytes) else { throw .missing }
        ErrorQueue.clear()
        let (key, wasAsked) = readKey(bytes, passPhrase: passPhrase)
        let errors = ErrorQueue.drain()
        if let key { return .key(key) }
        if wasAsked { throw passPhrase == nil ? .encrypted : .wrongPassPhrase }
        throw .unreadable(ErrorQueue.describe(errors))
    }

    private static func readKey(_ bytes: [UInt8], passPhrase: [UInt8]?) -> (key: OpaquePointer?, wasAsked: Bool) {
        (passPhrase ?? []).withUnsafeBytes { text in
            let present = UnsafeRawPointer(bitPattern: 1)
            let start = passPhrase == nil ? nil : text.baseAddress ?? present
            var phrase = copenssl_pass_phrase(
                text: start?.assumingMemoryBound(to: CChar.self), length: text.count, was_asked: 0)
            let key = MemoryBIO.reading(bytes) { copenssl_read_private_key($0, &phrase) } ?? nil
            return (key, phrase.was_asked != 0)
        }
    }

    private static func isEndOfBlocks(_ entry: ErrorQueue.Entry) -> Bool {
        entry.library == ERR_LIB_PEM && entry.reason == PEM_R_NO_START_LINE
    }

    private static func contains(_ text: StaticString, in bytes: [UInt8]) -> Bool {
        text.withUTF8Buffer { needle in
            guard bytes.count >= needle.count else { return false }
            return (0...(bytes.count - needle.count)).contains { bytes[$0...].starts(with: needle) }
        }
    }

    static func encode(certificate: OpaquePointer) -> [UInt8]? {
        MemoryBIO.collecting { PEM_write_bio_X509($0, certificate) }
    }

    static func encode(privateKey: OpaquePointer) -> [UInt8]? {
        MemoryBIO.collecting { PEM_write_bio_PrivateKey($0, privateKey, nil, nil, 0, nil, nil) }
    }
}
