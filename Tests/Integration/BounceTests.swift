import Foundation
import Testing

/// Bounces as the sender gets them, from the real service.
@Suite(.serialized, .timeLimit(.minutes(5))) struct BounceTests {
    private static let on = "bounce: {mode: sender}"

    private static func refusal(count: Int) -> String {
        """
        {"operation": "sendMail", "status": 400, "code": "ErrorInvalidRecipients", \
        "message": "At least one recipient is not valid.", "count": \(count)}
        """
    }

    @Test func aRefusedMessageIsReportedToItsSender() async throws {
        try await Scenario.run(GatewayConfiguration(top: [Self.on])) { scenario in
            try await scenario.emulator.addFault(Self.refusal(count: 1))
            let id = try #require(try await scenario.send(to: "nobody@example.org").first)
            let report = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(report.recipients == ["reports@contoso.com"] && report.sender == "reports@contoso.com")
            #expect(report.header("Auto-Submitted") == ["auto-replied"])
            #expect(report.header("Content-Type").first?.hasPrefix("multipart/report;") == true)
            let text = report.bytes.text
            for line in [
                "Content-Type: message/delivery-status", "Reporting-MTA: dns; relay.test", "X-Postern-Id: \(id)",
                "Final-Recipient: rfc822; nobody@example.org", "Action: failed", "Status: 5.0.0",
                "Content-Type: text/rfc822-headers",
            ] {
                #expect(text.contains("\r\n\(line)\r\n"), "\(line)")
            }
            #expect(text.contains("Diagnostic-Code: x-graph; 400 ErrorInvalidRecipients"))
            let rows = try await scenario.gateway.store.rows("both") { $0.map(\.status).sorted() == ["F", "S"] }
            let bounce = try #require(rows.first { $0.client == "bounce" })
            #expect(bounce.sender == "" && bounce.status == "S" && report.header("X-Postern-Id") == [bounce.id])
            #expect(try scenario.gateway.program.errors.text.contains("sender told of the failure"))
        }
    }

    @Test func aReportThatFailsMakesNoOther() async throws {
        try await Scenario.run(GatewayConfiguration(top: [Self.on])) { scenario in
            try await scenario.emulator.addFault(Self.refusal(count: 2))
            try await scenario.send(to: "nobody@example.org")
            try await scenario.gateway.store.counts("failed") { $0 == ["F": 2] }
            try await scenario.send(to: "customer@example.org")
            try await scenario.gateway.store.counts("the next one") { $0 == ["F": 2, "S": 1] }
            #expect(try await scenario.emulator.messages(count: 1).map(\.recipients) == [["customer@example.org"]])
        }
    }

    /// By SMTP the report has the null sender, and only those who were refused are named.
    @Test func aRefusedRecipientIsReportedBySMTP() async throws {
        let settings =
            #"{"graph": {"latency": 0.01}, "smtp": {"recipientRefusals": [{"recipient": "nobody@example.org"}]}}"#
        let configuration = GatewayConfiguration(top: [Self.on], route: ["primary: smtp"], smtp: [])
        try await Scenario.run(configuration, emulator: settings) { scenario in
            try await scenario.send(to: "customer@example.org,nobody@example.org")
            let captured = try await scenario.emulator.messages(count: 2, mime: true)
            #expect(captured.map(\.recipients) == [["customer@example.org"], ["reports@contoso.com"]])
            let text = try #require(captured.last).bytes.text
            #expect(
                text.contains("Final-Recipient: rfc822; nobody@example.org\r\nAction: failed\r\nStatus: 5.1.10\r\n"))
            #expect(text.contains("Diagnostic-Code: smtp; 550 5.1.10 "))
            #expect(!text.contains("Final-Recipient: rfc822; customer@example.org"))
            try await scenario.gateway.store.counts("all") { $0 == ["F": 1, "S": 2] }
        }
    }

    @Test func commandsTellTheirCallerInstead() async throws {
        try await Scenario.run(GatewayConfiguration(top: [Self.on])) { scenario in
            try await scenario.emulator.addFault(Self.refusal(count: 1))
            let result = try await scenario.gateway.run(
                "send", "--from", "reports@contoso.com", "--to", "nobody@example.org", "--text", "Hello")
            #expect(result.status == 1, "\(result)")
            try await scenario.send(to: "customer@example.org")
            try await scenario.gateway.store.counts("all") { $0 == ["F": 1, "S": 1] }
        }
    }
}
