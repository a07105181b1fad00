package import NIOCore

/// What may be chosen about a connection's TLS.
package struct TLSOptions: Sendable {
    /// A peer that is silent after the greeting would hold the connection otherwise.
    package var handshakeTimeout: TimeAmount
    /// What the peer's close_notify means: true, the end of what it says (`ChannelEvent.inputClosed`), so that a server still
    /// answers what was pipelined before it; false, the end of the connection.
    package var halfClosure: Bool

    package init(handshakeTimeout: TimeAmount = .seconds(30), halfClosure: Bool = false) {
        self.handshakeTimeout = handshakeTimeout
        self.halfClosure = halfClosure
    }
}

/// TLS as the first handler of a channel: ciphertext below, plain text above. The handshake starts as soon as the channel is
/// active; writes wait for its end.
///
/// Every event fired upwards may re-enter (write, close), so the state is looked at again behind each.
package final class TLSHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private enum State {
        /// In no active channel yet.
        case idle
        case handshaking
        case open
        /// The peer has said close_notify; we may still write.
        case inputClosed
        /// Over, in whatever way.
        case closed
    }

    /// Succeeds with what was agreed on, or fails with a `TLSError`.
    package var handshake: EventLoopFuture<TLSInfo> { handshakePromise.futureResult }

    private let engine: TLSEngine
    private let options: TLSOptions
    private let handshakePromise: EventLoopPromise<TLSInfo>
    private var state = State.idle
    private var pending = PendingWrites()
    private var timeout: Scheduled<Void>?
    private var isPumping = false
    /// The channel became writable, and those above have not been told because our own writes came first.
    private var owesWritability = false
    /// Whether this read cycle gave those above anything; if not, nobody else would ask for more.
    private var hasDelivered = false

    package init(
        context: TLSContext, role: TLSRole, options: TLSOptions = TLSOptions(), on eventLoop: any EventLoop
    ) throws(TLSError) {
        engine = try TLSEngine(context: context, role: role)
        self.options = options
        handshakePromise = eventLoop.makePromise(of: TLSInfo.self)
    }

    deinit { handshakePromise.fail(TLSError.closed) }

    // MARK: Life

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { start(context) }
    }

    package func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    private func start(_ context: ChannelHandlerContext) {
        guard case .idle = state else { return }
        state = .handshaking
        let limit = options.handshakeTimeout
        timeout = context.eventLoop.assumeIsolated().scheduleTask(in: limit) {
            guard case .handshaking = self.state else { return }
            self.fail(.handshakeTimedOut(milliseconds: limit.nanoseconds / 1_000_000), context)
        }
        stepHandshake(context)
        // An asynchronous channel holds reads back while nobody consumes; the handshake must ask for itself.
        context.read()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        endOfStream(context)
        finish(.closed)
        context.fireChannelInactive()
    }

    package func handlerRemoved(context: ChannelHandlerContext) { finish(.closed) }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        handshakePromise.fail(error)
        context.fireErrorCaught(error)
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let channelEvent = event as? ChannelEvent, case .inputClosed = channelEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        // Those above have been told by close_notify, or hear of an error; the end of TCP's stream is nothing new to them.
        endOfStream(context)
    }

    private func endOfStream(_ context: ChannelHandlerContext) {
        switch state {
        case .handshaking: fail(.closedDuringHandshake, context)
        case .open: fail(.truncated, context)
        case .idle, .inputClosed, .closed: break
        }
    }

    /// Peer told, waiting parties told, channel closed, in this order.
    private func fail(_ error: TLSError, _ context: ChannelHandlerContext) {
        state = .closed
        send(context)
        handshakePromise.fail(error)
        context.fireErrorCaught(error)
        finish(error)
        context.close(promise: nil)
    }

    private func finish(_ error: TLSError) {
        state = .closed
        timeout?.cancel()
        handshakePromise.fail(error)
        for promise in pending.removeAll() { promise.fail(error) }
    }

    // MARK: Inbound

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var ciphertext = unwrapInboundIn(data)
        while let slice = ciphertext.readSlice(length: min(ciphertext.readableBytes, TLSEngine.slice)),
            slice.readableBytes > 0
        {
            switch state {
            case .handshaking:
                engine.feed(slice.readableBytesView)
                stepHandshake(context)
                if case .open = state { deliver(context) }
            case .open:
                engine.feed(slice.readableBytesView)
                deliver(context)
            case .idle, .inputClosed, .closed: return
            }
        }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if !hasDelivered { context.read() }
        hasDelivered = false
    }

    private func stepHandshake(_ context: ChannelHandlerContext) {
        do {
            let isDone = try engine.handshake()
            send(context)
            guard isDone else { return }
        } catch { return fail(error, context) }
        state = .open
        timeout?.cancel()
        handshakePromise.succeed(engine.info)
        pump(context)
    }

    private func deliver(_ context: ChannelHandlerContext) {
        var plaintext = context.channel.allocator.buffer(capacity: TLSEngine.slice)
        let result = Result { () throws(TLSError) in try engine.read(into: &plaintext) }
        send(context)
        if plaintext.readableBytes > 0 {
            hasDelivered = true
            context.fireChannelRead(wrapInboundOut(plaintext))
        }
        guard case .open = state else { return }
        switch result {
        case .success(false): break
        case .success(true): peerSaidGoodbye(context)
        case .failure(let error): fail(error, context)
        }
    }

    private func peerSaidGoodbye(_ context: ChannelHandlerContext) {
        state = .inputClosed
        if options.halfClosure {
            hasDelivered = true
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            close(context: context, mode: .all, promise: nil)
        }
    }

    // MARK: Outbound

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .closed = state {
            promise?.fail(TLSError.closed)
        } else {
            pending.append(unwrapOutboundIn(data), promise: promise)
        }
    }

    package func flush(context: ChannelHandlerContext) {
        pending.flush()
        pump(context)
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return context.fireChannelWritabilityChanged() }
        owesWritability = true
        pump(context)
    }

    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if case .input = mode { return context.close(mode: mode, promise: promise) }
        switch state {
        case .open, .inputClosed:
            pump(context)
            // A close_notify in place of data that is still held back would pass truncation off as a clean end.
            if !pending.hasFlushed { engine.shutdown() }
            send(context)
        case .idle, .handshaking, .closed: break
        }
        if case .all = mode { finish(.closed) }
        context.close(mode: mode, promise: promise)
    }

    /// Encrypts flushed writes while the channel has room, so that a slow peer costs the memory of one chunk.
    private func pump(_ context: ChannelHandlerContext) {
        guard !isPumping else { return }
        isPumping = true
        while mayWrite, pending.hasFlushed, context.channel.isWritable { encryptChunk(context) }
        isPumping = false
        guard owesWritability, !pending.hasFlushed, context.channel.isWritable else { return }
        owesWritability = false
        context.fireChannelWritabilityChanged()
    }

    private var mayWrite: Bool {
        switch state {
        case .open, .inputClosed: true
        case .idle, .handshaking, .closed: false
        }
    }

    private func encryptChunk(_ context: ChannelHandlerContext) {
        var room = 64 * 1024
        var done: EventLoopPromise<Void>?
        do {
            while room > 0, let (bytes, promise) = pending.takeFlushed(upTo: room) {
                done.setOrCascade(to: promise)
                room -= max(1, bytes.readableBytes)
                try engine.write(bytes)
            }
        } catch {
            done?.fail(error)
            return fail(error, context)
        }
        send(context, promise: done)
    }

    private func send(_ context: ChannelHandlerContext, promise: EventLoopPromise<Void>? = nil) {
        guard let ciphertext = engine.takeOutput() else {
            promise?.succeed()
            return
        }
        context.writeAndFlush(wrapOutboundOut(ciphertext), promise: promise)
    }
}
