import NIOCore

/// What reaches a session from outside, in the order it happened. Sent through a channel's pipeline as a user event, it comes
/// out as if it had been read.
enum SessionEvent: Sendable {
    case received(ByteBuffer)
    /// Nothing came for the whole of the idle timeout.
    case idle
    /// The listener is shutting down.
    case drain
}

/// Turns what happens on a channel into session events, and watches for silence.
///
/// The timer is not moved with every chunk: when it fires, it looks at when the last one came.
final class SessionEvents: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = SessionEvent

    private let idleTimeout: TimeAmount
    private let peerEnd: EventLoopPromise<Void>?
    private var lastRead = NIODeadline.uptimeNanoseconds(0)
    private var timer: Scheduled<Void>?

    /// - Parameter peerEnd: fulfilled when the peer closes its side; whoever gives it must do so at the end of the channel.
    init(idleTimeout: Duration, peerEnd: EventLoopPromise<Void>? = nil) {
        self.idleTimeout = TimeAmount(idleTimeout)
        self.peerEnd = peerEnd
    }

    func handlerAdded(context: ChannelHandlerContext) {
        lastRead = context.eventLoop.now
        watch(context, for: idleTimeout)
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastRead = context.eventLoop.now
        context.fireChannelRead(wrapInboundOut(.received(unwrapInboundIn(data))))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? SessionEvent else {
            if case .inputClosed? = event as? ChannelEvent { peerEnd?.succeed() }
            return context.fireUserInboundEventTriggered(event)
        }
        report(event, context)
    }

    private func watch(_ context: ChannelHandlerContext, for span: TimeAmount) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: span) {
            let rest = self.lastRead + self.idleTimeout - context.eventLoop.now
            if rest > .zero { return self.watch(context, for: rest) }
            self.report(.idle, context)
        }
    }

    private func report(_ event: SessionEvent, _ context: ChannelHandlerContext) {
        context.fireChannelRead(wrapInboundOut(event))
        context.fireChannelReadComplete()
    }
}
