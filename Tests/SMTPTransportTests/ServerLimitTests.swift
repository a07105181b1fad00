import MailModel
import NIOCore
import SMTPProtocol
import TLS
import Testing

@testable import SMTPTransport

@Suite struct ServerLimitTests {
    @Test func oneConnectionTooMany() async throws {
        let handler = RecordingHandler()
        try await withServer(handler, makeSettings { $0.maxConnections = 1 }) { server in
            let first = try await RawClient(to: server)
            _ = try await first.reply()
            let second = try await RawClient(to: server)
            #expect(try await second.rest() == ["421 4.3.2 Too many connections, try again later"])
            await handler.wait(for: .refused(421))

            _ = try await first.command("QUIT")
            #expect(try await first.rest() == [])
            _ = await handler.waitForEnd()
            #expect(server.connectionCount == 0)
            let third = try await RawClient(to: server)
            #expect(try await third.reply().hasPrefix("220 "))
        }
    }

    @Test func aPeerThatMayNotConnect() async throws {
        let handler = RecordingHandler()
        try await withServer(handler, makeSettings { $0.isAllowed = { $0.ip != "127.0.0.1" } }) { server in
            let client = try await RawClient(to: server)
            // What it says meanwhile must not make the kernel throw the reply away.
            try? await client.send("EHLO client.test\r\n")
            #expect(try await client.rest() == ["554 5.7.1 Access denied"])
            await handler.wait(for: .refused(554))
        }
    }

    @Test func aSilentClient() async throws {
        let handler = RecordingHandler()
        try await withServer(handler, makeSettings { $0.idleTimeout = .milliseconds(100) }) { server in
            let client = try await RawClient(to: server)
            #expect(try await client.rest().last == "421 4.4.2 Timeout, closing connection")
            #expect(await handler.waitForEnd() == nil)
        }
    }

    @Test func aClientThatFallsSilentInAMessage() async throws {
        let handler = RecordingHandler()
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            _ = try await client.beginMessage()
            try await client.send("half of")
            await handler.wait(for: .wrote)
            server.registry.signal(.idle)
            await handler.wait(for: .abandoned)
            #expect(try await client.rest() == ["421 4.4.2 Timeout, closing connection"])
        }
    }

    /// Where it counts connections, one that a client has seen end is counted no longer.
    @Test func theEndIsToldBeforeTheClientSeesIt() async throws {
        let handler = RecordingHandler()
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            try await client.hello()
            #expect(handler.dialoguesEnded == 0)
            _ = try await client.command("QUIT")
            #expect(try await client.rest() == [])
            #expect(handler.dialoguesEnded == 1)
        }
    }

    @Test func aBrokenDialogueEndsOnce() async throws {
        let handler = RecordingHandler()
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            _ = try await client.beginMessage()
            await client.close()
            _ = await handler.waitForEnd()
            #expect(handler.dialoguesEnded == 1)
        }
    }

    @Test func aClientThatNeverClosesIsLeft() async throws {
        let handler = RecordingHandler()
        try await withServer(handler, makeSettings { $0.lingerTimeout = .milliseconds(50) }) { server in
            let client = try await RawClient(to: server)
            _ = try await client.reply()
            try await client.send("QUIT\r\n")
            _ = await handler.waitForEnd()
        }
    }
}

@Suite struct ServerShutdownTests {
    @Test func drainingTellsIdleClientsAndEnds() async throws {
        let server = try await bind(RecordingHandler())
        async let running: Void = server.run()
        let client = try await RawClient(to: server)
        try await client.hello()
        server.drain()
        #expect(try await client.rest() == ["421 4.3.2 Service shutting down, closing connection"])
        try await running
        await #expect(throws: (any Error).self) { try await RawClient(to: server) }
    }

    @Test func drainingLetsAMessageBeFinished() async throws {
        let handler = RecordingHandler()
        let server = try await bind(handler)
        async let running: Void = server.run()
        let client = try await RawClient(to: server)
        _ = try await client.beginMessage()
        try await client.send("one\r\n")
        await handler.wait(for: .wrote)
        server.drain()
        try await client.send("two\r\n.\r\n")
        #expect(
            try await client.rest() == [
                "250 2.0.0 Ok: queued", "421 4.3.2 Service shutting down, closing connection",
            ])
        try await running
        #expect(handler.messages.map(\.content) == ["one\r\ntwo\r\n"])
    }

    @Test func drainingWithNobodyThereEndsAtOnce() async throws {
        let server = try await bind(RecordingHandler())
        async let running: Void = server.run()
        server.drain()
        server.drain()
        try await running
    }

    @Test func cancellingClosesEverything() async throws {
        let handler = RecordingHandler()
        let server = try await bind(handler)
        let running = Task { try await server.run() }
        let client = try await RawClient(to: server)
        _ = try await client.beginMessage()
        try await client.send("half of")
        await handler.wait(for: .wrote)
        running.cancel()
        try await running.value
        #expect(server.connectionCount == 0)
        await handler.wait(for: .abandoned)
        #expect(handler.messages.isEmpty)
    }

    private func bind(_ handler: RecordingHandler) async throws -> SMTPServer<RecordingHandler> {
        try await SMTPServer.bind(ip: "127.0.0.1", port: 0, on: group, handler: handler) { makeSettings() }
    }
}

@Suite struct ListenErrorTests {
    @Test func anAddressInUse() async throws {
        try await withServer { server in
            await #expect(throws: SMTPListenError(address: server.address, reason: .addressInUse)) {
                try await SMTPServer.bind(
                    ip: "127.0.0.1", port: server.address.port, on: group, handler: RecordingHandler()
                ) { makeSettings() }
            }
        }
    }

    @Test func anAddressOfAnotherMachine() async {
        let elsewhere = PeerAddress(ip: "192.0.2.1", port: 0)
        await #expect(throws: SMTPListenError(address: elsewhere, reason: .noSuchAddress)) {
            try await SMTPServer.bind(ip: "192.0.2.1", port: 0, on: group, handler: RecordingHandler()) {
                makeSettings()
            }
        }
    }

    @Test(arguments: [true, false])
    func tlsWithoutACertificate(implicit: Bool) async {
        let settings = makeSettings {
            $0.implicitTLS = implicit
            $0.session.tls = implicit ? .off : .offered
        }
        let here = PeerAddress(ip: "127.0.0.1", port: 0)
        await #expect(throws: SMTPListenError(address: here, reason: .noTLSContext)) {
            try await SMTPServer.bind(ip: "127.0.0.1", port: 0, on: group, handler: RecordingHandler()) { settings }
        }
    }

    @Test(arguments: [
        (SMTPListenError.Reason.addressInUse, "in use"), (.notPermitted, "CAP_NET_BIND_SERVICE"),
        (.noSuchAddress, "0.0.0.0"), (.noTLSContext, "certificate"), (.other("why"), "why"),
    ])
    func texts(reason: SMTPListenError.Reason, part: String) {
        let text = SMTPListenError(address: PeerAddress(ip: "::1", port: 25), reason: reason).description
        #expect(text.hasPrefix("cannot listen for SMTP on [::1]:25: "))
        #expect(text.contains(part))
    }
}

@Suite struct PeerAddressTests {
    @Test(arguments: [
        ("10.0.0.1", "10.0.0.1:25"), ("::1", "[::1]:25"), ("::ffff:10.0.0.1", "10.0.0.1:25"),
        ("::FFFF:10.0.0.1", "10.0.0.1:25"),
    ])
    func texts(ip: String, expected: String) { #expect(PeerAddress(ip: ip, port: 25).description == expected) }

    @Test func aSocketThatIsGone() { #expect(PeerAddress(nil).ip == "unknown") }
}
