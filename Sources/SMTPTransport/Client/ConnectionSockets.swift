import Glibc
import NIOConcurrencyHelpers
import NIOCore

/// The sockets of one connection from before it exists: while a name's several addresses are tried there may be more than
/// one, and all can be ended at any time.
final class ConnectionSockets: Sendable {
    struct Aborted: Error {}

    private struct State {
        var channels: [any Channel] = []
        var isAborted = false
    }

    private let state = NIOLockedValueBox(State())

    var isAborted: Bool { state.withLockedValue { $0.isAborted } }

    func adopt(_ channel: any Channel) throws(Aborted) {
        let isAborted = state.withLockedValue { state in
            state.channels.append(channel)
            return state.isAborted
        }
        if isAborted { throw Aborted() }
    }

    /// Ends what is there, and lets nothing come after.
    func abort() {
        let channels = state.withLockedValue { state in
            state.isAborted = true
            return state.channels
        }
        for channel in channels { channel.reset() }
    }
}

extension Channel {
    /// Closes at once and tells the far side by a reset, so that it keeps nothing for a connection that is gone.
    func reset() {
        let channel: any Channel = self
        channel.eventLoop.execute {
            // Where the option cannot be set, closing without it does as well.
            _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
            channel.close(promise: nil)
        }
    }
}
