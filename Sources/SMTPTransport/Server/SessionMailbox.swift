import NIOCore

/// The end of a session's pipeline: keeps what has arrived until the session asks for it, and sends what it says.
///
/// Lives on the channel's event loop, as does the session's task (see `LoopExecutor`), so that nothing here is locked and
/// nothing crosses over between threads. What makes both directions wait: nothing more is read from the connection while
/// events lie here, and `send` returns once the channel has room again.
final class SessionMailbox: ChannelDuplexHandler {
    typealias InboundIn = SessionEvent
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private enum Input {
        case open
        /// The client has closed its side.
        case ended
        case failed(any Error)
    }

    private var arrived = CircularBuffer<SessionEvent>(initialCapacity: 4)
    private var input = Input.open
    private var isReadHeld = false
    private var context: ChannelHandlerContext?
    private var reader: CheckedContinuation<SessionEvent?, any Error>?
    private var writer: CheckedContinuation<Void, any Error>?

    // MARK: The session's side

    /// The next event; `nil` where the client has closed its side. One caller at a time.
    ///
    /// - Throws: what broke the connection, after all that came before.
    func next() async throws -> SessionEvent? {
        if let event = arrived.popFirst() {
            readOn()
            return event
        }
        switch input {
        case .open: return try await withCheckedThrowingContinuation { reader = $0 }
        case .ended: return nil
        case .failed(let error): throw error
        }
    }

    /// Returns once the channel has room for more. One caller at a time.
    func send(_ bytes: ByteBuffer) async throws {
        guard let context else { throw ChannelError.ioOnClosedChannel }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        guard self.context != nil, !context.channel.isWritable else { return }
        try await withCheckedThrowingContinuation { writer = $0 }
    }

    private func readOn() {
        guard isReadHeld, arrived.isEmpty else { return }
        isReadHeld = false
        context?.read()
    }

    // MARK: The channel's side

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { close() }

    func channelInactive(context: ChannelHandlerContext) {
        close()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let event = unwrapInboundIn(data)
        // Nobody reads what we say: the session, which waits to say it, cannot end this by itself.
        if case .idle = event, writer != nil { return context.close(promise: nil) }
        guard let reader else { return arrived.append(event) }
        self.reader = nil
        reader.resume(returning: event)
    }

    func read(context: ChannelHandlerContext) {
        if arrived.isEmpty { context.read() } else { isReadHeld = true }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { end(.ended) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.failed(error))
        writer?.resume(throwing: error)
        writer = nil
        context.fireErrorCaught(error)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            writer?.resume()
            writer = nil
        }
        context.fireChannelWritabilityChanged()
    }

    /// What comes first counts: after an error, the end that follows says nothing new.
    private func end(_ how: Input) {
        guard case .open = input else { return }
        input = how
        switch how {
        case .open: break
        case .ended: reader?.resume(returning: nil)
        case .failed(let error): reader?.resume(throwing: error)
        }
        reader = nil
    }

    private func close() {
        context = nil
        end(.ended)
        writer?.resume(throwing: ChannelError.ioOnClosedChannel)
        writer = nil
    }
}
