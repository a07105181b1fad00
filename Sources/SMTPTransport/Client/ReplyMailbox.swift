import NIOCore

/// The end of a client's pipeline: keeps what has arrived until it is asked for. Lives on the channel's event loop.
final class ReplyMailbox: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    enum Delivery: Sendable {
        /// In the order they came; never empty.
        case chunks([ByteBuffer])
        /// The connection is at its end; the error that ended it, where there was one.
        case end((any Error)?)
        case timeout
    }

    private var arrived: [ByteBuffer] = []
    private var error: (any Error)?
    private var isClosed = false
    private var waiting: EventLoopPromise<Delivery>?

    /// What has arrived, or arrives until the time is up. One question at a time.
    func next(within limit: TimeAmount, on eventLoop: any EventLoop) -> EventLoopFuture<Delivery> {
        let promise = eventLoop.makePromise(of: Delivery.self)
        waiting = promise
        deliver()
        guard waiting != nil else { return promise.futureResult }
        let timer = eventLoop.assumeIsolated().scheduleTask(in: limit) { self.answer(.timeout) }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        return promise.futureResult
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { arrived.append(unwrapInboundIn(data)) }

    func channelReadComplete(context: ChannelHandlerContext) {
        deliver()
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if self.error == nil { self.error = error }
        isClosed = true
        deliver()
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        deliver()
        context.fireChannelInactive()
    }

    private func deliver() {
        guard waiting != nil else { return }
        if !arrived.isEmpty {
            let chunks = arrived
            arrived = []
            answer(.chunks(chunks))
        } else if isClosed {
            answer(.end(error))
        }
    }

    private func answer(_ delivery: Delivery) {
        let promise = waiting
        waiting = nil
        promise?.succeed(delivery)
    }
}
