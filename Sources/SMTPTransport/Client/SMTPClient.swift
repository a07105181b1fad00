package import MailModel
package import NIOCore
package import SMTPProtocol
package import TLS

/// A connection to an SMTP server, ready for messages one after the other.
///
/// A value with one owner: copies would share the connection and disagree about it. Its owner ends it with `quit` or
/// `close`; a failed call has begun to close it. Cancelling the calling task closes it, too.
package struct SMTPClient: Sendable {
    private let link: Link
    private let options: SMTPClientOptions
    private var session: ClientSession
    private var consumed = 0
    /// Deliveries begun.
    package private(set) var messages = 0
    /// With what the connection is encrypted.
    package private(set) var tls: TLSInfo?

    /// Connects, encrypts and authenticates as the options say. Where it throws, the connection is closed already.
    package static func connect(
        _ options: SMTPClientOptions, on group: any EventLoopGroup
    ) async throws(SMTPClientError) -> SMTPClient {
        try await connect(options, on: group, sockets: ConnectionSockets())
    }

    static func connect(
        _ options: SMTPClientOptions, on group: any EventLoopGroup, sockets: ConnectionSockets
    ) async throws(SMTPClientError) -> SMTPClient {
        var client = SMTPClient(try await Link.open(options, on: group, sockets: sockets), options)
        do throws(SMTPClientError) {
            try await client.setUp()
            return client
        } catch {
            await client.close()
            throw error
        }
    }

    private init(_ link: Link, _ options: SMTPClientOptions) {
        self.link = link
        self.options = options
        session = ClientSession(options.session, isSecure: link.handshake != nil)
    }

    private mutating func setUp() async throws(SMTPClientError) {
        do {
            tls = try await link.handshake?.get()
        } catch { throw .tlsFailed(error as? TLSError ?? .closedDuringHandshake) }
        _ = try await untilMilestone()
    }

    package var capabilities: ServerCapabilities { session.capabilities }
    /// False after a failure, and where the server has closed the connection meanwhile.
    package var isOpen: Bool { link.channel.isActive && session.phase == .ready }

    /// Hands one message over.
    package mutating func deliver(
        _ envelope: Envelope, _ message: [UInt8]
    ) async throws(SMTPClientError) -> DeliveryReport {
        let traits = MessageTraits(size: message.count, isEightBit: message.contains { $0 > 0x7F })
        return try await deliver(envelope, traits, content: OnePiece(message))
    }

    /// Hands one message over piece by piece; where the pieces throw, the connection is dropped without the final dot or
    /// the last chunk, so that nothing is delivered.
    package mutating func deliver(
        _ envelope: Envelope, _ traits: MessageTraits, content: some AsyncSequence<[UInt8], any Error>
    ) async throws(SMTPClientError) -> DeliveryReport {
        messages += 1
        session.deliver(envelope, traits)
        var chunks = ChunkSource(content.makeAsyncIterator())
        while true {
            switch try await untilMilestone() {
            case .finished(let report): return report
            case .sendBody: await stream(&chunks.content)
            case .sendChunk: await sendChunk(from: &chunks)
            case .ready: break
            case .closed: throw .session(ClientFailure(.over, .connectionClosed))
            }
        }
    }

    /// Says goodbye, and returns when the connection is closed; a server that does not close its side soon is left.
    package mutating func quit() async { await Self.end(of: leave()) }

    /// Closes without a word, and returns when the connection is closed, which a server can put off no longer than a goodbye.
    package func close() async { await Self.end(of: link.hangUp()) }

    /// Begins the goodbye.
    ///
    /// - Returns: fulfilled when the connection is closed.
    @discardableResult
    mutating func leave() -> EventLoopFuture<Void> {
        guard isOpen else { return link.hangUp() }
        session.quit()
        guard case .send(let goodbye)? = session.next() else { return link.hangUp() }
        session.peerClosed()
        return link.hangUp(saying: ByteBuffer(bytes: goodbye))
    }

    /// Fulfilled when the connection is closed, by whomever.
    var closed: EventLoopFuture<Void> { link.channel.closeFuture }

    /// The end itself is never an error.
    private static func end(of future: EventLoopFuture<Void>) async { try? await future.get() }
}

// MARK: The loop

extension SMTPClient {
    /// Octets of content that are worth a write.
    private static let pieceSize = 64 * 1024

    private enum Milestone {
        case ready, sendBody, sendChunk, closed
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
            case .sendChunk: return .sendChunk
            case .finished(let report): return .finished(report)
            case .failed(let reason): failure = failure ?? .session(reason)
            case .close:
                link.hangUp()
                if let failure { throw failure }
                return .closed
            }
        }
    }

    private mutating func receive() async {
        let limit = TimeAmount(options.timeouts.limit(in: session.phase))
        let link = link
        let delivery = try? await withTaskCancellationHandler {
            try await link.next(within: limit).get()
        } onCancel: {
            link.hangUp()
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
        let link = link
        let timer = link.channel.eventLoop.scheduleTask(in: TimeAmount(options.timeouts.content)) { _ = link.hangUp() }
        defer { timer.cancel() }
        do {
            try await withTaskCancellationHandler {
                try await link.channel.writeAndFlush(buffer).get()
            } onCancel: {
                link.hangUp()
            }
            return true
        } catch { return false }
    }

    private mutating func stream<Content: AsyncIteratorProtocol>(
        _ content: inout Content
    ) async where Content.Element == [UInt8] {
        var encoder = DataEncoder()
        var output: [UInt8] = []
        do {
            while let piece = try await content.next() {
                encoder.encode(piece, into: &output)
                guard output.count >= Self.pieceSize else { continue }
                guard await send(ByteBuffer(bytes: output)) else { return }
                output.removeAll(keepingCapacity: true)
            }
        } catch { return session.bodyFailed() }
        encoder.finish(into: &output)
        session.bodySent()
        await send(ByteBuffer(bytes: output))
    }

    private mutating func sendChunk(from source: inout ChunkSource<some AsyncIteratorProtocol>) async {
        guard !source.isCut else { return }
        do {
            let chunk = try await source.next(atLeast: Self.pieceSize)
            session.chunkSent(isLast: chunk.isLast)
            source.isCut = await !send(ByteBuffer(bytes: chunk.bytes))
        } catch { session.bodyFailed() }
    }

    private mutating func startTLS() async -> TLSError? {
        guard case .startTLS(let context) = options.security else { return nil }
        do {
            tls = try await STARTTLS.upgrade(
                link.channel, context: context, role: .client(host: options.host), options: options.tlsOptions,
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

/// Content cut into chunks.
private struct ChunkSource<Content: AsyncIteratorProtocol> where Content.Element == [UInt8] {
    var content: Content
    /// A chunk could not be written, so the others stay here: what is left is to hear why.
    var isCut = false
    private var encoder = ChunkEncoder()

    init(_ content: Content) { self.content = content }

    /// The next chunk with its command; smaller than `size` only where it is the last.
    mutating func next(atLeast size: Int) async throws -> (bytes: [UInt8], isLast: Bool) {
        var isLast = false
        while !isLast, encoder.count < size {
            if let piece = try await content.next() { encoder.append(piece) } else { isLast = true }
        }
        var bytes: [UInt8] = []
        encoder.take(isLast: isLast, into: &bytes)
        return (bytes, isLast)
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
