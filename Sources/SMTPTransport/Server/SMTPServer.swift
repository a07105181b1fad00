import MailModel
package import NIOCore
import NIOPosix
import SMTPProtocol
import TLS

/// One listening address and the sessions on it.
///
/// `bind` opens the socket, `run` serves it until `drain` has let the last session end, or until its task is cancelled, which
/// closes all connections at once.
package final class SMTPServer<Handler: SMTPServerHandler>: Sendable {
    typealias Listener = NIOAsyncChannel<Accepted, Never>

    /// As bound: the port is the real one where 0 was asked for.
    package let address: PeerAddress

    private let listener: Listener
    private let handler: Handler
    let registry = ConnectionRegistry()

    /// A connection as the listener hands it over.
    struct Accepted: Sendable {
        let channel: any Channel
        let mailbox: NIOLoopBound<SessionMailbox>
        let settings: SMTPServerSettings
        let line: ConnectionLine
        /// With implicit TLS.
        let handshake: EventLoopFuture<TLSInfo>?
    }

    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - settings: asked on an event loop with every connection, so it must not block.
    package static func bind(
        ip: String, port: Int, on group: any EventLoopGroup, handler: Handler,
        settings: @escaping @Sendable () -> SMTPServerSettings
    ) async throws(SMTPListenError) -> SMTPServer {
        let address = PeerAddress(ip: ip, port: port)
        let first = settings()
        guard !first.needsTLS || first.tls != nil else {
            throw SMTPListenError(address: address, reason: .noTLSContext)
        }
        do {
            let listener = try await ServerBootstrap(group: group).outlivingFailedAccepts()
                .serverChannelOption(.backlog, value: 1024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                // Between commands and content, an adaptive size would be wrong for each of them.
                .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 16 * 1024))
                .bind(to: SocketAddress(ipAddress: ip, port: port)) { channel in
                    channel.eventLoop.makeCompletedFuture { try Self.prepare(channel, settings()) }
                }
            return SMTPServer(listener, handler, PeerAddress(listener.channel.localAddress))
        } catch { throw SMTPListenError(address: address, reason: .init(error)) }
    }

    init(_ listener: Listener, _ handler: Handler, _ address: PeerAddress) {
        self.listener = listener
        self.handler = handler
        self.address = address
    }

    /// Sessions open now.
    package var connectionCount: Int { registry.count }

    /// Accepts no more, lets messages that are arriving be finished, and tells every session then that it is over; `run`
    /// returns after the last.
    package func drain() {
        listener.channel.close(promise: nil)
        registry.drain()
    }

    /// - Throws: what ended the listening socket by itself.
    package func run() async throws {
        // Cancelling the loop would drop connections that wait in its sequence, which they must not be; so cancellation closes
        // sockets instead, and everything ends by itself.
        let loop = Task { try await accept() }
        try await withTaskCancellationHandler {
            try await loop.value
        } onCancel: {
            listener.channel.close(promise: nil)
            registry.drain()
            registry.closeAll()
        }
    }

    private func accept() async throws {
        try await listener.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await accepted in inbound {
                    let executor = LoopExecutor(accepted.channel.eventLoop)
                    group.addTask(executorPreference: executor) { await self.serve(accepted) }
                }
            }
        }
    }
}

// MARK: One connection

extension SMTPServer {
    static func prepare(_ channel: any Channel, _ settings: SMTPServerSettings) throws -> Accepted {
        let pipeline = channel.pipeline.syncOperations
        var handshake: EventLoopFuture<TLSInfo>?
        if settings.implicitTLS, let tls = settings.tls {
            let handler = try TLSHandler(
                context: tls, role: .server, options: settings.tlsOptions, on: channel.eventLoop)
            handshake = handler.handshake
            try pipeline.addHandler(handler)
        }
        let peerEnd = channel.eventLoop.makePromise(of: Void.self)
        channel.closeFuture.cascade(to: peerEnd)
        let mailbox = SessionMailbox()
        try pipeline.addHandlers([
            InboundMeter(), SessionEvents(idleTimeout: settings.idleTimeout, peerEnd: peerEnd), mailbox,
        ])
        return Accepted(
            channel: channel, mailbox: NIOLoopBound(mailbox, eventLoop: channel.eventLoop), settings: settings,
            line: ConnectionLine(channel, peerEnd: peerEnd.futureResult), handshake: handshake)
    }

    private func serve(_ accepted: Accepted) async {
        let channel = accepted.channel
        let peer = PeerAddress(channel.remoteAddress)
        guard accepted.settings.isAllowed(peer) else {
            return await refuse(accepted, peer, accepted.settings.notAllowed)
        }
        switch registry.admit(channel, limit: accepted.settings.maxConnections) {
        case .full: await refuse(accepted, peer, accepted.settings.busy)
        case .admitted(let number):
            var context = SMTPContext(connection: number, peer: peer, local: PeerAddress(channel.localAddress))
            context.line = accepted.line
            if address.isLocalSocket { context.localUserID = await LocalSocket.userID(of: channel) }
            await converse(accepted, context)
        }
    }

    private func converse(_ accepted: Accepted, _ context: SMTPContext) async {
        handler.connectionOpened(context)
        var connection = ServerConnection(
            handler, accepted.settings, accepted.channel, accepted.mailbox.value, context)
        await connection.run(handshake: accepted.handshake)
        await close(accepted.channel)
        registry.remove(context.connection)
        handler.connectionClosed(connection.context, error: connection.error)
    }

    /// With implicit TLS the reply would cost a handshake; the connection is closed without a word, as it is where as many are
    /// being turned away as are served.
    private func refuse(_ accepted: Accepted, _ peer: PeerAddress, _ reply: Reply) async {
        handler.connectionRefused(peer, reply)
        let isSilent = accepted.settings.implicitTLS
        // In a flood those that are turned away must not take the room of those that are served.
        if !isSilent, registry.beginFarewell(limit: accepted.settings.maxConnections) {
            defer { registry.endFarewell() }
            let mailbox = accepted.mailbox.value
            // Whoever is turned away may be gone already, and there is nothing to be done about it.
            try? await mailbox.send(ByteBuffer(bytes: reply.encoded))
            try? await Linger.wait(accepted.channel, mailbox, for: accepted.settings.lingerTimeout)
        }
        await close(accepted.channel)
    }

    /// Returns when the socket is closed, by whomever.
    private func close(_ channel: any Channel) async {
        channel.close(promise: nil)
        try? await channel.closeFuture.get()
    }
}

extension SMTPListenError.Reason {
    init(_ error: any Error) {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: self = .addressInUse
        case EACCES, EPERM: self = .notPermitted
        case EADDRNOTAVAIL: self = .noSuchAddress
        default: self = .other("\(error)")
        }
    }
}
