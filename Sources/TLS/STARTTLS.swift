package import NIOCore

/// Counts the chunks handed to the end of a pipeline, where they wait for the session. It stands in front of that from the
/// start, and STARTTLS compares its count with what the session has taken: a difference is plain text that still waits
/// there and would be read later as if it had come through TLS.
package final class InboundMeter: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer

    fileprivate private(set) var chunks = 0

    package init() {}

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        chunks += 1
        context.fireChannelRead(data)
    }
}

/// The switch from plain text to TLS in the middle of a connection (RFC 3207 §4), in one tick of the event loop: look for
/// left-overs, write the reply, put the handler first. In any other order a ClientHello can overtake the handler, or the
/// reply can wait behind the handshake.
///
/// Injected plain text can hide in three places: the session's own parse buffer (`leftover`), the pipeline's end
/// (`consumed`), and the kernel's, whose bytes reach the TLS engine and fail there.
package enum STARTTLS {
    /// - Parameters:
    ///   - consumed: how many chunks the session has taken from the pipeline's end.
    ///   - leftover: how many bytes the session has taken but not understood yet; a client's, behind the server's `220`.
    ///   - reply: the server's `220`, and any replies before it that are still to be sent; `nil` on the client.
    /// - Throws: `TLSError`. After `plaintextInjected` nothing has been written: refuse and close, do not go on.
    package static func upgrade(
        _ channel: any Channel, context: TLSContext, role: TLSRole, options: TLSOptions = TLSOptions(),
        consumed: Int, leftover: Int, reply: ByteBuffer? = nil
    ) async throws -> TLSInfo {
        guard leftover == 0 else { throw TLSError.plaintextInjected }
        return try await channel.eventLoop.flatSubmit { () -> EventLoopFuture<TLSInfo> in
            do {
                let pipeline = channel.pipeline.syncOperations
                guard try pipeline.handler(type: InboundMeter.self).chunks == consumed else {
                    throw TLSError.plaintextInjected
                }
                let handler = try TLSHandler(context: context, role: role, options: options, on: channel.eventLoop)
                if let reply { channel.writeAndFlush(reply, promise: nil) }
                try pipeline.addHandler(handler, position: .first)
                return handler.handshake
            } catch { return channel.eventLoop.makeFailedFuture(error) }
        }.get()
    }
}
