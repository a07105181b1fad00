import MailModel
import SMTPProtocol
import TLS
import Testing

@testable import SMTPTransport

@Suite struct ServerDialogueTests {
    @Test func oneMessageStepByStep() async throws {
        let handler = RecordingHandler()
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            #expect(try await client.reply() == "220 mx.test ESMTP Postern")
            #expect(try await client.command("EHLO client.test").hasPrefix("250-mx.test\n"))
            #expect(try await client.command("MAIL FROM:<a@a.test>") == "250 2.1.0 Ok")
            #expect(try await client.command("RCPT TO:<b@b.test>") == "250 2.1.5 Ok")
            #expect(try await client.command("DATA").hasPrefix("354 "))
            try await client.send("Subject: x\r\n\r\n..dot\r\n.\r\n")
            #expect(try await client.reply() == "250 2.0.0 Ok: queued")
            #expect(try await client.command("QUIT") == "221 2.0.0 Bye")
            #expect(try await client.rest() == [])
            #expect(await handler.waitForEnd() == nil)
        }
        let envelope = Envelope(
            sender: try Address(parsing: "a@a.test"), recipients: [try Address(parsing: "b@b.test")])
        #expect(
            handler.messages == [
                .init(envelope: envelope, content: "Subject: x\r\n\r\n.dot\r\n", protocolName: "ESMTP", user: nil)
            ])
        #expect(handler.lastContext?.clientName == "client.test")
        #expect(handler.lastContext?.peer.ip == "127.0.0.1")
        #expect(handler.lastContext?.connection == 1)
    }

    @Test func everyByteByItself() async throws {
        let handler = RecordingHandler()
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            for byte in Self.wholeDialogue.utf8 { try await client.send([byte]) }
            #expect(try await client.rest().last == "221 2.0.0 Bye")
        }
        #expect(handler.messages.map(\.content) == ["1\r\n", "2\r\n"])
    }

    @Test func allAtOnceAndThenHalfClosed() async throws {
        let handler = RecordingHandler()
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            try await client.send(Self.wholeDialogue)
            await client.closeOutput()
            let replies = try await client.rest()
            #expect(replies.filter { $0.hasPrefix("250 2.0.0 Ok: queued") }.count == 2)
            #expect(replies.last == "221 2.0.0 Bye")
        }
        #expect(handler.messages.map(\.content) == ["1\r\n", "2\r\n"])
    }

    @Test func halfClosedWithoutQuit() async throws {
        try await withServer { server in
            let client = try await RawClient(to: server)
            try await client.send(Self.wholeDialogue.replacing("QUIT\r\n", with: ""))
            await client.closeOutput()
            #expect(try await client.rest().last == "250 2.0.0 Ok: queued")
        }
    }

    @Test func manyMessagesOnOneConnection() async throws {
        let handler = RecordingHandler()
        let expected = (0..<200).map { "message \($0)\r\n" }
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            try await client.hello()
            let head = "MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\n"
            try await client.send(expected.map { head + $0 + ".\r\n" }.joined() + "QUIT\r\n")
            #expect(try await client.rest().filter { $0 == "250 2.0.0 Ok: queued" }.count == 200)
        }
        #expect(handler.messages.map(\.content) == expected)
    }

    @Test func aLargeMessageArrivesWhole() async throws {
        let handler = RecordingHandler()
        let line = String(repeating: "x", count: 998) + "\r\n"
        let content = String(repeating: line, count: 10_000)
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            _ = try await client.beginMessage()
            try await client.send(content + ".\r\n")
            #expect(try await client.reply() == "250 2.0.0 Ok: queued")
        }
        #expect(handler.messages.first?.content == content)
    }

    private static let wholeDialogue: String = {
        let message = { (text: Int) in "MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\n\(text)\r\n.\r\n" }
        return "EHLO client.test\r\n" + message(1) + message(2) + "QUIT\r\n"
    }()
}

@Suite struct ServerAnswerTests {
    private let refusal = Reply(450, .init(4, 2, 0), "Later")

    @Test func aRefusedSender() async throws {
        var answers = RecordingHandler.Answers()
        answers.sender = refusal
        try await withServer(RecordingHandler(answers)) { server in
            let client = try await RawClient(to: server)
            try await client.hello()
            #expect(try await client.command("MAIL FROM:<a@a.test>") == "450 4.2.0 Later")
        }
    }

    @Test func aRefusedRecipientAmongOthers() async throws {
        var answers = RecordingHandler.Answers()
        answers.recipient = { [refusal] in $0.localPart == "bad" ? refusal : nil }
        let handler = RecordingHandler(answers)
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            try await client.hello()
            _ = try await client.command("MAIL FROM:<>")
            #expect(try await client.command("RCPT TO:<bad@b.test>") == "450 4.2.0 Later")
            #expect(try await client.command("RCPT TO:<good@b.test>") == "250 2.1.5 Ok")
            _ = try await client.command("DATA")
            _ = try await client.command("text\r\n.")
        }
        #expect(handler.messages.map { $0.envelope.recipients.map(\.localPart) } == [["good"]])
        #expect(handler.messages.first?.envelope.sender == nil)
    }

    @Test func noPlaceForAMessage() async throws {
        var answers = RecordingHandler.Answers()
        answers.place = refusal
        try await withServer(RecordingHandler(answers)) { server in
            let client = try await RawClient(to: server)
            #expect(try await client.beginMessage() == "450 4.2.0 Later")
            #expect(try await client.command("NOOP").hasPrefix("250 "))
        }
    }

    @Test func aRefusedMessage() async throws {
        var answers = RecordingHandler.Answers()
        answers.verdict = refusal
        let handler = RecordingHandler(answers)
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            _ = try await client.beginMessage()
            #expect(try await client.command("text\r\n.") == "450 4.2.0 Later")
        }
        #expect(handler.messages.isEmpty)
    }

    @Test func aSinkThatCannotWrite() async throws {
        var answers = RecordingHandler.Answers()
        answers.write = SinkFailure(Reply(452, .init(4, 3, 1), "Disk full"))
        let handler = RecordingHandler(answers)
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            _ = try await client.beginMessage()
            try await client.send("text\r\n")
            await handler.wait(for: .abandoned)
            #expect(try await client.command("more\r\n.") == "452 4.3.1 Disk full")
            #expect(try await client.command("QUIT") == "221 2.0.0 Bye")
        }
        #expect(handler.messages.isEmpty)
    }

    @Test func tooLargeAMessage() async throws {
        let handler = RecordingHandler()
        try await withServer(handler, makeSettings { $0.session.maxMessageSize = 100 }) { server in
            let client = try await RawClient(to: server)
            _ = try await client.beginMessage()
            try await client.send(String(repeating: "0123456789\r\n", count: 20))
            await handler.wait(for: .abandoned)
            #expect(try await client.command(".").hasPrefix("552 5.3.4"))
            #expect(try await client.command("NOOP").hasPrefix("250 "))
        }
        #expect(handler.messages.isEmpty)
    }

    @Test(arguments: [true, false])
    func theClientGoesInTheMiddleOfAMessage(politely: Bool) async throws {
        let handler = RecordingHandler()
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            _ = try await client.beginMessage()
            try await client.send("half of")
            await handler.wait(for: .wrote)
            if politely { await client.closeOutput() } else { await client.close() }
            await handler.wait(for: .abandoned)
            _ = await handler.waitForEnd()
        }
        #expect(handler.messages.isEmpty)
    }

    @Test func theClientGoesWhileItsMessageIsBeingStored() async throws {
        var answers = RecordingHandler.Answers()
        let gate = Gate(on: group)
        answers.gate = gate
        let handler = RecordingHandler(answers)
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            _ = try await client.beginMessage()
            try await client.send("text\r\n.\r\n")
            await handler.wait(for: .finished)
            await client.close()
            gate.open()
            _ = await handler.waitForEnd()
        }
        #expect(handler.messages.count == 1, "it was complete, so it is kept")
    }

    @Test(arguments: [
        ("AUTH PLAIN AHUAcA==", Credentials.plain(authorization: "", user: "u", password: "p")),
        ("AUTH LOGIN dQ==\r\ncA==", .login(user: "u", password: "p")),
        ("AUTH XOAUTH2 dXNlcj11AWF1dGg9QmVhcmVyIHABAQ==", .xoauth2(user: "u", token: "p")),
    ])
    func credentialsReachTheHandler(command: String, expected: Credentials) async throws {
        var answers = RecordingHandler.Answers()
        answers.authentication = { $0 == expected ? nil : Reply(535, .init(5, 7, 8), "No") }
        let handler = RecordingHandler(answers)
        try await withServer(handler, Self.authenticating) { server in
            let client = try await RawClient(to: server)
            try await client.hello()
            try await client.send(command + "\r\n")
            var reply = try await client.reply()
            while reply.hasPrefix("334") { reply = try await client.reply() }
            #expect(reply == "235 2.7.0 Authentication successful")
            try await client.send("MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n")
            _ = try await client.rest()
        }
        #expect(handler.messages.first?.user == "u")
        #expect(handler.messages.first?.protocolName == "ESMTPA")
    }

    private static let authenticating = makeSettings {
        $0.session.authentication = .required
        $0.session.allowsPlaintextAuthentication = true
        $0.session.mechanisms = Mechanism.allCases
    }
}
