import NIOCore
import NIOEmbedded

@testable import TLS

/// A client and a server on embedded channels, and the wire between them.
final class ConnectedPair {
    let client: Peer
    let server: Peer

    init(
        clientContext: TLSContext? = nil, serverContext: TLSContext? = nil, host: String = "mail.test",
        serverOptions: TLSOptions = TLSOptions(halfClosure: true)
    ) throws {
        client = try Peer(clientContext ?? TestPKI.clientContext(), .client(host: host), TLSOptions())
        server = try Peer(serverContext ?? TestPKI.serverContext(), .server, serverOptions)
    }

    /// Connects both and finishes the handshake.
    static func open(serverOptions: TLSOptions = TLSOptions(halfClosure: true)) throws -> ConnectedPair {
        let pair = try ConnectedPair(serverOptions: serverOptions)
        try pair.connect()
        return pair
    }

    func connect(chunk: Int = .max) throws {
        try server.connect()
        try client.connect()
        try exchange(chunk: chunk)
    }

    /// Carries bytes both ways, `chunk` at a time, until nobody has anything to say.
    func exchange(chunk: Int = .max) throws {
        var isBusy = true
        while isBusy {
            let toServer = try carry(client, server, chunk)
            let toClient = try carry(server, client, chunk)
            isBusy = toServer || toClient
        }
    }

    private func carry(_ from: Peer, _ to: Peer, _ chunk: Int) throws -> Bool {
        guard var wire = try from.takeCiphertext() else { return false }
        while let piece = wire.readSlice(length: min(chunk, wire.readableBytes)), piece.readableBytes > 0 {
            to.receive(piece)
        }
        return true
    }
}

/// One side: the handler, and what came out above it.
final class Peer {
    let channel = EmbeddedChannel()
    let handler: TLSHandler
    private let recorder = Recorder()

    init(_ context: TLSContext, _ role: TLSRole, _ options: TLSOptions) throws {
        handler = try TLSHandler(context: context, role: role, options: options, on: channel.embeddedEventLoop)
        try channel.pipeline.syncOperations.addHandlers([handler, recorder])
    }

    var received: String { String(decoding: recorder.received, as: UTF8.self) }
    var receivedBytes: [UInt8] { recorder.received }
    var errors: [TLSError] { recorder.errors.compactMap { $0 as? TLSError } }
    var inputClosed: Bool { recorder.inputClosed }
    var writabilityChanges: [Bool] { recorder.writabilityChanges }
    var isOpen: Bool { channel.isActive }

    func connect() throws { try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait() }

    func receive(_ buffer: ByteBuffer) {
        channel.pipeline.fireChannelRead(buffer)
        channel.pipeline.fireChannelReadComplete()
    }

    func receive(_ text: String) { receive(ByteBuffer(string: text)) }

    @discardableResult
    func send(_ text: String) -> EventLoopFuture<Void> { channel.writeAndFlush(ByteBuffer(string: text)) }

    func takeCiphertext() throws -> ByteBuffer? {
        channel.embeddedEventLoop.run()
        var all: ByteBuffer?
        while var next = try channel.readOutbound(as: ByteBuffer.self) { all.setOrWriteBuffer(&next) }
        return all
    }

    /// The handshake's result, where it has one.
    func handshakeResult() -> Result<TLSInfo, TLSError>? {
        let result = Box<Result<TLSInfo, any Error>>()
        handler.handshake.assumeIsolated().whenComplete { result.value = $0 }
        return result.value.map { $0.mapError { $0 as? TLSError ?? .closed } }
    }
}

final class Box<Value> { var value: Value? }

private final class Recorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    var received: [UInt8] = []
    var errors: [any Error] = []
    var inputClosed = false
    var writabilityChanges: [Bool] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.append(contentsOf: unwrapInboundIn(data).readableBytesView)
    }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { errors.append(error) }
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { inputClosed = true }
    }
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writabilityChanges.append(context.channel.isWritable)
    }
}
