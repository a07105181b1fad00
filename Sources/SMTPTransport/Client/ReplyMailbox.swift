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
    private var leaving = Leaving.no

    private enum Leaving {
        case no
        /// QUIT is out; our side is closed with its answer.
        case awaitsAnswer
        /// Our side is closed, the server's not yet.
        case awaitsEnd
    }

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

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch leaving {
        case .no: arrived.append(unwrapInboundIn(data))
        case .awaitsAnswer:
            leaving = .awaitsEnd
            context.close(mode: .output, promise: nil)
        case .awaitsEnd: break
        }
    }

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

    /// Hears no more, closes our side of the connection – after the answer to the goodbye, where there is one – and leaves
    /// the other to the server, whose end of it is the proof that it counts the connection no longer. One that keeps it
    /// open gets a reset.
    func leave(_ channel: any Channel, saying goodbye: ByteBuffer?, within limit: TimeAmount) {
        guard case .no = leaving else { return }
        arrived = []
        isClosed = true
        answer(.end(nil))
        let patience = channel.eventLoop.scheduleTask(in: limit) { channel.reset() }
        channel.closeFuture.whenComplete { _ in patience.cancel() }
        if let goodbye {
            leaving = .awaitsAnswer
            channel.writeAndFlush(goodbye, promise: nil)
        } else {
            leaving = .awaitsEnd
            channel.close(mode: .output, promise: nil)
        }
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
