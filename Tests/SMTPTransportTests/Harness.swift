import NIOCore
import NIOPosix
import SMTPProtocol
import TLS
import Testing

@testable import SMTPTransport

let group: MultiThreadedEventLoopGroup = .singleton

/// Certificates for loopback.
enum TestPKI {
    private static let always: Range<Int64> = 1_577_836_800..<4_102_444_800
    private static let authority = make { try CertificateAuthority(commonName: "Test CA", validity: always) }
    private static let stranger = make { try CertificateAuthority(commonName: "Other CA", validity: always) }
    private static let issued = make {
        try authority.issueServer(names: ["localhost"], addresses: ["127.0.0.1"], validity: always)
    }

    static let server = make {
        try TLSContext.server(certificateChainPEM: issued.certificatePEM, privateKeyPEM: issued.privateKeyPEM)
    }
    static let client = make {
        try TLSContext.client(verification: .full, extraTrustPEM: authority.certificatePEM)
    }
    static let suspiciousClient = make {
        try TLSContext.client(verification: .full, extraTrustPEM: stranger.certificatePEM)
    }

    private static func make<Value>(_ body: () throws -> Value) -> Value {
        do { return try body() } catch { fatalError("\(error)") }
    }
}

func makeSettings(_ change: (inout SMTPServerSettings) -> Void = { _ in }) -> SMTPServerSettings {
    var settings = SMTPServerSettings(session: ServerConfiguration(hostname: "mx.test"))
    change(&settings)
    return settings
}

func flunk(_ text: String, at location: SourceLocation = #_sourceLocation) {
    Issue.record(Comment(rawValue: text), sourceLocation: location)
}

/// Runs a server on a free port of loopback for as long as `body` runs.
@discardableResult
func withServer<Result: Sendable>(
    _ handler: RecordingHandler = RecordingHandler(), _ settings: SMTPServerSettings = makeSettings(),
    _ body: (SMTPServer<RecordingHandler>) async throws -> Result
) async throws -> Result {
    let server = try await SMTPServer.bind(ip: "127.0.0.1", port: 0, on: group, handler: handler) { settings }
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await server.run() }
        let result = try await body(server)
        tasks.cancelAll()
        return result
    }
}

/// A client that says exactly what it is told to say.
final class RawClient {
    private let channel: any Channel
    private let mailbox: NIOLoopBound<ReplyMailbox>
    private var unread: [UInt8] = []
    private var isAtEnd = false
    private var consumed = 0

    init(to server: SMTPServer<RecordingHandler>) async throws {
        (channel, mailbox) = try await ClientBootstrap(group: group)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: server.address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let mailbox = ReplyMailbox()
                    try channel.pipeline.syncOperations.addHandlers([InboundMeter(), EndOfInput(), mailbox])
                    return (channel, NIOLoopBound(mailbox, eventLoop: channel.eventLoop))
                }
            }
    }

    deinit { channel.close(promise: nil) }

    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)).get() }
    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }

    /// The next reply, all its lines; empty at the end of the connection.
    func reply() async throws -> String {
        var lines: [String] = []
        while let line = try await line() {
            lines.append(line)
            if line.dropFirst(3).first != "-" { break }
        }
        return lines.joined(separator: "\n")
    }

    func command(_ text: String) async throws -> String {
        try await send(text + "\r\n")
        return try await reply()
    }

    /// Greeting and EHLO.
    func hello() async throws {
        _ = try await reply()
        _ = try await command("EHLO client.test")
    }

    /// As far as the 354.
    func beginMessage() async throws -> String {
        try await hello()
        try await send("MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\n")
        _ = try await reply()
        _ = try await reply()
        return try await reply()
    }

    /// Everything until the server closes its side.
    func rest() async throws -> [String] {
        var lines: [String] = []
        while let line = try await line() { lines.append(line) }
        return lines
    }

    /// Without effect where the server was faster.
    func closeOutput() async { try? await channel.close(mode: .output).get() }
    func close() async { try? await channel.close().get() }

    func startTLS(_ context: TLSContext = TestPKI.client) async throws {
        _ = try await STARTTLS.upgrade(
            channel, context: context, role: .client(host: "127.0.0.1"), consumed: consumed, leftover: unread.count)
    }

    private func line() async throws -> String? {
        while true {
            if let end = unread.firstIndex(of: 10) {
                defer { unread.removeFirst(end + 1) }
                return String(decoding: unread[..<end].filter { $0 != 13 }, as: UTF8.self)
            }
            guard !isAtEnd else { return nil }
            try await receive()
        }
    }

    private func receive() async throws {
        let (channel, mailbox) = (channel, mailbox)
        let delivery = try await channel.eventLoop.flatSubmit {
            mailbox.value.next(within: .seconds(60), on: channel.eventLoop)
        }.get()
        switch delivery {
        case .chunks(let chunks):
            consumed += chunks.count
            for chunk in chunks { unread.append(contentsOf: chunk.readableBytesView) }
        case .end, .timeout: isAtEnd = true
        }
    }
}

/// Makes the server's half closure look like the end, which it is to a reader.
private final class EndOfInput: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { context.close(promise: nil) }
    }
}
