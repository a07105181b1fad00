import MailModel
import NIOCore
import NIOPosix
import SMTPProtocol
import SMTPTransport
import TLS
import Testing

@testable import M365Emulator

/// The whole emulator over real connections.
@Suite(.timeLimit(.minutes(5))) struct M365EmulatorTests {
    private static let group = MultiThreadedEventLoopGroup.singleton

    /// Runs an emulator that answers at once.
    private func withEmulator(
        _ change: (inout EmulatorConfiguration) -> Void = { _ in }, tls: Bool = false,
        _ body: (M365Emulator.Addresses, M365Emulator) async throws -> Void
    ) async throws {
        var configuration = EmulatorConfiguration()
        configuration.graph.latency = 0
        configuration.graph.sentItemsDelay = 0
        configuration.smtp.latency = 0
        change(&configuration)
        var listen = M365Emulator.Listen()
        listen.tls = tls
        let emulator = M365Emulator(configuration: configuration, listen: listen)
        let addresses = try await emulator.start()
        do { try await body(addresses, emulator) } catch {
            await emulator.stop()
            throw error
        }
        await emulator.stop()
    }

    private func token(_ port: Int) async throws -> String {
        let answer = try await RawHTTP.send(
            "POST", "/contoso.com/oauth2/v2.0/token", ["Content-Type": "application/x-www-form-urlencoded"],
            Bench.form(),
            port: port)
        return try JSONValue(parsing: Array(answer.body.utf8))["access_token"].string ?? ""
    }

    private func send(_ token: String, _ port: Int, mailbox: String = Bench.mailbox) async throws -> RawHTTP.Ending {
        try await RawHTTP.send(
            "POST", "/v1.0/users/\(mailbox)/sendMail",
            ["Authorization": "Bearer \(token)", "Content-Type": "text/plain"],
            Bench.base64(Bench.message(from: mailbox)), port: port)
    }

    @Test func sendsAMessageByGraph() async throws {
        try await withEmulator { addresses, emulator in
            let token = try await token(addresses.httpPort)
            #expect(try await send(token, addresses.httpPort).status == 202)
            let messages = try await RawHTTP.send("GET", "/_emulator/messages", port: addresses.httpPort)
            #expect(messages.body.contains("<1@contoso.com>"))
            #expect(emulator.core.withState { $0.store.captured.count } == 1)
            #expect(addresses.http == "http://127.0.0.1:\(addresses.httpPort)")
        }
    }

    static let cuts: [(preset: String, sent: Int)] = [
        ("reset-before-body", 0), ("reset-after-body", 0), ("answer-lost", 1),
    ]

    @Test(arguments: cuts) func resetsConnections(preset: String, sent: Int) async throws {
        try await withEmulator { addresses, emulator in
            let token = try await token(addresses.httpPort)
            let rule: JSONValue = ["preset": .string(preset), "operation": "sendMail"]
            let control = try await RawHTTP.send(
                "POST", "/_emulator/faults", [:], String(decoding: rule.encoded, as: UTF8.self),
                port: addresses.httpPort)
            #expect(control.status == 201)
            #expect(try await send(token, addresses.httpPort) == .reset)
            #expect(emulator.core.withState { $0.store.captured.count } == sent)
            #expect(try await send(token, addresses.httpPort).status == 202)
        }
    }

    @Test func closesConnectionsWithoutAnAnswer() async throws {
        try await withEmulator { addresses, emulator in
            let token = try await token(addresses.httpPort)
            _ = try await RawHTTP.send(
                "POST", "/_emulator/faults", [:], #"{"effect": "drop", "operation": "sendMail"}"#,
                port: addresses.httpPort)
            #expect(try await send(token, addresses.httpPort) == .closed(""))
            #expect(emulator.core.withState { $0.store.captured.count } == 0)
        }
    }

    @Test func stopsWhileARequestIsStalled() async throws {
        try await withEmulator { addresses, emulator in
            let token = try await token(addresses.httpPort)
            emulator.core.withState {
                _ = $0.control(
                    ["faults"], Bench.head("POST", "/"), Array(#"{"preset":"stall"}"#.utf8), at: Bench().moment)
            }
            async let stalled = send(token, addresses.httpPort)
            while emulator.core.withState({ $0.log.records.count }) < 2 { await Task.yield() }
            await emulator.stop()
            #expect(try await stalled.status == nil)
        }
    }

    @Test func drainsABodyThatIsTooLarge() async throws {
        try await withEmulator { addresses, _ in
            let token = try await token(addresses.httpPort)
            let answer = try await RawHTTP.send(
                "POST", "/v1.0/users/a@contoso.com/sendMail",
                ["Authorization": "Bearer \(token)", "Content-Type": "text/plain"],
                String(repeating: "A", count: 6_000_000), port: addresses.httpPort)
            #expect(answer.status == 413)
        }
    }

    /// Five at a time, of which four are held by a stall: the fifth is refused.
    @Test func countsWhatIsReallyOpen() async throws {
        try await withEmulator { addresses, emulator in
            let token = try await token(addresses.httpPort)
            emulator.core.withState {
                _ = $0.control(
                    ["faults"], Bench.head("POST", "/"), Array(#"{"preset":"stall","count":4}"#.utf8),
                    at: Bench().moment)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { _ = try await send(token, addresses.httpPort) } }
                while emulator.core.withState({ $0.counters[Bench.mailbox].inFlight }) < 4 { await Task.yield() }
                #expect(try await send(token, addresses.httpPort).status == 429)
                #expect(try await send(token, addresses.httpPort, mailbox: "b@contoso.com").status == 202)
                await emulator.stop()
                try await group.waitForAll()
            }
        }
    }

    // MARK: TLS

    @Test func speaksHTTPSWithItsOwnAuthority() async throws {
        try await withEmulator(tls: true) { addresses, _ in
            #expect(addresses.http.hasPrefix("https://127.0.0.1:"))
            let trusting = try TLSContext.client(verification: .full, extraTrustPEM: addresses.caPEM)
            let text = try await Self.get("/_emulator/", trusting, addresses.httpPort)
            #expect(text.hasPrefix("HTTP/1.1 200"))
            let stranger = try TLSContext.client(verification: .full)
            await #expect(throws: (any Error).self) { try await Self.get("/_emulator/", stranger, addresses.httpPort) }
        }
    }

    private static func get(_ target: String, _ context: TLSContext, _ port: Int) async throws -> String {
        let channel = try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                let tls = try TLSHandler(context: context, role: .client(host: "127.0.0.1"), on: channel.eventLoop)
                try channel.pipeline.syncOperations.addHandler(tls)
                return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        return try await channel.executeThenClose { inbound, outbound in
            let request = "GET \(target) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            try await outbound.write(ByteBuffer(string: request))
            var text = ""
            for try await chunk in inbound { text += String(buffer: chunk) }
            return text
        }
    }

    // MARK: SMTP

    private func client(
        _ addresses: M365Emulator.Addresses, _ credentials: Credentials?, secure: Bool = true
    ) async throws -> SMTPClient {
        let context = try TLSContext.client(verification: .full, extraTrustPEM: addresses.caPEM)
        return try await SMTPClient.connect(
            SMTPClientOptions(
                host: addresses.smtpHost, port: addresses.smtpPort, hostname: "client.test",
                security: secure ? .startTLS(context) : .off, credentials: credentials), on: Self.group)
    }

    private static let login = Credentials.login(user: Bench.mailbox, password: "demo-password")

    private static func envelope() throws -> Envelope {
        Envelope(sender: try Address(parsing: Bench.mailbox), recipients: [try Address(parsing: "rcpt@example.com")])
    }

    @Test func sendsAMessageByXOAUTH2() async throws {
        try await withEmulator { addresses, emulator in
            let moment = emulator.core.moment()
            let token = emulator.core.withState { state in
                state.token(
                    Bench.head("POST", "/", ["content-type": "application/x-www-form-urlencoded"]),
                    tenant: "contoso.com",
                    body: Array(Bench.form(["scope": "https://outlook.office365.com/.default"]).utf8),
                    at: moment
                ).json["access_token"].string ?? ""
            }
            var client = try await client(addresses, .xoauth2(user: Bench.mailbox, token: token))
            let report = try await client.deliver(try Self.envelope(), Array(Bench.message().utf8))
            guard case .accepted(let reply) = report.conclusion else { return #expect(Bool(false), "\(report)") }
            #expect(reply.text.hasPrefix("OK <"))
            await client.quit()
            let sent = emulator.core.withState { $0.store.captured }
            #expect(sent.first?.text == Bench.message())
        }
    }

    @Test func challengesABadToken() async throws {
        try await withEmulator { addresses, _ in
            do {
                _ = try await client(addresses, .xoauth2(user: Bench.mailbox, token: "nonsense"))
                Issue.record("let in")
            } catch SMTPClientError.session(let failure) {
                guard case .authenticationRefused(let reply, let challenge) = failure.reason else {
                    return #expect(Bool(false), "\(failure)")
                }
                #expect(reply.description.hasPrefix("535 5.7.3 Authentication unsuccessful ["))
                #expect(challenge?.contains("\"status\":\"401\"") == true)
            }
        }
    }

    @Test func offersAUTHOnlyBehindTLS() async throws {
        try await withEmulator { addresses, _ in
            var client = try await client(addresses, nil, secure: false)
            let report = try await client.deliver(try Self.envelope(), Array(Bench.message().utf8))
            guard case .refused(.mail, let reply) = report.conclusion else { return #expect(Bool(false), "\(report)") }
            #expect(reply.code == 530)
            #expect(reply.status == .init(5, 7, 57))
            await client.quit()
        }
    }

    @Test func mayOfferNoSTARTTLS() async throws {
        try await withEmulator { addresses, emulator in
            _ = try await RawHTTP.send(
                "PATCH", "/_emulator/settings", [:], #"{"smtp": {"offersSTARTTLS": false}}"#, port: addresses.httpPort)
            do {
                _ = try await client(addresses, Self.login)
                Issue.record("no TLS, and no refusal")
            } catch SMTPClientError.session(let failure) { #expect(failure.reason == .tlsNotOffered) }
            _ = try await RawHTTP.send(
                "PATCH", "/_emulator/settings", [:], #"{"smtp": {"offersSTARTTLS": true}}"#, port: addresses.httpPort)
            var client = try await client(addresses, Self.login)
            await client.quit()
        }
    }

    private static func allowPlaintext(_ configuration: inout EmulatorConfiguration) {
        configuration.smtp.allowsPlaintextAuth = true
    }

    @Test func anOldApplicationMaySpeakPlainly() async throws {
        try await withEmulator(Self.allowPlaintext) { addresses, emulator in
            var client = try await client(addresses, Self.login, secure: false)
            _ = try await client.deliver(try Self.envelope(), Array(Bench.message().utf8))
            await client.quit()
            #expect(emulator.core.withState { $0.store.captured.count } == 1)
        }
    }

    /// The incident: many connections at once, of which all above three are turned away at the end of DATA.
    @Test func losesWhatComesAllAtOnce() async throws {
        let gate = Gate()
        let clock = EmulatorClock(
            now: { .start }, wall: { Timestamp(secondsSince1970: 1_795_000_000) },
            sleep: { if $0 > .zero { await gate.wait() } })
        var configuration = EmulatorConfiguration()
        configuration.smtp.allowsPlaintextAuth = true
        let emulator = M365Emulator(configuration: configuration, clock: clock)
        let addresses = try await emulator.start()
        let codes = try await withThrowingTaskGroup(of: Int.self, returning: [Int: Int].self) { group in
            for _ in 0..<27 {
                group.addTask {
                    var client = try await client(addresses, Self.login, secure: false)
                    let report = try await client.deliver(try Self.envelope(), Array(Bench.message().utf8))
                    await client.quit()
                    switch report.conclusion {
                    case .accepted(let reply), .refused(_, let reply): return reply.code
                    case .tooLarge, .needsUTF8: return 0
                    }
                }
            }
            // The three that are let in are being processed until the others have had their answer.
            var codes: [Int: Int] = [:]
            while let code = try await group.next() {
                codes[code, default: 0] += 1
                if codes[432] == 24 { gate.open() }
            }
            return codes
        }
        await emulator.stop()
        #expect(codes == [250: 3, 432: 24])
    }
}
