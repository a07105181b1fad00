// A server on loopback that says, byte for byte, what the test's script says.

import Glibc
import NIOCore
import NIOPosix

/// A connection as the script sees it. The connection closes when the script returns or throws.
final class Wire {
    struct Request: Sendable, Equatable {
        var method: String
        var target: String
        var fields: [String]
        var body: [UInt8] = []

        func field(_ name: String) -> String? {
            fields.first { $0.lowercased().hasPrefix("\(name.lowercased()):") }.map {
                String($0.dropFirst(name.count + 1).drop { $0 == " " })
            }
        }
    }

    struct Ended: Error {}

    /// 1 for the server's first connection.
    let number: Int
    let channel: any Channel
    private var inbound: AsyncStream<[UInt8]>.Iterator
    private var buffer: [UInt8] = []

    init(number: Int, connection: Connection) {
        self.number = number
        channel = connection.channel
        inbound = connection.bytes.makeAsyncIterator()
    }

    /// The whole request, body included.
    func request() async throws -> Request {
        var request = try await head()
        request.body = try await bytes(request.field("Content-Length").flatMap { Int($0) } ?? 0)
        return request
    }

    func head() async throws -> Request {
        var lines: [String] = []
        while case let line = try await line(), !line.isEmpty { lines.append(line) }
        let words = (lines.first ?? "").split(separator: " ").map(String.init)
        guard words.count == 3 else { throw Ended() }
        return Request(method: words[0], target: words[1], fields: Array(lines.dropFirst()))
    }

    func bytes(_ count: Int) async throws -> [UInt8] {
        while buffer.count < count { try await more() }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    /// Whatever comes next.
    func piece() async throws -> [UInt8] {
        if buffer.isEmpty { try await more() }
        defer { buffer = [] }
        return buffer
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func answer(_ status: Int, _ fields: [String] = [], body: String = "") async throws {
        let lines = ["HTTP/1.1 \(status) Text", "Content-Length: \(body.utf8.count)"] + fields
        try await send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    /// Reads, and drops, until the client is gone.
    func hold() async {
        while (try? await piece()) != nil {}
    }

    /// Closes with RST instead of FIN.
    func reset() async throws {
        try await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try await channel.close()
    }

    /// Reads nothing more until the test is over.
    func stand() async {
        for await _ in AsyncStream<Void>.makeStream().stream {}
    }

    private func line() async throws -> String {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeSubrange(...end) }
                return String(decoding: buffer[..<end].filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
            }
            try await more()
        }
    }

    private func more() async throws {
        channel.read()
        guard let piece = await inbound.next() else { throw Ended() }
        buffer.append(contentsOf: piece)
    }
}

/// Bytes come only when the script asks, so a script that does not read holds up the client.
struct Connection: Sendable {
    let channel: any Channel
    let bytes: AsyncStream<[UInt8]>
}

private final class Feed: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let accepted: AsyncStream<Connection>.Continuation
    private let (stream, bytes) = AsyncStream<[UInt8]>.makeStream()

    init(_ accepted: AsyncStream<Connection>.Continuation) {
        self.accepted = accepted
    }

    /// Not earlier: a read asked of a channel that is not yet active is forgotten.
    func channelActive(context: ChannelHandlerContext) {
        accepted.yield(Connection(channel: context.channel, bytes: stream))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes.yield(Array(unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) {
        bytes.finish()
    }
}

typealias Script = @Sendable (Wire) async throws -> Void

/// Serves every connection with `script` while `body` runs; `body` gets the port.
func withServer<Result: Sendable>(
    _ script: @escaping Script, _ body: @Sendable (Int) async throws -> Result
) async throws -> Result {
    let (connections, accepted) = AsyncStream<Connection>.makeStream()
    let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .serverChannelOption(.backlog, value: 256)
        .childChannelOption(.autoRead, value: false)
        .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Feed(accepted))
            }
        }
        .bind(host: "127.0.0.1", port: 0).get()
    let port = listener.localAddress?.port ?? 0
    let result = await withTaskGroup(of: Void.self) { group in
        group.addTask { await serve(connections, script) }
        defer { group.cancelAll() }
        return await outcome { try await body(port) }
    }
    try await listener.close()
    return try result.get()
}

private func outcome<Value>(_ body: () async throws -> Value) async -> Result<Value, any Error> {
    do { return .success(try await body()) } catch { return .failure(error) }
}

private func serve(_ connections: AsyncStream<Connection>, _ script: @escaping Script) async {
    await withDiscardingTaskGroup { group in
        var number = 0
        for await connection in connections {
            number += 1
            group.addTask { [number] in
                try? await script(Wire(number: number, connection: connection))
                try? await connection.channel.close()
            }
        }
    }
}

/// What the scripts saw, in order.
actor Record<Entry: Sendable> {
    private(set) var entries: [Entry] = []

    func add(_ entry: Entry) {
        entries.append(entry)
    }
}

/// Something that happens once, and can be waited for.
struct Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func fire() {
        continuation.finish()
    }

    func wait() async {
        for await _ in stream {}
    }
}
