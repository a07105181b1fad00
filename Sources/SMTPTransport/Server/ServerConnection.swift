import MailModel
import NIOCore
import SMTPProtocol
import TLS

/// One connection: carries bytes to a `ServerSession` and does what that says, with no opinions of its own.
struct ServerConnection<Handler: SMTPServerHandler> {
    private let handler: Handler
    private let settings: SMTPServerSettings
    private let channel: any Channel
    private let mailbox: SessionMailbox
    private var session: ServerSession
    private(set) var context: SMTPContext
    /// Where the message under way goes.
    private var sink: Handler.Sink?
    /// The sink could not take the message: the rest is dropped, and this is said in the end.
    private var failure: SinkFailure?
    /// Chunks taken from the mailbox, for the comparison at STARTTLS.
    private var consumed = 0
    private var isOver = false
    /// Nobody is left to hear last words.
    private var isBroken = false
    /// What ended the connection, where the dialogue did not.
    private(set) var error: (any Error)?

    init(
        _ handler: Handler, _ settings: SMTPServerSettings, _ channel: any Channel,
        _ mailbox: SessionMailbox, _ context: SMTPContext
    ) {
        self.handler = handler
        self.settings = settings
        self.channel = channel
        self.mailbox = mailbox
        self.context = context
        session = ServerSession(settings.session, isSecure: settings.implicitTLS)
    }

    /// Runs the dialogue to its end.
    mutating func run(handshake: EventLoopFuture<TLSInfo>?) async {
        do {
            context.tls = try await handshake?.get()
            try await converse()
        } catch {
            self.error = error
            isBroken = true
            await loseClient()
        }
        handler.dialogueEnded(context)
        if !isBroken { await linger() }
    }

    /// Whoever breaks off now has heard all there is.
    private func linger() async { try? await Linger.wait(channel, mailbox, for: settings.lingerTimeout) }

    private mutating func converse() async throws {
        if let refusal = await handler.admit(context) {
            try await mailbox.send(ByteBuffer(bytes: refusal.encoded))
            isOver = true
        }
        try await perform()
        while !isOver, let event = try await mailbox.next() {
            take(event)
            try await perform()
        }
        if !isOver { await loseClient() }
    }

    private mutating func take(_ event: SessionEvent) {
        switch event {
        case .received(let buffer):
            consumed += 1
            session.receive(buffer.readableBytesView)
        case .idle: session.timeout()
        case .drain: session.shutdown()
        }
    }

    /// Nobody is there any more to say anything to: what is left to do is to let go of a message under way.
    private mutating func loseClient() async {
        session.peerClosed()
        while let action = session.next() {
            if case .abandonBody = action { await abandon() }
        }
        // The sink may be open although the session is past it: its question was answered while the connection broke.
        await abandon()
        isOver = true
    }

    private mutating func perform() async throws {
        while !isOver, let action = session.next() {
            switch action {
            case .send(let bytes): try await mailbox.send(ByteBuffer(bytes: bytes))
            case .authenticate(let credentials):
                session.resume(await handler.authenticate(credentials, current()))
            case .checkSender(let sender, let parameters):
                session.resume(await handler.checkSender(sender, parameters, current()))
            case .checkRecipient(let recipient):
                session.resume(await handler.checkRecipient(recipient, current()))
            case .beginBody(let envelope, let parameters): await begin(envelope, parameters)
            case .bodyChunk(let bytes): await write(bytes)
            case .endOfBody: session.resume(await finish())
            case .abandonBody: await abandon()
            case .startTLS(let goAhead): await startTLS(goAhead)
            case .close: isOver = true
            }
        }
    }

    private mutating func current() -> SMTPContext {
        context.clientName = session.clientName
        context.user = session.user
        return context
    }
}

// MARK: The message

extension ServerConnection {
    private mutating func begin(_ envelope: Envelope, _ parameters: MailParameters) async {
        context.protocolName = session.protocolName(for: parameters)
        switch await handler.beginBody(envelope, parameters, current()) {
        case .accepted(let sink):
            self.sink = sink
            failure = nil
            session.resume()
        case .refused(let reply): session.resume(reply)
        }
    }

    private mutating func write(_ bytes: [UInt8]) async {
        guard failure == nil else { return }
        do throws(SinkFailure) { try await sink?.write(bytes) } catch {
            await abandon()
            failure = error
        }
    }

    private mutating func finish() async -> Reply? {
        defer { (sink, failure) = (nil, nil) }
        if let failure { return failure.reply }
        // No sink, no message: never a 250.
        guard sink != nil else { return Reply(451, .init(4, 3, 0), "The message was not taken") }
        return await sink?.finish()
    }

    private mutating func abandon() async {
        await sink?.abandon()
        (sink, failure) = (nil, nil)
    }
}

// MARK: TLS

extension ServerConnection {
    private mutating func startTLS(_ goAhead: [UInt8]) async {
        do {
            guard let tls = settings.tls else { throw TLSError.misconfigured("no certificate is configured") }
            context.tls = try await STARTTLS.upgrade(
                channel, context: tls, role: .server, options: settings.tlsOptions, consumed: consumed, leftover: 0,
                reply: ByteBuffer(bytes: goAhead))
            session.tlsEstablished()
        } catch TLSError.plaintextInjected {
            self.error = TLSError.plaintextInjected
            session.tlsInjected()
        } catch {
            self.error = error
            session.peerClosed()
        }
    }
}

extension SMTPServerSettings {
    /// Half closure: a client that says all it has and then close_notify still gets its answers.
    var tlsOptions: TLSOptions { TLSOptions(handshakeTimeout: TimeAmount(handshakeTimeout), halfClosure: true) }
}

/// Ends a connection so that the last words arrive: closing with unread input makes the kernel reset the connection, and a
/// reset can overtake a reply.
enum Linger {
    static func wait(_ channel: any Channel, _ mailbox: SessionMailbox, for limit: Duration) async throws {
        let timer = channel.eventLoop.scheduleTask(in: TimeAmount(limit)) { channel.close(promise: nil) }
        defer { timer.cancel() }
        channel.close(mode: .output, promise: nil)
        while try await mailbox.next() != nil {}
    }
}
