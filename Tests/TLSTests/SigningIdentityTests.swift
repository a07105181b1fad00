import Testing

@testable import TLS

@Suite struct SigningIdentityTests {
    private let issued = TestPKI.client
    private let data = Array("header.payload".utf8)

    private var identity: SigningIdentity {
        get throws { try SigningIdentity(pem: issued.certificatePEM + issued.privateKeyPEM) }
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func signaturesVerify(algorithm: SignatureAlgorithm) throws {
        let signature = try identity.sign(data, algorithm: algorithm)
        let certificate = try PublicKeyCertificate(pem: issued.certificatePEM)
        #expect(signature.count == 256)
        #expect(certificate.verify(signature, of: data, algorithm: algorithm))
        #expect(!certificate.verify(signature, of: data + [0], algorithm: algorithm))
        #expect(!certificate.verify([UInt8](signature.dropLast()), of: data, algorithm: algorithm))
        let other = SignatureAlgorithm.allCases.first { $0 != algorithm }!
        #expect(!certificate.verify(signature, of: data, algorithm: other))
    }

    @Test func aStrangersSignatureDoesNotVerify() throws {
        let other = try TestPKI.authority.issueClient(commonName: "other", validity: TestPKI.always)
        let signature = try identity.sign(data, algorithm: .ps256)
        #expect(!(try PublicKeyCertificate(pem: other.certificatePEM)).verify(signature, of: data, algorithm: .ps256))
        let elliptic = try PublicKeyCertificate(pem: TestPKI.server.certificatePEM)
        #expect(!elliptic.verify(signature, of: data, algorithm: .ps256))
    }

    @Test func probabilisticSignaturesDiffer() throws {
        let identity = try identity
        #expect(try identity.sign(data, algorithm: .ps256) != identity.sign(data, algorithm: .ps256))
        #expect(try identity.sign(data, algorithm: .rs256) == identity.sign(data, algorithm: .rs256))
    }

    @Test(arguments: [PKCS12.Protection.modern, .legacy])
    func pkcs12(protection: PKCS12.Protection) throws {
        let file = try issued.pkcs12(password: Array("pässword".utf8), protection: protection)
        let read = try SigningIdentity(pkcs12: file, password: Array("pässword".utf8))
        #expect(try read.thumbprintSHA256 == identity.thumbprintSHA256)
        let signature = try read.sign(data, algorithm: .ps256)
        #expect(read.certificate.verify(signature, of: data, algorithm: .ps256))
    }

    @Test(arguments: [PKCS12.Protection.modern, .legacy], ["", "wrong"])
    func theWrongPasswordIsNamed(protection: PKCS12.Protection, password: String) throws {
        let file = try issued.pkcs12(password: Array("right".utf8), protection: protection)
        #expect(throws: CredentialError.wrongPassword) {
            try SigningIdentity(pkcs12: file, password: Array(password.utf8))
        }
    }

    @Test func pkcs12WithoutAPassword() throws {
        let file = try issued.pkcs12(password: [])
        _ = try SigningIdentity(pkcs12: file, password: [])
    }

    @Test(arguments: [[UInt8](), Array("no file".utf8), [0x30, 0x82, 0x10, 0x00, 0x02, 0x01, 0x03]])
    func noPKCS12(bytes: [UInt8]) {
        #expect {
            try SigningIdentity(pkcs12: bytes, password: [])
        } throws: { error in
            guard case .unreadable? = error as? CredentialError else { return false }
            return true
        }
    }

    @Test func theLegacyAlgorithmsStayInTheirCorner() throws {
        let file = try issued.pkcs12(password: [1], protection: .legacy)
        _ = try SigningIdentity(pkcs12: file, password: [1])
        #expect(ErrorQueue.drain().isEmpty)
        let again = try ConnectedPair.open()
        #expect(again.client.errors.isEmpty)
    }

    @Test func pemInTwoPieces() throws {
        let read = try SigningIdentity(certificatePEM: issued.certificatePEM, privateKeyPEM: issued.privateKeyPEM)
        #expect(try read.thumbprintSHA1 == identity.thumbprintSHA1)
    }

    @Test func ofSeveralCertificatesTheKeysOwnIsTaken() throws {
        let pem = TestPKI.authority.certificatePEM + issued.certificatePEM + issued.privateKeyPEM
        #expect(try SigningIdentity(pem: pem).subject == "CN=gateway")
    }

    @Test func whatIsMissingOrDoesNotFit() {
        #expect(throws: CredentialError.noPrivateKey) { try SigningIdentity(pem: issued.certificatePEM) }
        #expect(throws: CredentialError.noCertificate) { try SigningIdentity(pem: issued.privateKeyPEM) }
        #expect(throws: CredentialError.keyMismatch) {
            try SigningIdentity(certificatePEM: TestPKI.server.certificatePEM, privateKeyPEM: issued.privateKeyPEM)
        }
        #expect(throws: CredentialError.unsupportedKey("EC")) {
            try SigningIdentity(pem: TestPKI.server.certificatePEM + TestPKI.server.privateKeyPEM)
        }
    }

    @Test func encryptedKeys() {
        let pem = issued.certificatePEM + EncryptedKey.pem
        #expect(throws: CredentialError.passwordMissing) { try SigningIdentity(pem: pem) }
        #expect(throws: CredentialError.wrongPassword) { try SigningIdentity(pem: pem, password: Array("no".utf8)) }
        // Decrypted, it turns out to be another certificate's key.
        #expect(throws: CredentialError.keyMismatch) {
            try SigningIdentity(pem: pem, password: EncryptedKey.passPhrase)
        }
    }

    @Test func anExpiredCertificateLoads() throws {
        let old = try TestPKI.authority.issueClient(commonName: "old", validity: TestPKI.past)
        let read = try SigningIdentity(pem: old.certificatePEM + old.privateKeyPEM)
        #expect(read.notBefore == TestPKI.past.lowerBound)
        #expect(read.notAfter == TestPKI.past.upperBound)
        #expect(read.subject == "CN=old")
    }

    @Test(arguments: [
        (CredentialError.noCertificate, "no certificate"), (.noPrivateKey, "no private key"),
        (.keyMismatch, "does not belong"), (.passwordMissing, "give its password"), (.wrongPassword, "wrong"),
        (.unsupportedKey("EC"), "EC"), (.unreadable("asn1"), "asn1"),
    ])
    func texts(error: CredentialError, part: String) { #expect(error.description.contains(part)) }
}

@Suite struct PublicKeyCertificateTests {
    @Test func thumbprintsAreOverTheDERBytes() throws {
        let certificate = try PublicKeyCertificate(pem: TestPKI.server.certificatePEM)
        #expect(certificate.thumbprintSHA256 == Digest.sha256(certificate.der))
        #expect(certificate.thumbprintSHA256.count == 32)
        #expect(certificate.thumbprintSHA1.count == 20)
        #expect(certificate.pem == TestPKI.server.certificatePEM)
    }

    @Test func datesBeyond2050() throws {
        let certificate = try PublicKeyCertificate(pem: TestPKI.server.certificatePEM)
        #expect(certificate.notBefore == 1_577_836_800)
        #expect(certificate.notAfter == 4_102_444_800)
    }

    @Test func textThatIsNone() {
        #expect(throws: CredentialError.noCertificate) { try PublicKeyCertificate(pem: Array("hello".utf8)) }
    }

    @Test func subjectsBeyondASCII() throws {
        let issued = try TestPKI.authority.issueServer(
            commonName: "Zürich, 中", names: ["x.test"], validity: TestPKI.always)
        #expect(try PublicKeyCertificate(pem: issued.certificatePEM).subject == "CN=Zürich\\, 中")
    }
}

@Suite struct CertificateAuthorityTests {
    @Test(arguments: CertificateAuthority.KeyKind.allCases, CertificateAuthority.KeyKind.allCases)
    func bothKindsOfKeysServe(root: CertificateAuthority.KeyKind, leaf: CertificateAuthority.KeyKind) throws {
        let authority = try CertificateAuthority(commonName: "Root", keyKind: root, validity: TestPKI.always)
        let issued = try authority.issueServer(names: ["mail.test"], keyKind: leaf, validity: TestPKI.always)
        let pair = try ConnectedPair(
            clientContext: TestPKI.clientContext(trusting: authority), serverContext: TestPKI.serverContext(issued))
        try pair.connect()
        #expect(throws: Never.self) { try pair.client.handshakeResult()?.get() }
    }

    @Test func badAddressesAreRefused() {
        #expect(throws: CertificateAuthority.Failure.self) {
            try TestPKI.authority.issueServer(names: [], addresses: ["300.1.1.1"], validity: TestPKI.always)
        }
    }
}
