import Foundation
package import NIOCore
import NIOPosix

// Listening on a socket of this machine (unix(7)) instead of an address: for programs that hand in mail here.

extension SMTPServer {
    /// Listens on `path`, where every user of this machine may connect who may enter its directory. A socket that a former
    /// process has left there is replaced; any other file is not. It goes when the listener is closed.
    ///
    /// - Parameter settings: as for an address; TLS and `isAllowed` mean nothing here.
    package static func bind(
        path: String, on group: any EventLoopGroup, handler: Handler,
        settings: @escaping @Sendable () -> SMTPServerSettings
    ) async throws(SMTPListenError) -> SMTPServer {
        let address = PeerAddress(localSocket: path)
        do {
            let listener = try await ServerBootstrap(group: group).outlivingFailedAccepts()
                .serverChannelOption(.backlog, value: 1024)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 64 * 1024))
                .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                    channel.eventLoop.makeCompletedFuture { try Self.prepare(channel, settings()) }
                }
            // Its first permissions are what the umask leaves.
            guard chmod(path, 0o666) == 0 else {
                let reason = IOError(errnoCode: errno, reason: "chmod")
                try await listener.channel.close()
                throw reason
            }
            return SMTPServer(listener, handler, address)
        } catch { throw SMTPListenError(address: address, reason: .other("\(error)")) }
    }
}

enum LocalSocket {
    /// Linux's `struct ucred`.
    private struct Credentials: Sendable {
        var process: Int32
        var user: UInt32
        var group: UInt32
    }

    /// Who is at the other end; `nil` where the kernel does not say.
    static func userID(of channel: any Channel) async -> UInt32? {
        #if os(Linux)
            guard let provider = channel as? any SocketOptionProvider else { return nil }
            let answer: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
                level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
            return try? await answer.get().user
        #else
            return nil
        #endif
    }
}
