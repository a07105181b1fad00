import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// Hummingbird's server around the emulator: reads requests, waits as told, writes answers, or cuts the connection.
struct HTTPServer: Sendable {
    let core: EmulatorCore
    let scheme: String

    /// Runs until the task is cancelled.
    ///
    /// - Parameters:
    ///   - tls: wraps the connections, where they are encrypted.
    ///   - ready: the port, once it listens.
    func run(
        host: String, port: Int, tls: TLSChannel.Settings?, logger: Logger,
        ready: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let http = HTTP1Channel(
            responder: respond, configuration: .init(additionalChannelHandlers: [ClientHangUp()]))
        // It calls being cancelled an error.
        var logger = logger
        logger.logLevel = .critical
        let configuration = ServerConfiguration(address: .hostname(host, port: port), backlog: 1024)
        let group = EventLoopGroupProvider.singleton.eventLoopGroup
        let isRunning: @Sendable (any Channel) async -> Void = { await ready($0.localAddress?.port ?? port) }
        if let tls {
            try await Server(
                childChannelSetup: TLSChannel(base: http, settings: tls), configuration: configuration,
                onServerRunning: isRunning, eventLoopGroup: group, logger: logger
            ).run()
        } else {
            try await Server(
                childChannelSetup: http, configuration: configuration, onServerRunning: isRunning,
                eventLoopGroup: group,
                logger: logger
            ).run()
        }
    }

    /// The connection was cut on purpose, or the client has gone.
    private struct ConnectionEnded: Error {}

    @Sendable private func respond(
        to request: Request, writer: consuming ResponseWriter, channel: any Channel
    ) async throws {
        let head = HTTPHead(request, scheme: scheme)
        if head["expect"]?.lowercased() == "100-continue" {
            try await writer.writeInformationalHead(HTTPResponse(status: .init(code: 100)))
        }
        let answer: HTTPAnswer
        if case .control(let path) = Route(head) {
            answer = core.control(path, head, try await Self.read(request.body, upTo: Self.controlLimit))
        } else {
            answer = try await exchange(head, request, channel)
        }
        try await writer.write(response: answer.head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }

    private static let controlLimit = 16_000_000

    private func exchange(
        _ head: HTTPHead, _ request: Request, _ channel: any Channel
    ) async throws -> HTTPAnswer {
        let exchange = core.begin(head)
        let delivery: Delivery
        do {
            if let cut = core.interruption(of: exchange) {
                delivery = cut
            } else {
                let body = try await Self.read(request.body, upTo: exchange.bodyLimit)
                try await core.clock.sleep(exchange.latency)
                delivery = core.perform(exchange, body: body)
            }
            if let delay = exchange.fault?.delay, delay > 0 {
                try await core.clock.sleep(Duration(fractionalSeconds: delay))
            }
            if delivery == .stall { try await Self.waitForEnd(of: channel) }
        } catch {
            _ = core.finish(exchange, .reset)
            throw error
        }
        switch core.finish(exchange, delivery) {
        case .answer(let answer): return answer
        case .drop: try? await channel.close().get()
        case .reset, .stall: await Self.reset(channel)
        }
        throw ConnectionEnded()
    }

    /// What is above the limit is read and dropped, so that the client can finish and hear why.
    private static func read(_ body: RequestBody, upTo limit: Int) async throws -> ReceivedBody {
        var bytes: [UInt8] = []
        var count = 0
        for try await chunk in body {
            count += chunk.readableBytes
            if count <= limit { bytes.append(contentsOf: chunk.readableBytesView) }
        }
        return count <= limit ? .complete(bytes) : .tooLarge(count)
    }

    /// Until the client closes, or the server stops.
    private static func waitForEnd(of channel: any Channel) async throws {
        try await withTaskCancellationHandler {
            try await channel.closeFuture.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// Closes without lingering: the client sees a reset, not an orderly end.
    private static func reset(_ channel: any Channel) async {
        if let socket = channel as? any SocketOptionProvider {
            try? await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try? await channel.close().get()
    }
}

/// Closes the connection when the client closes its side: HTTP clients that do so have gone, and a request that is stalled
/// would otherwise hold its slot for ever.
private final class ClientHangUp: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Never

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}

extension HTTPHead {
    fileprivate init(_ request: Request, scheme: String) {
        var headers: [String: String] = [:]
        for field in request.headers { headers[field.name.canonicalName] = field.value }
        headers["host"] = headers["host"] ?? request.head.authority
        self.init(
            method: request.head.method.rawValue, target: request.head.path ?? "/", headers: headers, scheme: scheme)
    }
}

extension HTTPAnswer {
    fileprivate var head: HTTPResponse {
        var head = HTTPResponse(status: .init(code: status))
        for field in fields {
            guard let name = HTTPFields.Element.Name(field.name) else { continue }
            head.headerFields.append(HTTPFields.Element(name: name, value: field.value))
        }
        if status != 204, let name = HTTPFields.Element.Name("Content-Length") {
            head.headerFields.append(HTTPFields.Element(name: name, value: "\(body.count)"))
        }
        return head
    }
}
