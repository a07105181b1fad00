import NIOCore
import NIOPosix

extension ServerBootstrap {
    /// Goes on listening where a connection cannot be taken, as when the process has no descriptor left for it
    /// (accept(2), EMFILE): it waits in the system's queue, and is asked for again a moment later.
    ///
    /// Without this the error would end the listener, and with it the service.
    func outlivingFailedAccepts() -> ServerBootstrap {
        serverChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    AcceptBackoffHandler(shouldForwardIOErrorCaught: false) { _ in .milliseconds(100) })
            }
        }
    }
}
