import Glibc
import NIOCore

/// The line under a session, for a handler that wants to end it as no dialogue does: without a word.
///
/// What the handler answers after that reaches nobody.
package struct ConnectionLine: Sendable {
    private let channel: any Channel
    private let peerEnd: EventLoopFuture<Void>

    /// - Parameter peerEnd: fulfilled once the peer has closed its side, or the connection is closed.
    init(_ channel: any Channel, peerEnd: EventLoopFuture<Void>) {
        self.channel = channel
        self.peerEnd = peerEnd
    }

    /// Closes without lingering: the peer sees a reset, not an orderly end.
    package func reset() async {
        if let socket = channel as? any SocketOptionProvider {
            // A socket that takes no options is closed already.
            try? await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        await close()
    }

    /// Closes in order.
    package func close() async {
        // It fails where the connection is closed already, which is what was wanted.
        try? await channel.close().get()
    }

    /// Returns once the peer has closed its side, or the connection has ended in another way.
    package func waitForPeer() async {
        // It never fails, and a loop that is shut down has no peers.
        try? await peerEnd.get()
    }
}
