import NIOCore
import NIOPosix
import Testing

@testable import HTTPTransport

@Suite struct ProxyTests {
    private let transport = HTTPTransport()

    private func endpoint(_ port: Int, caFile: String? = nil) -> HTTPEndpoint {
        HTTPEndpoint(caFile: caFile, proxy: "http://joe:geheim@127.0.0.1:\(port)")
    }

    /// The name is resolved by the proxy, not here.
    @Test func cleartextGoesInAbsoluteForm() async throws {
        let seen = Record<Wire.Request>()
        let response = try await withServer { wire in
            await seen.add(try await wire.request())
            try await wire.answer(200, body: "by proxy")
        } _: { port in
            try await transport.send(.get("http://graph.invalid/v1.0/x", endpoint: endpoint(port)))
        }
        #expect(response.body == Array("by proxy".utf8))
        let request = try #require(await seen.entries.first)
        #expect(request.target == "http://graph.invalid/v1.0/x")
        #expect(request.field("Host") == "graph.invalid")
        #expect(request.field("Proxy-Authorization") == "Basic am9lOmdlaGVpbQ==")
    }

    @Test(arguments: [407, 403, 502])
    func aRefusedTunnel(_ status: Int) async throws {
        let seen = Record<Wire.Request>()
        try await withServer { wire in
            await seen.add(try await wire.request())
            try await wire.answer(status, ["Proxy-Authenticate: Basic realm=x", "Connection: close"])
        } _: { port in
            var request = HTTPRequest.post("https://graph.invalid/v1.0/x", .text("{}"))
            request.endpoint = endpoint(port)
            let failure = try await transport.failure(request)
            #expect(failure.stage == .proxy)
            #expect(failure.bodyProgress == .none)
            #expect(failure.status == nil)
            #expect(failure.text.contains("the proxy 127.0.0.1:\(port)"))
            #expect(failure.text.contains("\(status)"))
            #expect(!failure.text.contains("geheim"))
        }
        let request = try #require(await seen.entries.first)
        #expect(request.method == "CONNECT")
        #expect(request.target == "graph.invalid:443")
    }

    @Test func noProxyThere() async throws {
        let port = try await withServer({ _ in }, { $0 })
        let failure = try await transport.failure(.get("https://graph.invalid/", endpoint: endpoint(port)))
        #expect(failure.stage == .proxy)
        #expect(failure.bodyProgress == .none)
        #expect(failure.text.contains("the proxy 127.0.0.1:\(port) (Connection refused)"))
    }

    @Test(.enabled(if: TLSServer.isPossible))
    func tlsGoesThroughATunnel() async throws {
        let response = try await TLSServer.with(TLSServer.http1) { target, certificate in
            try await withServer { wire in
                _ = try await wire.head()
                try await wire.send("HTTP/1.1 200 Established\r\nX-From: proxy\r\n\r\n")
                try await relay(wire, to: target)
            } _: { port in
                try await transport.send(
                    .get("https://localhost:\(target)/", endpoint: endpoint(port, caFile: certificate.file)))
            }
        }
        #expect(response.status == 200)
        #expect(response.body == Array("1".utf8))
        #expect(response.headers["X-From"] == nil)
    }

    private func relay(_ wire: Wire, to port: Int) async throws {
        let target = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await target.executeThenClose { inbound, outbound in
            let back = wire.channel
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { for try await piece in inbound { try await back.writeAndFlush(piece) } }
                while let piece = try? await wire.piece() { try await outbound.write(ByteBuffer(bytes: piece)) }
                group.cancelAll()
            }
        }
    }
}
