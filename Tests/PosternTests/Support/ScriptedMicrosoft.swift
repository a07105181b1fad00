import MailModel
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

@testable import Postern

/// Entra's token endpoint and Graph's sendMail on loopback, answering as a test's script says.
final class ScriptedMicrosoft: Sendable {
    struct Call: Sendable {
        var method: String
        var path: String
        var headers: HTTPHeaders
        var body: [UInt8]

        var isToken: Bool { path.hasSuffix("/token") }
        /// What a sendMail carries.
        var message: [UInt8]? { Base64.decode(body) }
        var form: String { String(decoding: body, as: UTF8.self) }
        func header(_ name: String) -> String? { headers.first(name: name) }
        func count(of name: String) -> Int { headers[name].count }
    }

    enum Answer: Sendable {
        case status(Int, [String: String] = [:], String = "")
        /// The connection ends without one.
        case hangUp
    }

    /// - Parameter number: of the call among those of its kind, from 1.
    typealias Script = @Sendable (_ call: Call, _ number: Int) async -> Answer

    private let script: Script
    private let received = NIOLockedValueBox<[Call]>([])
    private let mail = AsyncStream<Call>.makeStream()
    private let boundPort = NIOLockedValueBox(0)

    private init(_ script: @escaping Script) { self.script = script }

    var endpoint: String { "http://127.0.0.1:\(boundPort.withLockedValue { $0 })" }
    var tokenCalls: [Call] { received.withLockedValue { $0.filter(\.isToken) } }
    var mailCalls: [Call] { received.withLockedValue { $0.filter { !$0.isToken } } }

    /// The messages as they arrive; for one reader.
    var arrivals: AsyncStream<Call> { mail.stream }

    static let accepted = Answer.status(202, ["request-id": "request-1"])

    static func token(_ text: String, expiresIn: Int = 3600) -> Answer {
        .status(200, [:], #"{"token_type":"Bearer","expires_in":\#(expiresIn),"access_token":"\#(text)"}"#)
    }

    static func refusedToken(_ code: Int) -> Answer {
        .status(
            401, [:],
            #"{"error":"invalid_client","error_description":"AADSTS\#(code): no","error_codes":[\#(code)]}"#)
    }

    static func graphError(_ status: Int, _ code: String, _ headers: [String: String] = [:]) -> Answer {
        .status(status, headers, #"{"error":{"code":"\#(code)","message":"\#(code) it is"}}"#)
    }

    /// Gives tokens `token-1`, `token-2`, … and takes every message.
    static let friendly: Script = { call, number in call.isToken ? token("token-\(number)") : accepted }

    static func serve<Result>(
        _ script: @escaping Script = friendly, _ body: (ScriptedMicrosoft) async throws -> Result
    ) async throws -> Result {
        let server = ScriptedMicrosoft(script)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Dialogue(server))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        server.boundPort.withLockedValue { $0 = listener.localAddress?.port ?? 0 }
        do {
            let result = try await body(server)
            try await listener.close()
            return result
        } catch {
            try await listener.close()
            throw error
        }
    }

    fileprivate func answer(_ call: Call) async -> Answer {
        let number = received.withLockedValue { calls in
            calls.append(call)
            return calls.count { $0.isToken == call.isToken }
        }
        if !call.isToken { mail.continuation.yield(call) }
        return await script(call, number)
    }
}

private final class Dialogue: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let server: ScriptedMicrosoft
    private var call = ScriptedMicrosoft.Call(method: "", path: "", headers: [:], body: [])

    init(_ server: ScriptedMicrosoft) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            call = .init(method: head.method.rawValue, path: head.uri, headers: head.headers, body: [])
        case .body(let buffer): call.body += buffer.readableBytesView
        case .end:
            let promise = context.eventLoop.makePromise(of: ScriptedMicrosoft.Answer.self)
            promise.completeWithTask { [server, call] in await server.answer(call) }
            promise.futureResult.assumeIsolated().whenSuccess { self.say($0, context) }
        }
    }

    private func say(_ answer: ScriptedMicrosoft.Answer, _ context: ChannelHandlerContext) {
        guard case .status(let status, let fields, let text) = answer else { return context.close(promise: nil) }
        var headers = HTTPHeaders(fields.map { ($0.key, $0.value) })
        headers.add(name: "Content-Length", value: "\(text.utf8.count)")
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
