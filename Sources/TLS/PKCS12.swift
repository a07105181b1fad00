import COpenSSL

/// PKCS#12 files (RFC 7292), the old algorithms included: RC2 and 3DES live in OpenSSL's legacy provider, which is loaded
/// into a library context of its own, so that nothing else in the process can choose them.
enum PKCS12 {
    /// How the file protects its content.
    enum Protection {
        /// AES-256 and PBKDF2.
        case modern
        /// RC2 with 40 bits for the certificate, triple DES for the key: what old Windows exports.
        case legacy
    }

    static func parse(
        _ bytes: [UInt8], password: [UInt8]
    ) throws(CredentialError) -> (certificate: Reference, key: Reference) {
        OpenSSL.initialize()
        let library = LegacyLibrary()
        ErrorQueue.clear()
        guard let file = library.read(bytes) else { throw .unreadable(ErrorQueue.describe(ErrorQueue.drain())) }
        defer { PKCS12_free(file) }
        var key: OpaquePointer?
        var certificate: OpaquePointer?
        let isParsed = PKCS12_parse(file, cString(password), &key, &certificate, nil)
        let errors = ErrorQueue.drain()
        let parts = (certificate.map { Reference.certificate($0) }, key.map { Reference.key($0) })
        guard isParsed == 1 else { throw failure(errors) }
        guard let foreign = parts.1 else { throw .noPrivateKey }
        guard let own = parts.0 else { throw .noCertificate }
        guard let key = adopt(foreign) else { throw .unreadable(ErrorQueue.describe(ErrorQueue.drain())) }
        return (own, key)
    }

    static func make(certificate: OpaquePointer, key: OpaquePointer, password: [UInt8], protection: Protection)
        -> [UInt8]?
    {
        let library = LegacyLibrary()
        let isLegacy = protection == .legacy
        let file = PKCS12_create_ex(
            cString(password), "postern", key, certificate, nil,
            isLegacy ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : 0, isLegacy ? NID_pbe_WithSHA1And40BitRC2_CBC : 0,
            0, 0, 0, library.pointer, nil)
        guard let file else { return nil }
        defer { PKCS12_free(file) }
        return MemoryBIO.collecting { i2d_PKCS12_bio($0, file) }
    }

    private static func failure(_ errors: [ErrorQueue.Entry]) -> CredentialError {
        let isWrong = errors.contains { $0.library == ERR_LIB_PKCS12 && $0.reason == PKCS12_R_MAC_VERIFY_FAILURE }
        return isWrong ? .wrongPassword : .unreadable(ErrorQueue.describe(errors))
    }

    /// The key again, in the process's own library context: the legacy one does not outlive the reading.
    private static func adopt(_ key: Reference) -> Reference? {
        MemoryBIO.collecting { i2d_PrivateKey_bio($0, key.pointer) }
            .flatMap { der in MemoryBIO.reading(der) { d2i_PrivateKey_bio($0, nil) } ?? nil }
            .map { Reference.key($0) }
    }

    private static func cString(_ password: [UInt8]) -> [CChar] { password.map { CChar(bitPattern: $0) } + [0] }
}

/// A library context with the default and the legacy provider; without the latter where it is not installed.
private final class LegacyLibrary {
    let pointer: OpaquePointer?
    private let providers: [OpaquePointer]

    init() {
        let library = OSSL_LIB_CTX_new()
        pointer = library
        providers = ["default", "legacy"].compactMap { (name: String) in OSSL_PROVIDER_load(library, name) }
    }

    deinit {
        for provider in providers { OSSL_PROVIDER_unload(provider) }
        OSSL_LIB_CTX_free(pointer)
    }

    func read(_ bytes: [UInt8]) -> OpaquePointer? {
        var file = PKCS12_init_ex(NID_pkcs7_data, pointer, nil)
        let read = MemoryBIO.reading(bytes) { d2i_PKCS12_bio($0, &file) } ?? nil
        // A failure may have freed the object already, and has then cleared the variable.
        if read == nil { PKCS12_free(file) }
        return read
    }
}
