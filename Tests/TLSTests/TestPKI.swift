import Testing

@testable import TLS

/// One authority and the certificates that several tests share; keys are costly to make.
enum TestPKI {
    /// 2020 to 2100.
    static let always: Range<Int64> = 1_577_836_800..<4_102_444_800
    /// The year 2020.
    static let past: Range<Int64> = 1_577_836_800..<1_609_459_200

    static let authority = make { try CertificateAuthority(commonName: "Test CA", validity: always) }
    static let stranger = make { try CertificateAuthority(commonName: "Other CA", validity: always) }
    static let server = make {
        try authority.issueServer(
            names: ["mail.test", "*.wild.test"], addresses: ["127.0.0.1", "::1"], validity: always)
    }
    static let client = make { try authority.issueClient(commonName: "gateway", validity: always) }

    static func make<Value>(_ body: () throws -> Value) -> Value {
        do { return try body() } catch { fatalError("\(error)") }
    }

    static func serverContext(_ issued: IssuedCertificate = server) throws -> TLSContext {
        try .server(certificateChainPEM: issued.certificatePEM, privateKeyPEM: issued.privateKeyPEM)
    }

    static func clientContext(trusting authority: CertificateAuthority = authority) throws -> TLSContext {
        try .client(verification: .full, extraTrustPEM: authority.certificatePEM)
    }
}

func bytes(hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
