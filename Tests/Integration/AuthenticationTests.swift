import Foundation
import Testing

/// TLS and AUTH on listeners, with the hash that `postern hash-password` prints.
@Suite(.serialized, .timeLimit(.minutes(5))) struct AuthenticationTests {
    private static let password = "Correct horse, battery: \"staple\""

    /// A listener with the user `reports`, who may send as reports@contoso.com and as anybody at sub.contoso.com.
    private func withListener(_ listener: [String], _ body: (Scenario) async throws -> Void) async throws {
        try await Scenario.run(started: false) { scenario in
            let directory = scenario.gateway.directory
            let hash = try await Command.succeed(
                Executables.postern, ["hash-password"], input: Data((Self.password + "\n").utf8))
            let pair = try await Certificates.selfSigned("listener", in: directory)
            var configuration = GatewayConfiguration(listener: listener, senders: #"["*"]"#)
            configuration.top = [
                "tls: {certificate: \(pair.certificate), private_key: \(pair.key)}",
                "users:",
                "  - name: reports",
                "    password_hash: \"\(hash.output.trimmingCharacters(in: .whitespacesAndNewlines))\"",
                "    senders: [\"reports@contoso.com\", \"*@sub.contoso.com\"]",
            ]
            try scenario.gateway.write(configuration)
            try await scenario.gateway.start()
            try await body(scenario)
        }
    }

    private func client(
        _ scenario: Scenario, _ arguments: [String], from sender: String = "reports@contoso.com",
        header: String = "reports@contoso.com", password: String = password
    ) async throws -> String {
        struct Answer: Decodable { var answer: String }
        return try await Python.run(
            "auth_client.py",
            [
                "--port", "\(scenario.gateway.port)", "--user", "reports", "--password", password, "--sender", sender,
                "--header-from", header,
            ] + arguments, as: Answer.self
        ).answer
    }

    @Test(arguments: ["PLAIN", "LOGIN"])
    func usersLogInBehindSTARTTLS(_ mechanism: String) async throws {
        try await withListener(["tls: required", "auth: required"]) { scenario in
            let answer = try await client(scenario, ["--starttls", "--mechanism", mechanism])
            #expect(answer.hasPrefix("250"), "\(answer)")
            let captured = try await scenario.emulator.messages(count: 1)
            #expect(captured.first?.header("Received").first?.contains("ESMTPSA") == true)
            #expect(try await scenario.gateway.store.rows().first?.user == "reports")
        }
    }

    @Test func implicitTLSSpeaksFromTheFirstByte() async throws {
        try await withListener(["tls: implicit", "auth: required"]) { scenario in
            let answer = try await client(scenario, ["--implicit", "--mechanism", "PLAIN"])
            #expect(answer.hasPrefix("250"), "\(answer)")
        }
    }

    @Test func aWrongPasswordIsRefused() async throws {
        try await withListener(["tls: required", "auth: required"]) { scenario in
            let answer = try await client(scenario, ["--starttls", "--mechanism", "PLAIN"], password: "wrong")
            #expect(answer.hasPrefix("535"), "\(answer)")
        }
    }

    @Test func withoutLoginNoMailWhereItIsRequired() async throws {
        try await withListener(["tls: starttls", "auth: required"]) { scenario in
            let replies = try await Dialogue.commands(
                ["MAIL FROM:<reports@contoso.com>", "AUTH PLAIN AHJlcG9ydHMAeA=="], port: scenario.gateway.port
            ).run()
            #expect(replies[2].hasPrefix("530"), "\(replies)")
            // A password in the clear is not heard where TLS is to be had.
            #expect(replies[3].hasPrefix("538") || replies[3].hasPrefix("530") || replies[3].hasPrefix("504"))
            #expect(replies[1].contains("STARTTLS") && !replies[1].contains("AUTH"))
        }
    }

    @Test func withoutTLSNothingWhereItIsRequired() async throws {
        try await withListener(["tls: required", "auth: off"]) { scenario in
            let replies = try await Dialogue.commands(
                ["MAIL FROM:<reports@contoso.com>"], port: scenario.gateway.port
            ).run()
            #expect(replies.last?.hasPrefix("530 5.7.0") == true, "\(replies)")
        }
    }

    /// What a client sent before the handshake must not be taken for what it said behind it (CVE-2011-0411).
    @Test func plainTextInFrontOfTheHandshakeIsForgotten() async throws {
        try await withListener(["tls: required", "auth: off"]) { scenario in
            let replies = try await Dialogue(
                port: scenario.gateway.port,
                steps: [
                    .reply, .send("EHLO c\r\n"), .reply, .send("STARTTLS\r\nMAIL FROM:<evil@contoso.com>\r\n"), .reply,
                ]
            ).run()
            #expect(replies.count == 3)
            let rest = try await Dialogue(
                port: scenario.gateway.port,
                steps: [
                    .reply, .send("EHLO c\r\n"), .reply, .startTLS, .send("EHLO c\r\nRCPT TO:<a@example.org>\r\n"),
                    .reply,
                    .reply,
                ]
            ).run()
            #expect(rest.last?.hasPrefix("503") == true, "\(rest)")
        }
    }

    /// Contract: envelope and header senders this user may use; none but these.
    @Test(arguments: [
        ("reports@contoso.com", "reports@contoso.com", "250"), ("reports@contoso.com", "x@sub.contoso.com", "250"),
        ("boss@contoso.com", "reports@contoso.com", "550"), ("reports@contoso.com", "boss@contoso.com", "550"),
    ])
    func usersSendAsThemselvesOnly(_ sender: String, _ header: String, _ code: String) async throws {
        try await withListener(["tls: starttls", "auth: optional"]) { scenario in
            let answer = try await client(
                scenario, ["--starttls", "--mechanism", "PLAIN"], from: sender, header: header)
            #expect(answer.hasPrefix(code), "\(answer)")
        }
    }
}
