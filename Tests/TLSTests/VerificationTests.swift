import Testing

@testable import TLS

@Suite struct VerificationTests {
    @Test(arguments: ["mail.test", "MAIL.TEST", "mail.test.", "a.wild.test", "127.0.0.1", "::1", "[::1]"])
    func theRightNameIsAccepted(host: String) throws {
        let pair = try ConnectedPair(host: host)
        try pair.connect()
        #expect(throws: Never.self) { try pair.client.handshakeResult()?.get() }
        #expect(pair.client.errors.isEmpty)
    }

    @Test(arguments: [
        ("other.test", "hostname mismatch"), ("a.b.wild.test", "hostname mismatch"), ("wild.test", "hostname mismatch"),
        ("127.0.0.2", "IP address mismatch"),
    ])
    func aWrongNameIsRefused(host: String, reason: String) throws {
        let pair = try ConnectedPair(host: host)
        try pair.connect()
        try expectRefusal(pair, reason, "[certificate /CN=server at depth 0]")
    }

    @Test func theCommonNameIsNoHostName() throws {
        let old = try TestPKI.authority.issueServer(commonName: "mail.test", names: [], validity: TestPKI.always)
        let pair = try ConnectedPair(serverContext: TestPKI.serverContext(old))
        try pair.connect()
        try expectRefusal(pair, "hostname mismatch", "/CN=mail.test")
    }

    @Test func anUnknownAuthorityIsRefused() throws {
        let pair = try ConnectedPair(clientContext: TestPKI.clientContext(trusting: TestPKI.stranger))
        try pair.connect()
        try expectRefusal(pair, "unable to get local issuer certificate", "depth 0")
        #expect(pair.server.errors.first?.description.contains("unknown ca") == true)
    }

    @Test func theSystemsAnchorsAloneDoNotDo() throws {
        let pair = try ConnectedPair(clientContext: .client(verification: .full))
        try pair.connect()
        try expectRefusal(pair, "unable to get local issuer certificate", "depth 0")
    }

    @Test func anExpiredCertificateIsRefused() throws {
        let expired = try TestPKI.authority.issueServer(names: ["mail.test"], validity: TestPKI.past)
        let pair = try ConnectedPair(serverContext: TestPKI.serverContext(expired))
        try pair.connect()
        try expectRefusal(pair, "certificate has expired", "depth 0")
    }

    @Test func aClientsCertificateDoesNotServe() throws {
        let pair = try ConnectedPair(serverContext: TestPKI.serverContext(TestPKI.client))
        try pair.connect()
        #expect(throws: TLSError.self) { try pair.client.handshakeResult()?.get() }
    }

    @Test(arguments: ["", "other.test"])
    func withoutVerificationAnyNameGoes(host: String) throws {
        let pair = try ConnectedPair(clientContext: .client(verification: .none), host: host)
        try pair.connect()
        #expect(throws: Never.self) { try pair.client.handshakeResult()?.get() }
        #expect(pair.client.errors.isEmpty)
    }

    @Test(arguments: ["", ".", "a\0b"])
    func verificationWithoutANameIsAConfigurationError(host: String) throws {
        #expect(throws: TLSError.self) { try ConnectedPair(host: host) }
    }

    @Test func aContextServesItsOwnRoleOnly() throws {
        let (client, server) = (try TestPKI.clientContext(), try TestPKI.serverContext())
        #expect(throws: TLSError.self) { try TLSEngine(context: client, role: .server) }
        #expect(throws: TLSError.self) { try TLSEngine(context: server, role: .client(host: "mail.test")) }
    }

    private func expectRefusal(_ pair: ConnectedPair, _ parts: String...) throws {
        let error = try #require(pair.client.errors.first)
        guard case .verificationFailed(let reason) = error else {
            Issue.record("not a verification failure: \(error)")
            return
        }
        for part in parts { #expect(reason.contains(part)) }
        #expect(pair.client.handshakeResult() == .failure(error))
        #expect(!pair.client.isOpen)
        #expect(!pair.server.errors.isEmpty, "the server hears an alert")
    }
}

@Suite struct PeerNameTests {
    @Test(arguments: [
        ("mail.test", PeerName.dns("mail.test")), ("mail.test.", .dns("mail.test")), ("10.0.0.1", .address("10.0.0.1")),
        ("::1", .address("::1")), ("[fe80::1]", .address("fe80::1")), ("1.2.3", .dns("1.2.3")),
    ])
    func namesAndAddresses(text: String, expected: PeerName) { #expect(PeerName(text) == expected) }

    @Test(arguments: ["", ".", "[]", "a\0.test"])
    func noName(text: String) { #expect(PeerName(text) == nil) }
}
