import MailModel
import SMTPProtocol
import Testing

/// A client session with an owner that sends the content it was given.
struct ClientHarness {
    var session: ClientSession
    var said: [UInt8] = []
    var content = Array("Subject: x\r\n\r\n.dot".utf8)
    var isReady = false
    var reports: [DeliveryReport] = []
    var failure: ClientFailure?
    var isClosed = false
    var awaitsTLS = false
    /// The content is asked for and not written until `writeBody` is called.
    var isSlow = false
    var awaitsBody = false
    var awaitsChunk = false
    /// Octets of content in a chunk.
    var chunkSize = 1000
    private var rest: ArraySlice<UInt8> = []
    private var chunks = ChunkEncoder()

    init(_ configuration: ClientConfiguration = .open, isSecure: Bool = false) {
        session = ClientSession(configuration, isSecure: isSecure)
        pump()
    }

    mutating func feed(_ bytes: some Collection<UInt8>) {
        session.receive(bytes)
        pump()
    }

    mutating func feed(line: String) { feed(Array("\(line)\r\n".utf8)) }

    mutating func deliver(_ envelope: Envelope, _ traits: MessageTraits = MessageTraits(size: 18)) {
        rest = content[...]
        chunks = ChunkEncoder()
        session.deliver(envelope, traits)
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
        case "closed": session.peerClosed()
        case "quit": session.quit()
        case "bodyFailed": session.bodyFailed()
        case "deliver": deliver(.toTwo)
        case "chunk": writeChunk()
        case "deliver eight-bit": session.deliver(.toTwo, MessageTraits(size: 18, isEightBit: true))
        case "deliver UTF-8":
            session.deliver(.toTwo, MessageTraits(size: 18, isEightBit: true, hasUTF8Headers: true))
        case "deliver large": session.deliver(.toTwo, MessageTraits(size: 1001))
        default: Issue.record("no such event: \(event)")
        }
        pump()
    }

    mutating func take() -> String {
        defer { said = [] }
        return text(said)
    }

    mutating func writeBody() {
        guard awaitsBody else { return }
        awaitsBody = false
        var encoder = DataEncoder()
        encoder.encode(content, into: &said)
        session.bodySent()
        encoder.finish(into: &said)
        pump()
    }

    mutating func writeChunk() {
        guard awaitsChunk else { return }
        awaitsChunk = false
        chunks.append(rest.prefix(chunkSize))
        rest = rest.dropFirst(chunkSize)
        session.chunkSent(isLast: rest.isEmpty)
        chunks.take(isLast: rest.isEmpty, into: &said)
        pump()
    }

    mutating func pump() {
        while let action = session.next() {
            #expect(!isClosed, "nothing may follow close")
            switch action {
            case .send(let bytes): said += bytes
            case .startTLS: awaitsTLS = true
            case .ready: isReady = true
            case .sendBody:
                awaitsBody = true
                if !isSlow { writeBody() }
            case .sendChunk:
                #expect(!awaitsChunk, "one chunk at a time")
                awaitsChunk = true
                if !isSlow { writeChunk() }
            case .finished(let report): reports.append(report)
            case .failed(let failure):
                #expect(self.failure == nil, "a session fails once")
                self.failure = failure
            case .close: isClosed = true
            }
        }
    }
}

extension ClientConfiguration {
    static let open = ClientConfiguration(hostname: "client.test", tls: .off)
    static let secure = ClientConfiguration(hostname: "client.test", tls: .startTLS)
    static let password = ClientConfiguration(
        hostname: "client.test", tls: .off,
        credentials: .plain(authorization: "", user: "user", password: "secret"))
    static let token = ClientConfiguration(
        hostname: "client.test", tls: .off, credentials: .xoauth2(user: "a@x.test", token: "good"))
}

extension Envelope {
    static let toTwo = envelope("a@x.test", "b@x.test", "c@x.test")

    static func envelope(_ sender: String?, _ recipients: String...) -> Envelope {
        func address(_ text: String) -> Address {
            guard let address = try? Address(parsing: text) else {
                preconditionFailure("not an address: \(text)")
            }
            return address
        }
        return Envelope(sender: sender.map(address), recipients: recipients.map(address))
    }
}

extension ClientHarness {
    /// Plays a script from the client's side: `S:` is fed, `C:` expected.
    static func play(_ script: Script, _ configuration: ClientConfiguration, cut: Cut) -> ClientHarness {
        var harness = ClientHarness(configuration)
        var expected = ""
        var pending: [UInt8] = []
        func check() {
            if cut == .octets {
                for byte in pending { harness.feed([byte]) }
            } else {
                harness.feed(pending)
            }
            pending = []
            #expect(harness.take() == expected, "\(script.name), cut in \(cut)")
            expected = ""
        }
        for line in script.lines {
            switch line {
            case .server(let line):
                if !expected.isEmpty { check() }
                pending += Array("\(line)\r\n".utf8)
            case .client(let line):
                expected += "\(line)\r\n"
            case .event(let event):
                check()
                harness.happen(event)
            case .message:
                break
            }
        }
        check()
        return harness
    }
}
