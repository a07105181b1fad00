import SMTPProtocol
import Testing

@testable import SMTPTransport

/// Connections that a handler ends without a word, and those it does not let in.
@Suite struct ConnectionLineTests {
    enum End: Sendable, CaseIterable { case reset, close }

    private static func answers(_ end: End) -> RecordingHandler.Answers {
        var answers = RecordingHandler.Answers()
        answers.hold = { line in
            switch end {
            case .reset: await line.reset()
            case .close: await line.close()
            }
        }
        return answers
    }

    @Test(arguments: End.allCases) func nothingIsSaidBehindTheFinalDot(end: End) async throws {
        let handler = RecordingHandler(Self.answers(end))
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            _ = try await client.beginMessage()
            try await client.send("text\r\n.\r\n")
            #expect(try await client.rest() == [])
            #expect(await handler.waitForEnd() != nil)
            #expect(handler.messages.count == 1)
            #expect(server.connectionCount == 0)
        }
    }

    @Test(arguments: End.allCases) func nothingIsSaidBehindTLS(end: End) async throws {
        let handler = RecordingHandler(Self.answers(end))
        let settings = makeSettings {
            $0.tls = TestPKI.server
            $0.session.tls = .offered
        }
        try await withServer(handler, settings) { server in
            let client = try await RawClient(to: server)
            try await client.hello()
            _ = try await client.command("STARTTLS")
            try await client.startTLS()
            try await client.send("EHLO client.test\r\n")
            _ = try await client.reply()
            try await client.send("MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\n")
            for _ in 0..<3 { _ = try await client.reply() }
            try await client.send("text\r\n.\r\n")
            #expect(try await client.rest() == [])
            #expect(handler.messages.count == 1)
        }
    }

    @Test(arguments: [false, true]) func waitsUntilThePeerHasGone(halfway: Bool) async throws {
        var answers = RecordingHandler.Answers()
        answers.hold = { line in
            await line.waitForPeer()
            await line.close()
        }
        let handler = RecordingHandler(answers)
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            _ = try await client.beginMessage()
            try await client.send("text\r\n.\r\n")
            await handler.wait(for: .finished)
            #expect(server.connectionCount == 1)
            if halfway { await client.closeOutput() } else { await client.close() }
            _ = await handler.waitForEnd()
            #expect(server.connectionCount == 0)
        }
    }

    /// Whatever its code, it takes the greeting's place.
    @Test(arguments: [432, 554]) func admissionIsRefusedInPlaceOfTheGreeting(code: Int) async throws {
        var answers = RecordingHandler.Answers()
        answers.admission = Reply(code, nil, "no")
        let handler = RecordingHandler(answers)
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            #expect(try await client.rest() == ["\(code) no"])
            await client.close()
            #expect(await handler.waitForEnd() == nil)
        }
    }
}
