import Foundation
import Testing

/// `postern token` names each broken piece, says what to do, and ends with the status that scripts rely on.
@Suite(.serialized, .timeLimit(.minutes(5))) struct TokenCommandTests {
    private func token(
        _ configuration: GatewayConfiguration = GatewayConfiguration(), _ arguments: [String] = [],
        prepare: (Scenario) async throws -> Void = { _ in }
    ) async throws -> Command.Result {
        let result = Locked<Command.Result?>(nil)
        try await Scenario.run(configuration, started: false) { scenario in
            try await prepare(scenario)
            let answer = try await Command.run(
                Executables.postern, ["token", "--config", scenario.gateway.file] + arguments)
            result.with { $0 = answer }
        }
        return try #require(result.with { $0 })
    }

    private func expect(
        _ result: Command.Result, status: Int32, names words: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(result.status == status, "\(result)", sourceLocation: sourceLocation)
        let text = result.output + result.errors
        for word in words {
            #expect(text.localizedCaseInsensitiveContains(word), "\(word): \(result)", sourceLocation: sourceLocation)
        }
        #expect(!text.contains("Fatal error") && !text.contains(Emulator.secret), sourceLocation: sourceLocation)
    }

    @Test func aGoodTokenIsDescribedAndNotShown() async throws {
        let result = try await token()
        expect(
            result, status: 0, names: Emulator.tenant, Emulator.clientID, "https://graph.microsoft.com", "Mail.Send",
            "UTC")
        #expect(!result.output.contains("eyJ"), "the token itself is shown")
    }

    @Test func theTokenItselfOnlyWhenAskedFor() async throws {
        let result = try await token(GatewayConfiguration(), ["--raw"])
        #expect(result.status == 0 && result.output.hasPrefix("eyJ") && result.lines.count == 1)
    }

    @Test func theJSONHasItsKeys() async throws {
        let result = try await token(GatewayConfiguration(), ["--json"])
        let document = try #require(try JSONSerialization.jsonObject(with: result.bytes) as? [String: Any])
        #expect(document["route"] as? String == "contoso")
        #expect(document["tenant"] as? String == Emulator.tenant)
        #expect(document["client_id"] as? String == Emulator.clientID)
        #expect(document["audience"] as? String == "https://graph.microsoft.com")
        #expect((document["roles"] as? [String])?.contains("Mail.Send") == true)
        let expiry = try #require(document["expires_at"] as? String)
        #expect(expiry.wholeMatch(of: /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}/) != nil, "\(expiry)")
    }

    @Test func aTokenForSMTPHasAnotherAudience() async throws {
        expect(
            try await token(GatewayConfiguration(), ["--smtp"]), status: 0, names: "outlook.office365.com",
            "SMTP.SendAsApp")
    }

    @Test func aWrongSecret() async throws {
        let result = try await token(GatewayConfiguration(credential: "client_secret: not-the-secret"))
        expect(result, status: 77, names: "client secret is wrong", "AADSTS7000215", "client_secret")
        #expect(!(result.output + result.errors).contains("not-the-secret"))
    }

    @Test func anExpiredSecret() async throws {
        let result = try await token {
            try await $0.emulator.changeApp(
                #"{"secrets": [{"value": "\#(Emulator.secret)", "expires": "2020-01-01"}]}"#)
        }
        expect(result, status: 77, names: "expired", "AADSTS7000222")
    }

    @Test func aWrongTenant() async throws {
        let result = try await token(GatewayConfiguration(tenant: "cantoso.onmicrosoft.com"))
        expect(result, status: 77, names: "cantoso.onmicrosoft.com", "no such tenant", "AADSTS90002")
    }

    @Test func anUnknownApp() async throws {
        let id = "99999999-9999-9999-9999-999999999999"
        let result = try await token(GatewayConfiguration(clientID: id))
        expect(result, status: 77, names: id, "does not know the application", "AADSTS700016")
    }

    @Test func noRole() async throws {
        let result = try await token { try await $0.emulator.changeApp(#"{"graphRoles": []}"#) }
        expect(result, status: 0, names: "none", "Mail.Send", "RBAC")
    }

    @Test func anUnreachableEndpoint() async throws {
        let result = try await token(GatewayConfiguration(endpoint: "http://127.0.0.1:9"))
        expect(result, status: 69, names: "127.0.0.1", "could not be reached")
    }

    @Test func anAuthorityThatIsNotTrusted() async throws {
        let emulator = try await Emulator.start(tls: true)
        let gateway = try Gateway(GatewayConfiguration(), endpoint: emulator.url)
        let untrusted = try await gateway.run("token")
        try gateway.write(GatewayConfiguration(graph: ["ca_file: \(emulator.caFile)"]))
        let trusted = try await gateway.run("token")
        await emulator.program.kill()
        expect(untrusted, status: 69, names: "certificate", "ca_file")
        expect(trusted, status: 0, names: "Mail.Send")
    }

    // MARK: Certificates

    @Test func aCertificateThatTheAppKnows() async throws {
        let directory = try TemporaryDirectory()
        let pair = try await Certificates.selfSigned("app", in: directory)
        let result = try await token(GatewayConfiguration(credential: "certificate: {file: \(pair.together)}")) {
            try await $0.emulator.changeApp(try Self.registration(of: pair))
        }
        expect(result, status: 0, names: "Mail.Send")
    }

    @Test func aCertificateThatTheAppDoesNotKnow() async throws {
        let directory = try TemporaryDirectory()
        let pair = try await Certificates.selfSigned("app", in: directory)
        let result = try await token(GatewayConfiguration(credential: "certificate: {file: \(pair.together)}"))
        expect(result, status: 77, names: "AADSTS700027", "Upload the certificate")
    }

    @Test func anExpiredCertificate() async throws {
        let directory = try TemporaryDirectory()
        let pair = try await Certificates.selfSigned("old", in: directory, expired: true)
        let result = try await token(GatewayConfiguration(credential: "certificate: {file: \(pair.together)}")) {
            try await $0.emulator.changeApp(try Self.registration(of: pair))
        }
        expect(result, status: 77, names: "expired", pair.together)
    }

    @Test func aCertificateFileThatIsMissing() async throws {
        let result = try await token(GatewayConfiguration(credential: "certificate: {file: /nowhere/app.pem}"))
        expect(result, status: 78, names: "/nowhere/app.pem")
    }

    @Test func pkcs12WithItsPassword() async throws {
        let directory = try TemporaryDirectory()
        let pair = try await Certificates.selfSigned("app", in: directory)
        let file = directory.path("app.pfx")
        try await Command.succeed(
            Executables.find("openssl") ?? "openssl",
            [
                "pkcs12", "-export", "-in", pair.certificate, "-inkey", pair.key, "-out", file, "-passout",
                "pass:pfx-password",
            ])
        let right = try await token(
            GatewayConfiguration(credential: "certificate: {file: \(file), password: pfx-password}")
        ) { try await $0.emulator.changeApp(try Self.registration(of: pair)) }
        expect(right, status: 0, names: "Mail.Send")
        let wrong = try await token(GatewayConfiguration(credential: "certificate: {file: \(file), password: other}"))
        expect(wrong, status: 78, names: file, "password")
    }

    private static func registration(of pair: Certificates.Pair) throws -> String {
        let pem = try String(contentsOfFile: pair.certificate, encoding: .utf8).replacing("\n", with: "\\n")
        return #"{"certificates": ["\#(pem)"]}"#
    }
}
