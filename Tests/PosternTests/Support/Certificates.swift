import TLS

/// Certificates for loopback, made on the spot.
enum Certificates {
    static let always: Range<Int64> = 1_577_836_800..<4_102_444_800
    /// Over before `noon`.
    static let past: Range<Int64> = 1_577_836_800..<1_600_000_000

    static let authority = made { try CertificateAuthority(commonName: "Test CA", validity: always) }
    /// For signing client assertions.
    static let client = made { try authority.issueClient(commonName: "app", validity: always) }
    static let expiredClient = made { try authority.issueClient(commonName: "old app", validity: past) }

    static func server() throws -> IssuedCertificate {
        try authority.issueServer(names: ["localhost"], addresses: ["127.0.0.1"], validity: always)
    }

    private static func made<Value>(_ make: () throws -> Value) -> Value {
        do { return try make() } catch { fatalError("\(error)") }
    }
}
