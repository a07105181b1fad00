import MailModel
import SMTPProtocol
import Testing

@Suite struct ServerTLSTests {
    private func harness(_ listener: Listener = .tls) -> ServerHarness {
        var harness = ServerHarness(listener.configuration)
        _ = harness.take()
        return harness
    }

    /// CVE-2011-0411: what stands behind STARTTLS must not be read as if it had come through TLS.
    @Test(arguments: ["MAIL FROM:<evil@x.test>\r\n", "N", "\r\n", "\u{16}\u{3}\u{1}"])
    func plaintextBehindSTARTTLS(_ injected: String) {
        var harness = harness()
        harness.feed(Array("EHLO x\r\nSTARTTLS\r\n\(injected)".utf8))
        #expect(harness.take().hasSuffix("\r\n554 5.5.0 Plaintext behind STARTTLS refused\r\n"))
        #expect(!harness.awaitsTLS)
        #expect(harness.isClosed)
    }

    @Test func plaintextInTheNextChunk() {
        var harness = harness()
        harness.feed(Array("EHLO x\r\nSTARTTLS\r\n".utf8))
        #expect(harness.awaitsTLS)
        _ = harness.take()
        harness.feed(line: "MAIL FROM:<evil@x.test>")
        #expect(harness.take().hasPrefix("554 5.5.0"))
        #expect(harness.isClosed)
    }

    @Test func repliesBeforeTheGoAheadAreWrittenFirst() {
        var session = ServerSession(Listener.tls.configuration)
        session.receive("EHLO x\r\nSTARTTLS\r\n".utf8)
        guard case .send(let said) = session.next(), case .startTLS(let goAhead) = session.next() else {
            Issue.record("two actions expected")
            return
        }
        #expect(text(said).hasSuffix("250 HELP\r\n"))
        #expect(text(goAhead) == "220 2.0.0 Ready to start TLS\r\n")
        #expect(session.next() == nil)
    }

    @Test func everythingSaidBeforeIsForgotten() {
        var configuration = Listener.authentication.configuration
        configuration.tls = .offered
        var harness = ServerHarness(configuration)
        harness.feed(line: "EHLO plain.test")
        harness.feed(line: "AUTH PLAIN \(Base64.encode("\0user\0secret".utf8))")
        #expect(harness.session.user == "user")
        harness.feed(line: "STARTTLS")
        harness.happen("tls")
        #expect(harness.session.isSecure)
        #expect(harness.session.user == nil)
        #expect(harness.session.clientName == nil)
    }

    @Test func encryptedFromTheFirstByte() {
        var harness = ServerHarness(Listener.tlsRequired.configuration, isSecure: true)
        harness.feed(line: "EHLO x")
        let said = harness.take()
        #expect(said.contains("AUTH PLAIN LOGIN"))
        #expect(!said.contains("STARTTLS"))
        harness.feed(line: "MAIL FROM:<a@x.test>")
        #expect(harness.take().hasPrefix("250"))
    }
}

@Suite struct ServerContentTests {
    private func receiving(limit: Int) -> ServerHarness {
        var configuration = Listener.open.configuration
        configuration.maxMessageSize = limit
        var harness = ServerHarness(configuration)
        for line in ["HELO x", "MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "DATA"] {
            harness.feed(line: line)
        }
        _ = harness.take()
        return harness
    }

    @Test(arguments: [(10, true), (11, false), (1000, false)])
    func limit(_ octets: Int, _ fits: Bool) {
        for chunk in [1, 3, 2000] {
            var harness = receiving(limit: 10)
            let content = [UInt8](repeating: 0x61, count: octets - 2) + Array("\r\n.\r\n".utf8)
            for start in stride(from: 0, to: content.count, by: chunk) {
                harness.feed(content[start..<min(start + chunk, content.count)])
            }
            #expect(harness.take().hasPrefix(fits ? "250 2.0.0" : "552 5.3.4"))
            #expect(harness.messages.count == (fits ? 1 : 0))
            #expect(harness.abandoned == (fits ? 0 : 1))
        }
    }

    @Test func zeroIsNoLimit() {
        var harness = receiving(limit: 0)
        harness.feed([UInt8](repeating: 0x61, count: 100_000))
        harness.feed(Array("\r\n.\r\n".utf8))
        #expect(harness.take().hasPrefix("250"))
    }

    @Test func anOverlongMessageIsGivenUpAtOnceAndReadToItsEnd() {
        var harness = receiving(limit: 10)
        harness.feed([UInt8](repeating: 0x61, count: 11))
        #expect(harness.abandoned == 1)
        #expect(harness.take().isEmpty)
        harness.feed(Array("QUIT\r\nQUIT\r\n.\r\nQUIT\r\n".utf8))
        #expect(harness.take() == "552 5.3.4 Message size exceeds fixed maximum message size\r\n221 2.0.0 Bye\r\n")
    }

    /// The vectors of the decoder's test, seen from outside: one message, one reply, whatever the ends look like.
    @Test(arguments: DataDecoderTests.smuggling.map(\.0))
    func smuggling(_ vector: String) {
        var harness = receiving(limit: 0)
        harness.feed(Array("x\(vector)MAIL FROM:<evil@x.test>\r\nRCPT TO:<v@x.test>\r\nDATA\r\ny\r\n.\r\n".utf8))
        #expect(harness.messages.count == 1)
        #expect(harness.take() == "250 2.0.0 Ok: queued as 1\r\n")
    }

    @Test func contentIsPassedOnAsItComes() {
        var session = ServerSession(Listener.open.configuration)
        var chunks: [String] = []
        func pull() {
            while let action = session.next() {
                switch action {
                case .checkSender, .checkRecipient, .beginBody, .endOfBody: session.resume()
                case .bodyChunk(let bytes): chunks.append(text(bytes))
                case .send, .authenticate, .abandonBody, .startTLS, .close: break
                }
            }
        }
        session.receive("HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@x.test>\r\nDATA\r\none\r\n.".utf8)
        pull()
        session.receive(".two\r".utf8)
        pull()
        session.receive("\n.\r\nQUIT\r\n".utf8)
        pull()
        #expect(chunks == ["one\r\n", ".two", "\r\n"])
    }
}

@Suite struct ServerLimitTests {
    @Test(arguments: [
        ("NOOP ", 512), ("AUTH PLAIN ", 12_288), ("MAIL FROM:", 2048), ("rcpt to:", 2048),
    ])
    func commandLines(_ prefix: String, _ limit: Int) {
        for (excess, isTooLong) in [(0, false), (1, true), (30_000, true)] {
            var harness = ServerHarness(Listener.authentication.configuration)
            harness.feed(line: "HELO x")
            _ = harness.take()
            harness.feed(line: prefix + String(repeating: "a", count: limit - 2 - prefix.utf8.count + excess))
            let said = harness.take()
            #expect(said.hasPrefix("500 5.5.2 Line too long") == isTooLong, "\(prefix), \(excess) too many")
            #expect(said.utf8.count { $0 == 0x0A } == 1, "told once")
            harness.feed(line: "NOOP")
            #expect(harness.take() == "250 2.0.0 Ok\r\n")
        }
    }

    @Test func authenticationLines() {
        var harness = ServerHarness(Listener.authentication.configuration)
        harness.feed(line: "EHLO x")
        harness.feed(line: "AUTH PLAIN")
        _ = harness.take()
        harness.feed(line: String(repeating: "A", count: 12_287))
        #expect(harness.take() == "500 5.5.6 Authentication exchange line is too long\r\n")
        harness.feed(line: "NOOP")
        #expect(harness.take() == "250 2.0.0 Ok\r\n")
    }

    @Test func anAcceptedMessageClearsTheErrors() {
        var harness = ServerHarness(Listener.small.configuration)
        for _ in 0..<3 {
            for line in [
                "HELO x", "WRONG", "WRONG", "MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "DATA", ".",
            ] {
                harness.feed(line: line)
            }
        }
        #expect(!harness.isClosed)
        #expect(harness.messages.count == 3)
    }

    @Test func manyRecipientsInOneChunk() throws {
        var harness = ServerHarness(Listener.open.configuration)
        let recipients = (1...1001).map { "RCPT TO:<user\($0)@x.test>\r\n" }.joined()
        harness.feed(Array("HELO x\r\nMAIL FROM:<a@x.test>\r\n\(recipients)".utf8))
        let said = harness.take()
        #expect(said.split(separator: "\r\n").count { $0.hasPrefix("250 2.1.5") } == 1000)
        #expect(said.hasSuffix("452 4.5.3 Too many recipients\r\n"))
    }
}

@Suite struct ServerIdentityTests {
    @Test func protocolNames() {
        var harness = ServerHarness(Listener.authentication.configuration)
        var unicode = MailParameters()
        unicode.smtpUTF8 = true
        harness.feed(line: "HELO printer")
        #expect(harness.session.protocolName(for: MailParameters()) == "SMTP")
        harness.feed(line: "EHLO client.test")
        #expect(harness.session.clientName == "client.test")
        #expect(harness.session.protocolName(for: MailParameters()) == "ESMTP")
        #expect(harness.session.protocolName(for: unicode) == "UTF8SMTP")
        harness.feed(line: "AUTH PLAIN \(Base64.encode("\0user\0secret".utf8))")
        #expect(harness.session.protocolName(for: MailParameters()) == "ESMTPA")

        var secure = ServerHarness(Listener.authentication.configuration, isSecure: true)
        secure.feed(line: "EHLO client.test")
        #expect(secure.session.protocolName(for: MailParameters()) == "ESMTPS")
        secure.feed(line: "AUTH PLAIN \(Base64.encode("\0user\0secret".utf8))")
        #expect(secure.session.protocolName(for: unicode) == "UTF8SMTPSA")
    }
}

/// What BDAT demands beyond its dialogues.
@Suite struct ServerChunkTests {
    private func harness(_ change: (inout ServerConfiguration) -> Void = { _ in }) -> ServerHarness {
        var configuration = Listener.chunking.configuration
        change(&configuration)
        var harness = ServerHarness(configuration)
        harness.feed(line: "EHLO x")
        return harness
    }

    @Test func lineEndsAreMadeWholeAcrossChunks() {
        var harness = harness()
        for line in ["MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>"] { harness.feed(line: line) }
        harness.feed(Array("BDAT 2\r\na\rBDAT 2\r\n\nbBDAT 2\r\n\n.BDAT 1 LAST\r\nc".utf8))
        #expect(harness.messages == ["a@x.test > b@x.test | a/b/.c/"])
    }

    @Test func chunksInPlaintextAreReadAndRefused() {
        var harness = harness { $0.tls = .required }
        _ = harness.take()
        harness.feed(Array("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n".utf8))
        #expect(harness.take() == "530 5.7.0 Must issue a STARTTLS command first\r\n250 2.0.0 Ok\r\n")
        #expect(!harness.isClosed)
    }

    @Test func aChunkOfAnySizeIsDropped() {
        var harness = harness()
        _ = harness.take()
        harness.feed(line: "BDAT 99999999999999999999 LAST")
        for _ in 0..<10 { harness.feed([UInt8](repeating: 0x61, count: 1000)) }
        #expect(harness.take().isEmpty)
        harness.happen("timeout")
        #expect(harness.take().hasPrefix("421"))
        #expect(harness.abandoned == 0, "there was no message")
    }

    @Test func noPlaceAndTheEnd() {
        var session = ServerSession(Listener.chunking.configuration)
        session.receive("HELO x\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nBDAT 3 LAST\r\n".utf8)
        var said: [UInt8] = []
        var isClosed = false
        while let action = session.next() {
            switch action {
            case .send(let bytes): said += bytes
            case .checkSender, .checkRecipient: session.resume()
            case .beginBody: session.resume(Reply(421, .init(4, 3, 0), "Going down"))
            case .close: isClosed = true
            case .authenticate, .bodyChunk, .endOfBody, .abandonBody, .startTLS: Issue.record("\(action)")
            }
        }
        #expect(isClosed)
        #expect(text(said).hasSuffix("421 4.3.0 Going down\r\n"))
    }

    @Test func aMessageInChunksIsFinishedWhileShuttingDown() {
        var harness = harness()
        for line in ["MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "BDAT 3\r\nx"] { harness.feed(line: line) }
        harness.happen("shutdown")
        #expect(!harness.isClosed)
        _ = harness.take()
        harness.feed(line: "BDAT 3 LAST\r\ny")
        #expect(harness.take().hasPrefix("250 2.0.0 Ok: queued"))
        #expect(harness.isClosed)
        #expect(harness.messages == ["a@x.test > b@x.test | x/y/"])
    }
}
