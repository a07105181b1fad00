package import MailModel
package import NIOCore
import NIOPosix
package import SMTPProtocol
package import TLS

/// A connection to an SMTP server, ready for messages one after the other.
///
/// A value with one owner: copies would share the connection and disagree about it. Its owner ends it with `quit` or
/// `close`; a failed call has closed it already. Cancelling the calling task closes it, too.
package struct SMTPClient: Sendable {
    private let channel: any Channel
    private let mailbox: NIOLoopBound<ReplyMailbox>
    private let options: SMTPClientOptions
    private var session: ClientSession
    private var consumed = 0
    /// With what the connection is encrypted.
    package private(set) var tls: TLSInfo?

    /// Connects, encrypts and authenticates as the options say.
    package static func connect(
        _ options: SMTPClientOptions, on group: any EventLoopGroup
    ) async throws(SMTPClientError) -> SMTPClient {
        let link = try await Link.open(options, on: group)
        var client = SMTPClient(link, options)
        do {
            client.tls = try await link.handshake?.get()
        } catch { throw .tlsFailed(error as? TLSError ?? .closedDuringHandshake) }
        _ = try await client.untilMilestone()
        return client
    }

    private init(_ link: Link, _ options: SMTPClientOptions) {
        channel = link.channel
        mailbox = link.mailbox
        self.options = options
        session = ClientSession(options.session, isSecure: link.handshake != nil)
    }

    package var capabilities: ServerCapabilities { session.capabilities }
    /// False after a failure, and where the server has closed the connection meanwhile.
    package var isOpen: Bool { channel.isActive && session.phase == .ready }

    /// Hands one message over.
    package mutating func deliver(
        _ envelope: Envelope, _ message: [UInt8]
    ) async throws(SMTPClientError) -> DeliveryReport {
        let traits = MessageTraits(size: message.count, isEightBit: message.contains { $0 > 0x7F })
        return try await deliver(envelope, traits, content: OnePiece(message))
    }

    /// Hands one message over piece by piece; where the pieces throw, the connection is dropped without the final dot, so
    /// that nothing is delivered.
    package mutating func deliver(
        _ envelope: Envelope, _ traits: MessageTraits, content: some AsyncSequence<[UInt8], any Error>
    ) async throws(SMTPClientError) -> DeliveryReport {
        session.deliver(envelope, traits)
        while true {
            switch try await untilMilestone() {
            case .finished(let report): return report
            case .sendBody: try await stream(content)
            case .ready: break
            case .closed: throw .session(ClientFailure(.over, .connectionClosed))
            }
        }
    }

    /// Says goodbye and closes; a server that does not answer soon is left.
    package mutating func quit() async {
        guard isOpen else { return close() }
        session.quit()
        // Whatever comes of the goodbye, the connection is closed.
        _ = try? await untilMilestone()
        close()
    }

    package func close() { channel.close(promise: nil) }
}

// MARK: The loop

extension SMTPClient {
    private enum Milestone {
        case ready, sendBody, closed
        case finished(DeliveryReport)
    }

    private mutating func untilMilestone() async throws(SMTPClientError) -> Milestone {
        var failure: SMTPClientError?
        while true {
            guard let action = session.next() else {
                guard session.phase != .over else { return .closed }
                await receive()
                continue
            }
            switch action {
            case .send(let bytes): await send(ByteBuffer(bytes: bytes))
            case .startTLS: if let error = await startTLS() { failure = .tlsFailed(error) }
            case .ready: return .ready
            case .sendBody: return .sendBody
            case .finished(let report): return .finished(report)
            case .failed(let reason): failure = failure ?? .session(reason)
            case .close:
                close()
                if let failure { throw failure }
                return .closed
            }
        }
    }

    private mutating func receive() async {
        let limit = TimeAmount(options.timeouts.limit(in: session.phase))
        let (channel, mailbox) = (channel, mailbox)
        let delivery = try? await withTaskCancellationHandler {
            try await channel.eventLoop.flatSubmit { mailbox.value.next(within: limit, on: channel.eventLoop) }.get()
        } onCancel: {
            channel.close(promise: nil)
        }
        switch delivery {
        case .chunks(let chunks):
            consumed += chunks.count
            for chunk in chunks { session.receive(chunk.readableBytesView) }
        case .timeout: session.timeout()
        case .end, nil: session.peerClosed()
        }
    }

    /// A write that fails is no news of its own: the server may have said why before it closed, and the next read tells.
    @discardableResult
    private func send(_ buffer: ByteBuffer) async -> Bool {
        let timer = channel.eventLoop.scheduleTask(in: TimeAmount(options.timeouts.content)) { [channel] in
            channel.close(promise: nil)
        }
        defer { timer.cancel() }
        do {
            try await withTaskCancellationHandler {
                try await channel.writeAndFlush(buffer).get()
            } onCancel: {
                channel.close(promise: nil)
            }
            return true
        } catch { return false }
    }

    private mutating func stream(_ content: some AsyncSequence<[UInt8], any Error>) async throws(SMTPClientError) {
        var encoder = DataEncoder()
        var output: [UInt8] = []
        do {
            for try await piece in content {
                encoder.encode(piece, into: &output)
                guard output.count >= 64 * 1024 else { continue }
                guard await send(ByteBuffer(bytes: output)) else { return }
                output.removeAll(keepingCapacity: true)
            }
        } catch { return session.bodyFailed() }
        encoder.finish(into: &output)
        session.bodySent()
        await send(ByteBuffer(bytes: output))
    }

    private mutating func startTLS() async -> TLSError? {
        guard case .startTLS(let context) = options.security else { return nil }
        do {
            tls = try await STARTTLS.upgrade(
                channel, context: context, role: .client(host: options.host), options: options.tlsOptions,
                consumed: consumed, leftover: 0)
            session.tlsEstablished()
            return nil
        } catch TLSError.plaintextInjected {
            session.tlsInjected()
            return .plaintextInjected
        } catch {
            session.peerClosed()
            return error as? TLSError ?? .closedDuringHandshake
        }
    }
}

// MARK: Connecting

/// A connected channel with its handlers.
private struct Link: Sendable {
    let channel: any Channel
    let mailbox: NIOLoopBound<ReplyMailbox>
    /// With implicit TLS.
    let handshake: EventLoopFuture<TLSInfo>?

    static func open(
        _ options: SMTPClientOptions, on group: any EventLoopGroup
    ) async throws(SMTPClientError) -> Link {
        do {
            return try await ClientBootstrap(group: group)
                .connectTimeout(TimeAmount(options.timeouts.connect))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connect(host: options.host, port: options.port) { channel in
                    channel.eventLoop.makeCompletedFuture { try prepare(channel, options) }
                }
        } catch {
            if let error = error as? TLSError { throw .tlsFailed(error) }
            throw .unreachable(host: options.host, port: options.port, reason: "\(error)")
        }
    }

    private static func prepare(_ channel: any Channel, _ options: SMTPClientOptions) throws -> Link {
        let pipeline = channel.pipeline.syncOperations
        var handshake: EventLoopFuture<TLSInfo>?
        if case .implicit(let context) = options.security {
            let handler = try TLSHandler(
                context: context, role: .client(host: options.host), options: options.tlsOptions,
                on: channel.eventLoop)
            handshake = handler.handshake
            try pipeline.addHandler(handler)
        }
        let mailbox = ReplyMailbox()
        try pipeline.addHandlers([InboundMeter(), mailbox])
        return Link(
            channel: channel, mailbox: NIOLoopBound(mailbox, eventLoop: channel.eventLoop), handshake: handshake)
    }
}

extension SMTPClientOptions {
    fileprivate var tlsOptions: TLSOptions { TLSOptions(handshakeTimeout: TimeAmount(timeouts.handshake)) }

    fileprivate var session: ClientConfiguration {
        let tls: ClientConfiguration.TLS = if case .startTLS = security { .startTLS } else { .off }
        return ClientConfiguration(hostname: hostname, tls: tls, credentials: credentials)
    }
}

/// A message that is in memory.
private struct OnePiece: AsyncSequence, AsyncIteratorProtocol {
    private var piece: [UInt8]?

    init(_ bytes: [UInt8]) { piece = bytes }

    func makeAsyncIterator() -> OnePiece { self }

    mutating func next() async throws -> [UInt8]? {
        defer { piece = nil }
        return piece
    }
}
