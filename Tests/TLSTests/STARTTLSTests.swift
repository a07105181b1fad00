import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite struct STARTTLSTests {
    private let ready = ByteBuffer(string: "220 2.0.0 Ready\r\n")

    @Test func theReplyGoesOutPlainAndBeforeTheHandshake() async throws {
        let (server, client) = (try await makeChannel(), try await makeChannel())
        try await server.writeInbound(ByteBuffer(string: "STARTTLS\r\n"))
        async let serverInfo = upgradeServer(server, consumed: 1)
        let plain = try await server.waitForOutboundWrite(as: ByteBuffer.self)
        #expect(plain == ready)

        try await client.writeInbound(plain)
        let clientContext = try TestPKI.clientContext()
        async let clientInfo = STARTTLS.upgrade(
            client, context: clientContext, role: .client(host: "mail.test"), consumed: 1, leftover: 0)
        try await server.writeInbound(client.waitForOutboundWrite(as: ByteBuffer.self))
        try await client.writeInbound(server.waitForOutboundWrite(as: ByteBuffer.self))
        try await server.writeInbound(client.waitForOutboundWrite(as: ByteBuffer.self))
        let (left, right) = try await (serverInfo, clientInfo)
        #expect(left == right)
    }

    @Test func bytesInTheParseBufferAreAnInjection() async throws {
        let server = try await makeChannel()
        try await server.writeInbound(ByteBuffer(string: "STARTTLS\r\nMAIL FROM:<evil@x.test>\r\n"))
        await #expect(throws: TLSError.plaintextInjected) {
            try await upgradeServer(server, consumed: 1, leftover: 25)
        }
        #expect(try await server.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test func aChunkInTheSequenceIsAnInjection() async throws {
        let server = try await makeChannel()
        try await server.writeInbound(ByteBuffer(string: "STARTTLS\r\n"))
        try await server.writeInbound(ByteBuffer(string: "MAIL FROM:<evil@x.test>\r\n"))
        await #expect(throws: TLSError.plaintextInjected) { try await upgradeServer(server, consumed: 1) }
        #expect(try await server.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test func bytesThatComeLaterFailInTheHandshake() async throws {
        let server = try await makeChannel()
        try await server.writeInbound(ByteBuffer(string: "STARTTLS\r\n"))
        let upgrade = Task { try await upgradeServer(server, consumed: 1) }
        _ = try await server.waitForOutboundWrite(as: ByteBuffer.self)
        _ = try? await server.writeInbound(ByteBuffer(string: "MAIL FROM:<evil@x.test>\r\n"))
        await #expect {
            try await upgrade.value
        } throws: {
            "\($0)".contains("does not speak TLS")
        }
    }

    @Test func aClientChecksBehindThe220AsWell() async throws {
        let client = try await makeChannel()
        try await client.writeInbound(ByteBuffer(string: "220 go\r\n250 injected\r\n"))
        let context = try TestPKI.clientContext()
        await #expect(throws: TLSError.plaintextInjected) {
            try await STARTTLS.upgrade(
                client, context: context, role: .client(host: "mail.test"), consumed: 1, leftover: 14)
        }
    }

    @Test func withoutAMeterNothingIsSwitched() async throws {
        let bare = NIOAsyncTestingChannel()
        let context = try TestPKI.serverContext()
        await #expect(throws: (any Error).self) {
            try await STARTTLS.upgrade(bare, context: context, role: .server, consumed: 0, leftover: 0, reply: ready)
        }
    }

    private func makeChannel() async throws -> NIOAsyncTestingChannel {
        let channel = try await NIOAsyncTestingChannel { channel in
            try channel.pipeline.syncOperations.addHandler(InboundMeter())
        }
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
        return channel
    }

    private func upgradeServer(
        _ channel: NIOAsyncTestingChannel, consumed: Int, leftover: Int = 0
    ) async throws -> TLSInfo {
        try await STARTTLS.upgrade(
            channel, context: TestPKI.serverContext(), role: .server, consumed: consumed, leftover: leftover,
            reply: ready)
    }
}
