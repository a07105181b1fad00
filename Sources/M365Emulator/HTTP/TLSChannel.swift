import HummingbirdCore
import Logging
import NIOCore
import TLS

/// HTTP/1.1 behind OpenSSL: the handler of the TLS room in front of Hummingbird's.
struct TLSChannel: ServerChildChannel {
    struct Settings: Sendable {
        let context: TLSContext
    }

    let base: HTTP1Channel
    let settings: Settings

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        channel.eventLoop.makeCompletedFuture {
            let handler = try TLSHandler(context: settings.context, role: .server, on: channel.eventLoop)
            try channel.pipeline.syncOperations.addHandler(handler)
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
