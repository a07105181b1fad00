import MailModel
import SMTPProtocol
import Testing

/// A server session with an owner of simple rules: who is refused can be read from the addresses.
struct ServerHarness {
    var session: ServerSession
    /// All that was said and not yet looked at.
    var said: [UInt8] = []
    /// Messages accepted, as `sender > recipients | content`.
    var messages: [String] = []
    var abandoned = 0
    var isClosed = false
    /// The handshake was asked for.
    var awaitsTLS = false
    /// Questions are left open until `answer` is called.
    var isSlow = false
    var openQuestion: ServerSession.Action?
    private var envelope = Envelope(sender: nil)
    private var body: [UInt8]?

    init(_ configuration: ServerConfiguration, isSecure: Bool = false) {
        session = ServerSession(configuration, isSecure: isSecure)
        pump()
    }

    mutating func feed(_ bytes: some Collection<UInt8>) {
        session.receive(bytes)
        pump()
    }

    mutating func feed(line: String) { feed(Array("\(line)\r\n".utf8)) }

    mutating func answer() {
        guard let question = openQuestion else { return }
        openQuestion = nil
        session.resume(reply(to: question))
        pump()
    }

    mutating func happen(_ event: String) {
        switch event {
        case "tls":
            #expect(awaitsTLS, "the handshake must have been asked for")
            awaitsTLS = false
            session.tlsEstablished()
        case "injected": session.tlsInjected()
        case "timeout": session.timeout()
        case "shutdown": session.shutdown()
        case "closed": session.peerClosed()
        default: Issue.record("no such event: \(event)")
        }
        pump()
    }

    mutating func take() -> String {
        defer { said = [] }
        return text(said)
    }

    mutating func pump() {
        while let action = session.next() { perform(action) }
    }

    private mutating func perform(_ action: ServerSession.Action) {
        #expect(!isClosed, "nothing may follow close")
        switch action {
        case .send(let bytes): said += bytes
        case .authenticate, .checkSender, .checkRecipient, .beginBody, .endOfBody:
            openQuestion = action
            if !isSlow { answer() }
        case .bodyChunk(let bytes):
            #expect(!bytes.isEmpty)
            #expect(body != nil, "content must be announced")
            body?.append(contentsOf: bytes)
        case .abandonBody:
            #expect(body != nil, "only what was begun can be abandoned")
            body = nil
            abandoned += 1
        case .startTLS(let goAhead):
            said += goAhead
            awaitsTLS = true
        case .close: isClosed = true
        }
    }

    private mutating func reply(to question: ServerSession.Action) -> Reply? {
        switch question {
        case .authenticate(let credentials): Self.reply(to: credentials)
        case .checkSender(let sender, _):
            sender?.localPart == "blocked" ? Reply(550, .init(5, 7, 1), "Sender refused") : nil
        case .checkRecipient(let recipient): Self.reply(to: recipient)
        case .beginBody(let envelope, _): place(for: envelope)
        case .endOfBody: settle()
        case .send, .bodyChunk, .abandonBody, .startTLS, .close: nil
        }
    }

    private static func reply(to credentials: Credentials) -> Reply? {
        switch credentials {
        case .plain(_, _, "secret"), .login(_, "secret"), .xoauth2(_, "good"): nil
        case .plain(_, _, "trouble"): Reply(454, .init(4, 7, 0), "Temporary authentication failure")
        case .plain, .login, .xoauth2: ServerReplies().authenticationFailed
        }
    }

    private static func reply(to recipient: Address) -> Reply? {
        switch recipient.localPart {
        case "nobody": Reply(550, .init(5, 1, 1), "No such user")
        case "later": Reply(450, .init(4, 2, 0), "Try later")
        case "gone": Reply(421, .init(4, 3, 0), "Going down")
        default: nil
        }
    }

    private mutating func place(for envelope: Envelope) -> Reply? {
        if envelope.sender?.localPart == "full" { return Reply(452, .init(4, 3, 1), "Disk full") }
        self.envelope = envelope
        body = []
        return nil
    }

    private mutating func settle() -> Reply? {
        let content = text(body ?? [])
        body = nil
        if content.contains("REFUSE") { return Reply(554, .init(5, 6, 0), "Content refused") }
        let sender = envelope.sender?.description ?? "<>"
        let recipients = envelope.recipients.map(\.description).joined(separator: ",")
        let shown = content.split(separator: "\r\n", omittingEmptySubsequences: false).joined(separator: "/")
        messages.append("\(sender) > \(recipients) | \(shown.isEmpty ? "(empty)" : shown)")
        return Reply(250, .init(2, 0, 0), "Ok: queued as \(messages.count)")
    }
}

extension ServerHarness {
    /// Plays a script, checks what was said after each step (at each event, where pipelined), and at the end the messages.
    static func play(_ script: Script, _ configuration: ServerConfiguration, cut: Cut) {
        var harness = ServerHarness(configuration)
        var expected = ""
        var pending: [UInt8] = []
        func feedPending() {
            if cut == .octets {
                for byte in pending { harness.feed([byte]) }
            } else {
                harness.feed(pending)
            }
            pending = []
        }
        func check() {
            if !pending.isEmpty { feedPending() }
            #expect(harness.take() == expected, "\(script.name), cut in \(cut)")
            expected = ""
        }
        for (index, line) in script.lines.enumerated() {
            switch line {
            case .client(let line):
                if cut != .pipelined, !expected.isEmpty { check() }
                pending += Array("\(line)\r\n".utf8)
            case .server(let line):
                expected += "\(line)\r\n"
            case .event(let event):
                check()
                harness.happen(event)
            case .message:
                break
            }
            if index == script.lines.count - 1 { check() }
        }
        let messages = script.lines.compactMap { if case .message(let text) = $0 { text } else { nil } }
        #expect(harness.messages == messages, "\(script.name), cut in \(cut)")
    }
}
