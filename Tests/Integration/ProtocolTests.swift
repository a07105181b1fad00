import Foundation
import Testing

/// What listeners answer to clients that do not behave, and to those whom the configuration does not let in.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ProtocolTests {
    private static let header =
        "From: reports@contoso.com\r\nTo: a@example.org\r\nSubject: smuggled\r\nMessage-ID: <1@c.test>\r\n"
        + "Date: Sat, 21 Nov 2026 09:30:00 +0000\r\n\r\n"
    private static let second =
        "MAIL FROM:<evil@contoso.com>\r\nRCPT TO:<victim@example.org>\r\nDATA\r\n"
        + "From: evil@contoso.com\r\nTo: victim@example.org\r\nSubject: second\r\n\r\nForged."
    private static let start: [Dialogue.Step] =
        [.reply]
        + [
            "EHLO client.test\r\n", "MAIL FROM:<reports@contoso.com>\r\n", "RCPT TO:<a@example.org>\r\n", "DATA\r\n",
        ].flatMap { [.send($0), .reply] }

    /// Ends of data that some servers believe in and we must not: what follows them is text of the one message.
    @Test(arguments: [
        "\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\r\n.\n", "\r.\r\n", "\r\n\0.\r\n", "\r\n.\0\r\n", "\n\r\n.\n\r\n",
    ])
    func onlyOneEndOfDataIsBelieved(_ vector: String) async throws {
        try await Scenario.run { scenario in
            let replies = try await Dialogue(
                port: scenario.gateway.port,
                steps: Self.start + [
                    .send(Self.header + "First." + vector + Self.second + "\r\n.\r\n"), .reply, .send("NOOP\r\n"),
                    .reply, .send("QUIT\r\n"), .reply,
                ]
            ).run()
            let codes = replies.map { String($0.prefix(3)) }
            // Taken as one message, or refused: never two.
            #expect(codes.count == 8 && ["250", "554", "550", "500"].contains(codes[5]), "\(replies)")
            #expect(codes.suffix(2) == ["250", "221"], "\(replies)")
            try await scenario.send(1, from: "marker@contoso.com", prefix: "marker")
            let captured = try await eventually("the marker is there") {
                try await scenario.emulator.messages(mime: true)
            } until: {
                $0.contains { $0.subject.hasPrefix("marker") }
            }
            let rows = try await scenario.gateway.store.rows("subject NOT LIKE 'marker%' OR subject IS NULL")
            #expect(rows.count == (codes[5] == "250" ? 1 : 0))
            #expect(!captured.contains { $0.recipients.contains("victim@example.org") })
        }
    }

    /// Contract: bare CR or LF becomes CRLF.
    @Test func bareLineEndsBecomeWhole() async throws {
        try await Scenario.run { scenario in
            let replies = try await Dialogue(
                port: scenario.gateway.port,
                steps: Self.start + [.send(Self.header + "one\ntwo\rthree\r\nfour\r\n.\r\n"), .reply]
            ).run()
            #expect(replies.last?.hasPrefix("250 2.0.0 Ok: queued as ") == true, "\(replies)")
            let message = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(WireMessage(message.bytes).body == Data("one\r\ntwo\r\nthree\r\nfour\r\n".utf8))
        }
    }

    @Test func theGreetingNamesTheHostAndItsExtensions() async throws {
        try await Scenario.run(GatewayConfiguration(listener: ["max_message_size: 1MB"])) { scenario in
            let replies = try await Dialogue.commands(["QUIT"], port: scenario.gateway.port).run()
            #expect(replies[0].hasPrefix("220 relay.test "))
            for word in ["PIPELINING", "SIZE 1000000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"] {
                #expect(replies[1].contains(word), "\(replies[1])")
            }
            #expect(!replies[1].contains("STARTTLS") && !replies[1].contains("AUTH"))
        }
    }

    @Test func anOverlongCommandIsRefusedAndTheConnectionKept() async throws {
        try await Scenario.run { scenario in
            let replies = try await Dialogue.commands(
                ["NOOP " + String(repeating: "x", count: 20_000), "NOOP", "QUIT"], port: scenario.gateway.port
            ).run()
            #expect(replies.dropFirst(2).map { $0.prefix(3) } == ["500", "250", "221"], "\(replies)")
        }
    }

    /// RFC 5321 allows 998 octets a line; longer ones are mail all the same, and are not cut.
    @Test func anOverlongTextLineArrivesWhole() async throws {
        try await Scenario.run { scenario in
            let line = String(repeating: "a", count: 100_000)
            let replies = try await Dialogue(
                port: scenario.gateway.port, steps: Self.start + [.send(Self.header + line + "\r\n.\r\n"), .reply]
            ).run()
            #expect(replies.last?.hasPrefix("250") == true)
            let message = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(WireMessage(message.bytes).body == Data((line + "\r\n").utf8))
        }
    }

    @Test func mailWithoutARouteIsRefused() async throws {
        try await Scenario.run { scenario in
            let replies = try await Dialogue.commands(
                [
                    "MAIL FROM:<someone@elsewhere.test>", "RCPT TO:<a@example.org>", "DATA",
                    "From: someone@elsewhere.test\r\nTo: a@example.org\r\nSubject: x\r\n\r\nx\r\n.",
                ], port: scenario.gateway.port
            ).run()
            #expect(replies.contains { $0.hasPrefix("550 5.7.1") }, "\(replies)")
            #expect(try await scenario.gateway.store.rows().isEmpty)
        }
    }

    /// The header's From decides, whatever the envelope says.
    @Test func theHeadersFromChoosesTheRoute() async throws {
        try await Scenario.run { scenario in
            let replies = try await Dialogue.commands(
                [
                    "MAIL FROM:<bounces@elsewhere.test>", "RCPT TO:<a@example.org>", "DATA",
                    "From: reports@contoso.com\r\nTo: a@example.org\r\nSubject: x\r\n\r\nx\r\n.",
                ], port: scenario.gateway.port
            ).run()
            #expect(replies.last?.hasPrefix("250 ") == true, "\(replies)")
            let row = try #require(try await scenario.gateway.store.rows().first)
            #expect(row.mailbox == "reports@contoso.com" && row.sender == "bounces@elsewhere.test")
        }
    }

    @Test func messagesAboveTheSizeAreRefused() async throws {
        try await Scenario.run(GatewayConfiguration(listener: ["max_message_size: 64KB"])) { scenario in
            let declared = try await Dialogue.commands(
                ["MAIL FROM:<reports@contoso.com> SIZE=64001", "MAIL FROM:<reports@contoso.com> SIZE=64000"],
                port: scenario.gateway.port
            ).run()
            #expect(declared.suffix(2).map { $0.prefix(9) } == ["552 5.3.4", "250 2.1.0"], "\(declared)")
            let text = Self.header + String(repeating: "0123456789abcdef\r\n", count: 5000)
            let sent = try await Dialogue(
                port: scenario.gateway.port,
                steps: Self.start + [.send(text + ".\r\n"), .reply, .send("NOOP\r\n"), .reply]
            ).run()
            #expect(sent.suffix(2).map { $0.prefix(3) } == ["552", "250"], "\(sent)")
            #expect(try await scenario.gateway.store.rows().isEmpty)
        }
    }

    @Test func recipientsAboveTheNumberMustComeInAnotherTransaction() async throws {
        try await Scenario.run(GatewayConfiguration(listener: ["max_recipients: 3"])) { scenario in
            let recipients = (1...4).map { "RCPT TO:<customer\($0)@example.org>" }
            let replies = try await Dialogue.commands(
                ["MAIL FROM:<reports@contoso.com>"] + recipients + [
                    "DATA", "From: reports@contoso.com\r\nSubject: many\r\n\r\nx\r\n.",
                ], port: scenario.gateway.port
            ).run()
            #expect(replies[3...5].allSatisfy { $0.hasPrefix("250") })
            #expect(replies[6].hasPrefix("452 4.5.3"), "\(replies)")
            #expect(replies.last?.hasPrefix("250") == true)
            #expect(try await scenario.gateway.store.rows().map(\.recipientCount) == [3])
        }
    }

    @Test func strangersNetworksAreNotLetIn() async throws {
        try await Scenario.run(GatewayConfiguration(listener: ["allow: [127.0.0.2/32]"])) { scenario in
            let stranger = try await Dialogue(port: scenario.gateway.port, steps: [.reply]).run()
            #expect(stranger.first?.hasPrefix("554") == true || stranger.first == "", "\(stranger)")
            let friend = try await Dialogue(port: scenario.gateway.port, steps: [.reply], from: "127.0.0.2").run()
            #expect(friend.first?.hasPrefix("220") == true, "\(friend)")
        }
    }

    @Test func connectionsAboveTheNumberAreTurnedAway() async throws {
        try await Scenario.run(GatewayConfiguration(listener: ["max_connections: 1"])) { scenario in
            let holder = try Python.program("hold.py", ["\(scenario.gateway.port)", "1"])
            _ = await holder.output.line(within: .seconds(30)) { $0 == "held" }
            let replies = try await Dialogue(port: scenario.gateway.port, steps: [.reply]).run()
            await holder.kill()
            #expect(replies.first?.hasPrefix("421") == true, "\(replies)")
        }
    }

    @Test func aSilentClientIsLetGo() async throws {
        try await Scenario.run(GatewayConfiguration(listener: ["idle_timeout: 1s"])) { scenario in
            let replies = try await Dialogue(port: scenario.gateway.port, steps: [.reply, .reply, .reply]).run()
            #expect(replies.dropFirst().first?.hasPrefix("421 4.4.2") == true, "\(replies)")
            #expect(replies.last == "")
        }
    }

    /// Commands in one packet, the answer of each in its place (RFC 2920).
    @Test func commandsMayComeInOnePacket() async throws {
        try await Scenario.run { scenario in
            let packet =
                "EHLO c\r\nMAIL FROM:<reports@contoso.com>\r\nRCPT TO:<bad\r\nRCPT TO:<a@example.org>\r\nDATA\r\n"
            let replies = try await Dialogue(
                port: scenario.gateway.port,
                steps: [.reply, .send(packet)] + Array(repeating: .reply, count: 5) + [
                    .send(Self.header + "x\r\n.\r\nRSET\r\nVRFY someone\r\nWHAT\r\nQUIT\r\n")
                ] + Array(repeating: .reply, count: 6)
            ).run()
            let codes = replies.map { String($0.prefix(3)) }
            #expect(
                codes == ["220", "250", "250", "501", "250", "354", "250", "250", "252", "500", "221", ""],
                "\(replies)")
        }
    }
}
