import NIOCore
import NIOPosix
import SMTPProtocol
import TLS

/// A connected channel with its handlers.
struct Link: Sendable {
    let channel: any Channel
    /// With implicit TLS.
    let handshake: EventLoopFuture<TLSInfo>?
    private let mailbox: NIOLoopBound<ReplyMailbox>
    /// How long the server may take to close its side.
    private let patience: TimeAmount

    /// - Throws: also for a cancelled task, and where `sockets` has been aborted; no socket is open then.
    static func open(
        _ options: SMTPClientOptions, on group: any EventLoopGroup, sockets: ConnectionSockets
    ) async throws(SMTPClientError) -> Link {
        do {
            return try await withTaskCancellationHandler {
                try await connect(options, on: group) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try sockets.adopt(channel)
                        return try Link(channel, options)
                    }
                }
            } onCancel: {
                sockets.abort()
            }
        } catch {
            if let error = error as? TLSError { throw .tlsFailed(error) }
            if Task.isCancelled || sockets.isAborted { throw .cancelled }
            throw .unreachable(host: options.host, port: options.port, reason: "\(error)")
        }
    }

    private static func connect(
        _ options: SMTPClientOptions, on group: any EventLoopGroup,
        _ link: @escaping @Sendable (any Channel) -> EventLoopFuture<Link>
    ) async throws -> Link {
        let bootstrap = ClientBootstrap(group: group).connectTimeout(TimeAmount(options.timeouts.connect))
        if let path = options.localSocket {
            return try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: link)
        }
        return try await bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: options.host, port: options.port, channelInitializer: link)
    }

    private init(_ channel: any Channel, _ options: SMTPClientOptions) throws {
        let pipeline = channel.pipeline.syncOperations
        var handshake: EventLoopFuture<TLSInfo>?
        if case .implicit(let context) = options.security {
            let handler = try TLSHandler(
                context: context, role: .client(host: options.host), options: options.tlsOptions,
                on: channel.eventLoop)
            handshake = handler.handshake
            try pipeline.addHandler(handler)
        }
        let mailbox = ReplyMailbox()
        try pipeline.addHandlers([InboundMeter(), mailbox])
        self.channel = channel
        self.handshake = handshake
        self.mailbox = NIOLoopBound(mailbox, eventLoop: channel.eventLoop)
        patience = TimeAmount(options.timeouts.quit)
    }

    func next(within limit: TimeAmount) -> EventLoopFuture<ReplyMailbox.Delivery> {
        channel.eventLoop.flatSubmit { mailbox.value.next(within: limit, on: channel.eventLoop) }
    }

    /// Begins to close; see `ReplyMailbox.leave`.
    ///
    /// - Returns: fulfilled when the connection is closed.
    @discardableResult
    func hangUp(saying goodbye: ByteBuffer? = nil) -> EventLoopFuture<Void> {
        channel.eventLoop.execute { mailbox.value.leave(channel, saying: goodbye, within: patience) }
        return channel.closeFuture
    }
}

extension SMTPClientOptions {
    var tlsOptions: TLSOptions { TLSOptions(handshakeTimeout: TimeAmount(timeouts.handshake)) }

    var session: ClientConfiguration {
        let tls: ClientConfiguration.TLS = if case .startTLS = security { .startTLS } else { .off }
        return ClientConfiguration(hostname: hostname, tls: tls, credentials: credentials)
    }
}
