import Foundation
import Testing

/// Delivered recipients are the envelope's, all of them and no others, whatever the headers say.
@Suite(.serialized, .timeLimit(.minutes(5))) struct RecipientTests {
    private func send(_ header: String, to recipients: [String], _ scenario: Scenario) async throws -> CapturedMessage {
        let file = try scenario.gateway.directory.write(
            header.replacing("\n", with: "\r\n") + "\r\nBody.\r\n", to: "message.eml")
        _ = try await Python.run(
            "smtplib_client.py",
            ["\(scenario.gateway.port)", "reports@contoso.com", recipients.joined(separator: ","), file])
        return try #require(try await scenario.emulator.messages(count: 1, mime: true).last)
    }

    @Test func recipientsThatNoHeaderNamesGetTheirCopyUnseen() async throws {
        try await Scenario.run { scenario in
            let message = try await send(
                "From: reports@contoso.com\nTo: first@example.org\nCc: second@example.org\nSubject: hidden\n",
                to: ["first@example.org", "second@example.org", "hidden@example.net"], scenario)
            #expect(Set(message.recipients) == ["first@example.org", "second@example.org", "hidden@example.net"])
            #expect(!message.bytes.text.contains("hidden@example.net"))
            #expect(message.header("To") == ["first@example.org"] && message.header("Cc") == ["second@example.org"])
        }
    }

    @Test func aBccHeaderDeliversToNobodyByItself() async throws {
        try await Scenario.run { scenario in
            let message = try await send(
                "From: reports@contoso.com\nTo: first@example.org\nBcc: outsider@example.net\nSubject: bcc\n",
                to: ["first@example.org"], scenario)
            #expect(message.recipients == ["first@example.org"])
            #expect(message.header("Bcc").isEmpty && !message.bytes.text.contains("outsider"))
        }
    }

    @Test func aBccHeaderIsKeptFromTheOthers() async throws {
        try await Scenario.run { scenario in
            let message = try await send(
                "From: reports@contoso.com\nTo: first@example.org\nBcc: third@example.net\nSubject: bcc\n",
                to: ["first@example.org", "third@example.net"], scenario)
            #expect(Set(message.recipients) == ["first@example.org", "third@example.net"])
            #expect(!message.bytes.text.contains("third@example.net"))
        }
    }

    @Test func headersThatNameOutsidersAreRewrittenWhereTheRouteSaysSo() async throws {
        try await Scenario.run(GatewayConfiguration(route: ["unrepresentable: rewrite"])) { scenario in
            let message = try await send(
                "From: reports@contoso.com\nTo: first@example.org, outsider@example.net\nSubject: rewritten\n",
                to: ["first@example.org"], scenario)
            #expect(message.recipients == ["first@example.org"])
            #expect(message.header("X-Original-To").first?.contains("outsider@example.net") == true)
            #expect(message.header("To").first?.contains("outsider") == false)
        }
    }

    @Test func headersThatNameOutsidersAreRefusedWhereTheRouteSaysSo() async throws {
        try await Scenario.run(GatewayConfiguration(route: ["unrepresentable: refuse"])) { scenario in
            let file = try scenario.gateway.directory.write(
                "From: reports@contoso.com\r\nTo: a@example.org, b@example.org\r\nSubject: refused\r\n\r\nBody.\r\n",
                to: "message.eml")
            _ = try await Python.run(
                "smtplib_client.py", ["\(scenario.gateway.port)", "reports@contoso.com", "a@example.org", file])
            let row = try #require(try await scenario.gateway.store.rows("refused") { $0.first?.status == "F" }.first)
            #expect(row.errorText?.isEmpty == false)
            #expect(try await scenario.emulator.counters().messages == 0)
        }
    }

    @Test func manyRecipientsBecomeSeveralRowsOfOneMessage() async throws {
        let recipients = (1...12).map { "customer\($0)@example.org" }
        let limits = "{messages_per_mailbox: 100000/m, recipients_per_message: 5}"
        try await Scenario.run(GatewayConfiguration(limits: limits)) { scenario in
            let ids = try await scenario.send(to: recipients.joined(separator: ","))
            let id = try #require(ids.first)
            let captured = try await scenario.emulator.messages(count: 3)
            #expect(captured.flatMap(\.recipients).sorted() == recipients.sorted())
            let rows = try await scenario.gateway.store.rows("sent") { $0.allSatisfy { $0.status == "S" } }
            #expect(rows.map(\.id) == [id, "\(id)-2", "\(id)-3"])
        }
    }

    @Test func fieldsThatAreMissingAreAdded() async throws {
        try await Scenario.run { scenario in
            let message = try await send("Subject: bare\nTo: first@example.org\n", to: ["first@example.org"], scenario)
            for name in ["Message-ID", "Date", "From", "Received", "X-Postern-Id"] {
                #expect(message.header(name).count == 1, "\(name)")
            }
            #expect(message.header("From").first?.contains("reports@contoso.com") == true)
            let row = try #require(try await scenario.gateway.store.rows().first)
            #expect(message.header("X-Postern-Id") == [row.id])
        }
    }
}

extension Data {
    /// Bytes as Latin-1 characters.
    var text: String { String(data: self, encoding: .isoLatin1) ?? "" }
}
