import Testing

@testable import TLS

@Suite struct TLSContextTests {
    private let issued = TestPKI.server

    @Test func aChainMayHoldTheIssuersToo() throws {
        let chain = issued.certificatePEM + TestPKI.authority.certificatePEM
        _ = try TLSContext.server(certificateChainPEM: chain, privateKeyPEM: issued.privateKeyPEM)
    }

    @Test func oneFileMayHoldBoth() throws {
        let both = issued.privateKeyPEM + issued.certificatePEM
        _ = try TLSContext.server(certificateChainPEM: both, privateKeyPEM: both)
    }

    @Test func noCertificate() {
        #expect(throws: TLSConfigurationError.noCertificate(.certificateChain)) {
            try TLSContext.server(certificateChainPEM: [], privateKeyPEM: issued.privateKeyPEM)
        }
        #expect(throws: TLSConfigurationError.noCertificate(.certificateChain)) {
            try TLSContext.server(certificateChainPEM: issued.privateKeyPEM, privateKeyPEM: issued.privateKeyPEM)
        }
        #expect(throws: TLSConfigurationError.noCertificate(.trustAnchors)) {
            try TLSContext.client(verification: .full, extraTrustPEM: Array("not PEM".utf8))
        }
    }

    @Test func noPrivateKey() {
        #expect(throws: TLSConfigurationError.noPrivateKey) {
            try TLSContext.server(certificateChainPEM: issued.certificatePEM, privateKeyPEM: issued.certificatePEM)
        }
    }

    @Test func aKeyOfAnotherCertificate() {
        #expect(throws: TLSConfigurationError.keyMismatch) {
            try TLSContext.server(
                certificateChainPEM: issued.certificatePEM, privateKeyPEM: TestPKI.client.privateKeyPEM)
        }
    }

    @Test func anEncryptedKeyIsRefusedWithoutAPrompt() {
        #expect(throws: TLSConfigurationError.encryptedPrivateKey) {
            try TLSContext.server(certificateChainPEM: issued.certificatePEM, privateKeyPEM: EncryptedKey.pem)
        }
    }

    @Test func brokenBlocks() {
        let broken = Array("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".utf8)
        #expect {
            try TLSContext.server(certificateChainPEM: broken, privateKeyPEM: issued.privateKeyPEM)
        } throws: { error in
            guard case .unreadable(.certificateChain, _)? = error as? TLSConfigurationError else { return false }
            return true
        }
        let key = Array("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".utf8)
        #expect {
            try TLSContext.server(certificateChainPEM: issued.certificatePEM, privateKeyPEM: key)
        } throws: { error in
            guard case .unreadable(.privateKey, _)? = error as? TLSConfigurationError else { return false }
            return true
        }
    }

    @Test(arguments: [
        (TLSConfigurationError.noCertificate(.certificateChain), "certificate chain", "BEGIN CERTIFICATE"),
        (.noPrivateKey, "no private key", "PRIVATE KEY-----"), (.encryptedPrivateKey, "encrypted", "openssl pkey"),
        (.keyMismatch, "does not belong", "stand first"),
        (.unreadable(.trustAnchors, reason: "bad base64"), "trust anchors", "bad base64"),
        (.refused(.privateKey, reason: "ee key too small"), "OpenSSL refuses", "ee key too small"),
    ])
    func textsSayWhatAndWhatToDo(error: TLSConfigurationError, what: String, remedy: String) {
        #expect(error.description.contains(what))
        #expect(error.description.contains(remedy))
    }

    @Test func aFailureLeavesNothingForTheNextCall() throws {
        _ = try? TLSContext.server(certificateChainPEM: [1, 2, 3], privateKeyPEM: [])
        #expect(ErrorQueue.drain().isEmpty)
        let pair = try ConnectedPair()
        try pair.connect()
        #expect(pair.client.errors.isEmpty)
    }

    @Test func initializingTwiceIsHarmless() {
        OpenSSL.initialize()
        OpenSSL.initialize()
        #expect(OpenSSL.version.hasPrefix("OpenSSL 3"))
    }
}

@Suite struct TLSErrorTests {
    @Test(arguments: [
        (TLSError.misconfigured("x"), "TLS cannot be started: x"),
        (.verificationFailed("hostname mismatch"), "the peer's certificate is not accepted: hostname mismatch"),
        (.handshakeFailed("y"), "TLS handshake failed: y"),
        (.handshakeTimedOut(milliseconds: 5000), "TLS handshake not finished after 5000 ms"),
        (.closedDuringHandshake, "connection closed by the peer during the TLS handshake"),
        (.protocolViolation("z"), "TLS protocol violated: z"),
        (.truncated, "connection closed without close_notify"),
        (.plaintextInjected, "plain text behind STARTTLS, before the TLS handshake"),
        (.closed, "the TLS connection is closed"),
    ])
    func texts(error: TLSError, text: String) { #expect(error.description == text) }
}
