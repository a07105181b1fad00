import MailModel
import SMTPProtocol
import Testing

/// Every state of the server times every event: the code it answers with, and whether the session goes on.
@Suite struct ServerStateTableTests {
    /// A state, and what the client has to say to get there.
    enum State: String, CaseIterable, Sendable {
        case greeted, ready, transaction, withRecipient, challenged, password, receiving, discarding, chunks, chunk,
            dropping

        var way: [String] {
            switch self {
            case .greeted: []
            case .ready: ["EHLO x"]
            case .transaction: State.ready.way + ["MAIL FROM:<a@x.test>"]
            case .withRecipient: State.transaction.way + ["RCPT TO:<b@x.test>"]
            case .challenged: State.ready.way + ["AUTH PLAIN"]
            case .password: State.ready.way + ["AUTH LOGIN dXNlcg=="]
            case .receiving: State.withRecipient.way + ["DATA"]
            case .discarding: State.receiving.way + [String(repeating: "x", count: 2000)]
            case .chunks: State.withRecipient.way + ["BDAT 3\r\nx"]
            case .chunk: State.withRecipient.way + ["BDAT 1000\r\nx"]
            case .dropping: State.ready.way + ["BDAT 1000\r\nx"]
            }
        }
    }

    private static let events = [
        "EHLO x", "HELO x", "MAIL FROM:<c@x.test>", "RCPT TO:<d@x.test>", "DATA", "RSET", "NOOP",
        "QUIT", "VRFY x",
        "EXPN x", "HELP", "STARTTLS", "AUTH PLAIN", "AUTH PLAIN AHVzZXIAc2VjcmV0", "NONSENSE", "*", ".",
        "BDAT 0", "BDAT 0 LAST", "BDAT",
        "E: timeout", "E: shutdown",
        "E: closed",
    ]

    /// One row per state, in the order of the events: the code, `+` for silence; `x` behind it where the session is over.
    private static let table: [State: String] = [
        .greeted: "250 250 503 503 503 250 250 221x 252 502 214 503 503 503 500 500 500 503 503 501 421x 421x +x",
        .ready: "250 250 250 503 503 250 250 221x 252 502 214 220 334 235 500 500 500 503 503 501 421x 421x +x",
        .transaction:
            "250 250 503 250 554 250 250 221x 252 502 214 503 503 503 500 500 500 503 503 501 421x 421x +x",
        .withRecipient:
            "250 250 503 250 354 250 250 221x 252 502 214 503 503 503 500 500 500 250 250 501 421x 421x +x",
        .challenged: "501 501 501 501 501 501 501 501 501 501 501 501 501 501 501 501 501 501 501 501 421x 421x +x",
        .password: "501 501 501 501 535 535 535 535 501 501 535 535 501 501 535 501 501 501 501 535 421x 421x +x",
        .receiving: "+ + + + + + + + + + + + + + + + 250 + + + 421x + +x",
        .discarding: "+ + + + + + + + + + + + + + + + 552 + + + 421x + +x",
        .chunks:
            "250 250 503 503 503 250 250 221x 252 502 214 503 503 503 500 500 500 250 250 501 421x + +x",
        .chunk: "+ + + + + + + + + + + + + + + + + + + + 421x + +x",
        .dropping: "+ + + + + + + + + + + + + + + + + + + + 421x + +x",
    ]

    private static let cells = State.allCases.flatMap { state in
        zip(events, table[state, default: ""].split(separator: " ")).map { (state, $0, String($1)) }
    }

    @Test func everyPairIsPlaced() {
        #expect(Self.cells.count == State.allCases.count * Self.events.count)
    }

    private func harness(in state: State, _ change: (inout ServerConfiguration) -> Void = { _ in }) -> ServerHarness {
        var configuration = Listener.authentication.configuration
        configuration.tls = .offered
        configuration.maxMessageSize = 1000
        configuration.capabilities.append(.chunking)
        change(&configuration)
        var harness = ServerHarness(configuration)
        for line in state.way { harness.feed(line: line) }
        _ = harness.take()
        return harness
    }

    @Test(arguments: cells)
    func cell(_ state: State, _ event: String, _ expected: String) {
        var harness = harness(in: state)
        if event.hasPrefix("E: ") {
            harness.happen(String(event.dropFirst(3)))
        } else {
            harness.feed(line: event)
        }
        let said = harness.take()
        let code = said.isEmpty ? "+" : String(said.prefix(3))
        #expect(code + (harness.isClosed ? "x" : "") == expected, "\(state), \(event): \(said)")
    }

    @Test(arguments: ["EHLO x", "HELO x", "RSET", "QUIT", "BDAT 2000\r\n\(String(repeating: "x", count: 2000))"])
    func chunksAreAbandoned(_ line: String) {
        var harness = harness(in: .chunks)
        harness.feed(line: line)
        #expect(harness.abandoned == 1)
        harness.feed(line: "BDAT 0 LAST")
        #expect(harness.messages.isEmpty)
    }

    @Test func tooManyMistakesBetweenChunksAbandonThem() {
        var harness = harness(in: .chunks) { $0.maxBadCommands = 2 }
        harness.feed(line: "DATA\r\nDATA")
        #expect(harness.isClosed)
        #expect(harness.abandoned == 1)
    }

    @Test(arguments: ["timeout", "closed"])
    func contentUnderWayIsAbandonedOnce(_ event: String) {
        for state in [State.receiving, .discarding, .chunks, .chunk] {
            var harness = harness(in: state)
            harness.happen(event)
            #expect(harness.abandoned == 1, "\(state)")
            #expect(harness.messages.isEmpty)
        }
    }

    @Test(arguments: State.allCases)
    func nothingHappensAfterTheEnd(_ state: State) {
        var harness = harness(in: state)
        harness.happen("closed")
        harness.feed(line: "NOOP")
        for event in ["timeout", "shutdown", "closed", "injected"] { harness.happen(event) }
        harness.session.resume()
        harness.session.tlsEstablished()
        harness.pump()
        #expect(harness.take().isEmpty)
        #expect(harness.isClosed)
    }

    @Test func handshakeState() {
        for (event, code) in [("timeout", ""), ("closed", ""), ("injected", "554")] {
            var harness = harness(in: .ready)
            harness.feed(line: "STARTTLS")
            #expect(harness.take() == "220 2.0.0 Ready to start TLS\r\n")
            harness.happen(event)
            #expect(harness.isClosed, "\(event)")
            #expect(harness.take().prefix(3) == code, "\(event)")
        }
        var harness = harness(in: .ready)
        harness.feed(line: "STARTTLS")
        harness.happen("shutdown")
        #expect(!harness.isClosed, "there is no plaintext to say it in")
        _ = harness.take()
        harness.happen("tls")
        #expect(harness.take().prefix(3) == "421")
        #expect(harness.isClosed)
    }
}

/// While a question is open nothing else is done, and nothing that comes in is lost.
@Suite struct ServerQuestionTests {
    private func slowHarness(_ lines: [String]) -> ServerHarness {
        var harness = ServerHarness(Listener.authentication.configuration)
        harness.isSlow = true
        harness.feed(Array((["HELO x"] + lines).map { "\($0)\r\n" }.joined().utf8))
        return harness
    }

    @Test func pipelinedCommandsWaitTheirTurn() {
        var harness = slowHarness([
            "MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "DATA", "x", ".", "QUIT",
        ])
        #expect(
            harness.take() == "220 relay.test ESMTP Postern\r\n250 relay.test\r\n",
            "what is answered is not held back")
        for expected in ["250 2.1.0", "250 2.1.5", "354 End", "250 2.0.0"] {
            #expect(!harness.isClosed)
            harness.answer()
            #expect(harness.take().hasPrefix(expected))
        }
        #expect(harness.isClosed)
        #expect(harness.messages == ["a@x.test > b@x.test | x/"])
    }

    @Test func theQuestionSaysWhatItIsAbout() throws {
        var harness = slowHarness([
            "AUTH PLAIN \(Base64.encode("\0user\0secret".utf8))", "MAIL FROM:<> SIZE=7",
            "RCPT TO:<b@x.test>", "RCPT TO:<c@x.test>", "DATA",
            ".",
        ])
        var parameters = MailParameters()
        parameters.size = 7
        let recipients = try ["b@x.test", "c@x.test"].map { try Address(parsing: $0) }
        let questions: [ServerSession.Action] = [
            .authenticate(.plain(authorization: "", user: "user", password: "secret")),
            .checkSender(nil, parameters),
            .checkRecipient(recipients[0]),
            .checkRecipient(recipients[1]),
            .beginBody(Envelope(sender: nil, recipients: recipients), parameters),
            .endOfBody,
        ]
        for question in questions {
            #expect(harness.openQuestion == question)
            harness.answer()
        }
        #expect(harness.openQuestion == nil)
        #expect(harness.session.user == "user")
    }

    @Test(arguments: 1...5)
    func eventsWhileAQuestionIsOpen(questions: Int) {
        let lines = [
            "AUTH PLAIN \(Base64.encode("\0user\0secret".utf8))", "MAIL FROM:<a@x.test>",
            "RCPT TO:<b@x.test>", "DATA", "x", ".",
        ]
        func open() -> ServerHarness {
            var harness = slowHarness(lines)
            for _ in 1..<questions { harness.answer() }
            _ = harness.take()
            return harness
        }
        var harness = open()
        harness.happen("timeout")
        #expect(!harness.isClosed, "the delay is ours")
        harness.happen("shutdown")
        #expect(!harness.isClosed, "an answer is owed")
        harness.answer()
        #expect(harness.isClosed == (questions != 4), "a message that has begun is finished")
        #expect(harness.take().contains("421") == (questions != 4))

        harness = open()
        harness.happen("closed")
        #expect(harness.isClosed)
        harness.answer()
        #expect(harness.take().isEmpty, "an answer that comes too late is not said")
    }

    @Test func anAnswerInOtherWords() {
        var session = ServerSession(Listener.open.configuration)
        session.receive("HELO x\r\nMAIL FROM:<a@x.test>\r\n".utf8)
        while let action = session.next() {
            if case .checkSender = action { session.resume(Reply(250, .init(2, 1, 0), "Sender OK")) }
            if case .send(let bytes) = action {
                #expect(text(bytes).hasSuffix("250 2.1.0 Sender OK\r\n"))
            }
        }
    }
}
