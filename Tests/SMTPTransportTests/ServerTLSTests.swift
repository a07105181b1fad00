import MailModel
import NIOCore
import SMTPProtocol
import TLS
import Testing

@testable import SMTPTransport

@Suite struct ServerTLSTests {
    private static func settings(_ tls: ServerConfiguration.TLS) -> SMTPServerSettings {
        makeSettings {
            $0.session.tls = tls
            $0.tls = TestPKI.server
        }
    }

    @Test func aSessionBeginsAnewBehindSTARTTLS() async throws {
        let handler = RecordingHandler()
        try await withServer(handler, Self.settings(.offered)) { server in
            let client = try await RawClient(to: server)
            _ = try await client.reply()
            #expect(try await client.command("EHLO client.test").contains("STARTTLS"))
            #expect(try await client.command("STARTTLS") == "220 2.0.0 Ready to start TLS")
            try await client.startTLS()
            #expect(try await client.command("MAIL FROM:<a@a.test>").hasPrefix("503 "))
            #expect(try await !client.command("EHLO secure.test").contains("STARTTLS"))
            try await client.send("MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n")
            #expect(try await client.rest().last == "221 2.0.0 Bye")
        }
        #expect(handler.messages.first?.protocolName == "ESMTPS")
        #expect(handler.lastContext?.tls?.version == "TLSv1.3")
        #expect(handler.lastContext?.clientName == "secure.test")
    }

    @Test func helloAndSTARTTLSInOneSegment() async throws {
        try await withServer(RecordingHandler(), Self.settings(.required)) { server in
            let client = try await RawClient(to: server)
            _ = try await client.reply()
            try await client.send("EHLO client.test\r\nSTARTTLS\r\n")
            _ = try await client.reply()
            #expect(try await client.reply().hasPrefix("220 "))
            try await client.startTLS()
            #expect(try await client.command("EHLO again.test").hasPrefix("250"))
        }
    }

    @Test func requiredMeansRequired() async throws {
        try await withServer(RecordingHandler(), Self.settings(.required)) { server in
            let client = try await RawClient(to: server)
            try await client.hello()
            #expect(try await client.command("MAIL FROM:<a@a.test>").hasPrefix("530 5.7.0"))
        }
    }

    @Test func commandsBehindSTARTTLSEndTheConnection() async throws {
        let handler = RecordingHandler()
        try await withServer(handler, Self.settings(.offered)) { server in
            let client = try await RawClient(to: server)
            try await client.hello()
            try await client.send("STARTTLS\r\nMAIL FROM:<evil@x.test>\r\n")
            #expect(try await client.rest() == ["554 5.5.0 Plaintext behind STARTTLS refused"])
        }
    }

    @Test func plainTextInsteadOfAHandshake() async throws {
        let handler = RecordingHandler()
        try await withServer(handler, Self.settings(.offered)) { server in
            let client = try await RawClient(to: server)
            try await client.hello()
            _ = try await client.command("STARTTLS")
            try await client.send("MAIL FROM:<evil@x.test>\r\n")
            let error = await handler.waitForEnd()
            #expect(error?.contains("does not speak TLS") == true)
        }
    }

    @Test("Pitfall 6: a TLS ClientHello on the plain port") func aHandshakeOnAPlainPort() async throws {
        try await withServer { server in
            let client = try await RawClient(to: server)
            _ = try await client.reply()
            try await client.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03, 0x0D, 0x0A])
            #expect(try await client.rest() == ["554 5.5.1 TLS where a command was expected"])
        }
    }

    @Test func plainTextOnAPortOfImplicitTLS() async throws {
        let handler = RecordingHandler()
        let settings = makeSettings {
            $0.implicitTLS = true
            $0.tls = TestPKI.server
        }
        try await withServer(handler, settings) { server in
            let client = try await RawClient(to: server)
            try await client.send("EHLO client.test\r\n")
            #expect(await handler.waitForEnd()?.contains("does not speak TLS") == true)
        }
    }

    @Test func silenceInsteadOfAHandshake() async throws {
        let handler = RecordingHandler()
        let settings = makeSettings {
            $0.implicitTLS = true
            $0.tls = TestPKI.server
            $0.handshakeTimeout = .milliseconds(50)
        }
        try await withServer(handler, settings) { server in
            let client = try await RawClient(to: server)
            #expect(await handler.waitForEnd() == "TLS handshake not finished after 50 ms")
            _ = try await client.rest()
        }
    }

    /// Many at once on few loops: in any other order of reply and handler some ClientHello is read as a command.
    @Test func manyHandshakesAtTheSameTime() async throws {
        try await withServer(RecordingHandler(), Self.settings(.required)) { server in
            try await withThrowingTaskGroup(of: Void.self) { clients in
                for _ in 0..<40 {
                    clients.addTask {
                        let client = try await RawClient(to: server)
                        try await client.hello()
                        _ = try await client.command("STARTTLS")
                        try await client.startTLS()
                        #expect(try await client.command("EHLO again.test").hasPrefix("250"))
                    }
                }
                try await clients.waitForAll()
            }
        }
    }
}
