import MailModel
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import SMTPProtocol
import TLS
import Testing

@testable import SMTPTransport

@Suite struct SMTPClientTests {
    static func envelope(_ recipients: String...) throws -> Envelope {
        Envelope(sender: try Address(parsing: "a@a.test"), recipients: try recipients.map { try Address(parsing: $0) })
    }

    func options(
        _ server: SMTPServer<RecordingHandler>, _ security: SMTPClientOptions.Security = .off,
        _ credentials: Credentials? = nil
    ) -> SMTPClientOptions {
        SMTPClientOptions(
            host: "127.0.0.1", port: server.address.port, hostname: "client.test", security: security,
            credentials: credentials)
    }

    private static let secure = makeSettings {
        $0.session.tls = .required
        $0.session.authentication = .required
        $0.session.mechanisms = Mechanism.allCases
        $0.tls = TestPKI.server
    }

    @Test func messagesOneAfterTheOther() async throws {
        let handler = RecordingHandler()
        try await withServer(handler) { server in
            var client = try await SMTPClient.connect(options(server), on: group)
            #expect(client.tls == nil)
            #expect(client.capabilities.pipelining)
            for number in 0..<5 {
                let text = Array("Subject: \(number)\r\n\r\n.dot\r\n".utf8)
                let report = try await client.deliver(Self.envelope("b@b.test"), text)
                #expect(report.conclusion == .accepted(Reply(250, .init(2, 0, 0), "Ok: queued")))
                #expect(client.isOpen)
            }
            await client.quit()
            #expect(!client.isOpen)
            #expect(await handler.waitForEnd() == nil)
        }
        #expect(handler.messages.map(\.content) == (0..<5).map { "Subject: \($0)\r\n\r\n.dot\r\n" })
    }

    @Test(arguments: [
        Credentials.plain(authorization: "", user: "u", password: "p"), .login(user: "u", password: "p"),
        .xoauth2(user: "u", token: "t"),
    ])
    func encryptedAndAuthenticated(credentials: Credentials) async throws {
        var answers = RecordingHandler.Answers()
        answers.authentication = { $0 == credentials ? nil : Reply(535, .init(5, 7, 8), "No") }
        let handler = RecordingHandler(answers)
        try await withServer(handler, Self.secure) { server in
            var client = try await SMTPClient.connect(
                options(server, .startTLS(TestPKI.client), credentials), on: group)
            #expect(client.tls?.version == "TLSv1.3")
            _ = try await client.deliver(Self.envelope("b@b.test"), Array("x\r\n".utf8))
            await client.quit()
        }
        #expect(handler.messages.map(\.protocolName) == ["ESMTPSA"])
        #expect(handler.messages.first?.user == "u")
    }

    @Test func implicitTLS() async throws {
        let handler = RecordingHandler()
        let settings = makeSettings {
            $0.implicitTLS = true
            $0.tls = TestPKI.server
        }
        try await withServer(handler, settings) { server in
            var client = try await SMTPClient.connect(options(server, .implicit(TestPKI.client)), on: group)
            #expect(client.tls != nil)
            _ = try await client.deliver(Self.envelope("b@b.test"), Array("x\r\n".utf8))
            await client.quit()
        }
        #expect(handler.messages.map(\.protocolName) == ["ESMTPS"])
    }

    @Test(arguments: [true, false], [true, false])
    func aLargeMessage(encrypted: Bool, chunked: Bool) async throws {
        let handler = RecordingHandler()
        let settings = makeSettings {
            $0.session.tls = .offered
            $0.tls = TestPKI.server
            if chunked { $0.session.capabilities.append(.chunking) }
        }
        let content = String(repeating: ".line of forty characters, more or less..\r\n", count: 200_000)
        try await withServer(handler, settings) { server in
            let security: SMTPClientOptions.Security = encrypted ? .startTLS(TestPKI.client) : .off
            var client = try await SMTPClient.connect(options(server, security), on: group)
            let report = try await client.deliver(Self.envelope("b@b.test"), Array(content.utf8))
            #expect(report.conclusion == .accepted(Reply(250, .init(2, 0, 0), "Ok: queued")))
            #expect(client.capabilities.chunking == chunked)
            await client.quit()
        }
        #expect(handler.messages.first?.content == content)
    }

    @Test func contentInPieces() async throws {
        let handler = RecordingHandler()
        try await withServer(handler) { server in
            var client = try await SMTPClient.connect(options(server), on: group)
            let pieces = Pieces(["Subject: x\r", "\n\r\nbody\r\n.", "dot\r\n"], failing: false)
            _ = try await client.deliver(Self.envelope("b@b.test"), MessageTraits(size: 25), content: pieces)
            await client.quit()
        }
        #expect(handler.messages.first?.content == "Subject: x\r\n\r\nbody\r\n.dot\r\n")
    }

    @Test(arguments: [true, false])
    func contentThatBreaksOffDeliversNothing(chunked: Bool) async throws {
        let handler = RecordingHandler()
        let settings = makeSettings { if chunked { $0.session.capabilities.append(.chunking) } }
        try await withServer(handler, settings) { server in
            var client = try await SMTPClient.connect(options(server), on: group)
            await expectFailure(.body, .bodyFailed) {
                let pieces = Pieces(["Subject: x\r\n"], failing: true)
                _ = try await client.deliver(Self.envelope("b@b.test"), MessageTraits(size: 12), content: pieces)
            }
            #expect(!client.isOpen)
            _ = await handler.waitForEnd()
        }
        #expect(handler.messages.isEmpty)
    }

    @Test func everyRecipientHasAReplyOfItsOwn() async throws {
        var answers = RecordingHandler.Answers()
        let refusal = Reply(550, .init(5, 1, 1), "No such user")
        answers.recipient = { $0.localPart == "bad" ? refusal : nil }
        try await withServer(RecordingHandler(answers)) { server in
            var client = try await SMTPClient.connect(options(server), on: group)
            let report = try await client.deliver(
                Self.envelope("b@b.test", "bad@b.test", "c@b.test"), Array("x\r\n".utf8))
            #expect(report.recipients.map(\.reply.code) == [250, 550, 250])
            guard case .accepted = report.conclusion else { return flunk("\(report.conclusion)") }

            let none = try await client.deliver(Self.envelope("bad@b.test"), Array("x\r\n".utf8))
            #expect(none.conclusion == .refused(.recipients, refusal))
            let after = try await client.deliver(Self.envelope("b@b.test"), Array("x\r\n".utf8))
            guard case .accepted = after.conclusion else { return flunk("\(after.conclusion)") }
            await client.quit()
        }
    }

    @Test func aRefusedTokenComesWithItsReason() async throws {
        var answers = RecordingHandler.Answers()
        let refusal = Reply(535, .init(5, 7, 3), "Authentication unsuccessful")
        answers.authentication = { _ in refusal }
        try await withServer(RecordingHandler(answers), Self.secure) { server in
            let options = options(server, .startTLS(TestPKI.client), .xoauth2(user: "u", token: "old"))
            let challenge = ServerConfiguration(hostname: "x").xoauth2Challenge
            await expectFailure(.authentication, .authenticationRefused(refusal, challenge: challenge)) {
                _ = try await SMTPClient.connect(options, on: group)
            }
        }
    }

    @Test func noSTARTTLSNoSession() async throws {
        try await withServer { server in
            await expectFailure(.hello, .tlsNotOffered) {
                _ = try await SMTPClient.connect(options(server, .startTLS(TestPKI.client)), on: group)
            }
        }
    }

    @Test(arguments: [true, false])
    func aCertificateThatIsNotTrusted(implicit: Bool) async throws {
        let settings = makeSettings {
            $0.tls = TestPKI.server
            $0.implicitTLS = implicit
            $0.session.tls = implicit ? .off : .offered
        }
        try await withServer(RecordingHandler(), settings) { server in
            let context = TestPKI.suspiciousClient
            let error = await refusal(options(server, implicit ? .implicit(context) : .startTLS(context)))
            guard case .tlsFailed(.verificationFailed(_))? = error else { return flunk("\(error as Any)") }
        }
    }

    @Test func nobodyThere() async throws {
        let port = try await withServer { $0.address.port }
        let error = await refusal(
            SMTPClientOptions(host: "127.0.0.1", port: port, hostname: "client.test", security: .off))
        guard case .unreachable(_, port, _)? = error else { return flunk("\(error as Any)") }
    }

    private func refusal(_ options: SMTPClientOptions) async -> SMTPClientError? {
        do throws(SMTPClientError) {
            _ = try await SMTPClient.connect(options, on: group)
            return nil
        } catch { return error }
    }

    @Test func aLostAnswerIsAnUnknownOutcome() async throws {
        var answers = RecordingHandler.Answers()
        let gate = Gate(on: group)
        answers.gate = gate
        let handler = RecordingHandler(answers)
        let server = try await SMTPServer.bind(ip: "127.0.0.1", port: 0, on: group, handler: handler) { makeSettings() }
        let running = Task { try await server.run() }
        let options = options(server)
        let sending = Task {
            var client = try await SMTPClient.connect(options, on: group)
            return try await client.deliver(Self.envelope("b@b.test"), Array("x\r\n".utf8))
        }
        await handler.wait(for: .finished)
        running.cancel()
        do {
            _ = try await sending.value
            Issue.record("delivered")
        } catch {
            #expect((error as? SMTPClientError)?.isOutcomeUnknown == true)
        }
        gate.open()
        try await running.value
    }

    @Test func patienceHasItsLimit() async throws {
        var answers = RecordingHandler.Answers()
        let gate = Gate(on: group)
        answers.gate = gate
        try await withServer(RecordingHandler(answers)) { server in
            var options = options(server)
            options.timeouts.endOfData = .milliseconds(50)
            options.timeouts.quit = .milliseconds(50)
            var client = try await SMTPClient.connect(options, on: group)
            await expectFailure(.endOfData, .timeout) {
                _ = try await client.deliver(Self.envelope("b@b.test"), Array("x\r\n".utf8))
            }
            await client.quit()
            gate.open()
        }
    }

    @Test func cancellingClosesTheConnection() async throws {
        var answers = RecordingHandler.Answers()
        let gate = Gate(on: group)
        answers.gate = gate
        let handler = RecordingHandler(answers)
        try await withServer(handler) { server in
            let options = options(server)
            let sending = Task {
                var client = try await SMTPClient.connect(options, on: group)
                _ = try await client.deliver(Self.envelope("b@b.test"), Array("x\r\n".utf8))
            }
            await handler.wait(for: .finished)
            sending.cancel()
            await expectFailure(.endOfData, .connectionClosed) { try await sending.value }
            gate.open()
        }
    }

    @Test func anEndedClientSaysSo() async throws {
        try await withServer { server in
            var client = try await SMTPClient.connect(options(server), on: group)
            await client.quit()
            await client.quit()
            await expectFailure(.over, .connectionClosed) {
                _ = try await client.deliver(Self.envelope("b@b.test"), [])
            }
        }
    }

    private func expectFailure(
        _ phase: ClientPhase, _ reason: ClientFailure.Reason, _ body: () async throws -> Void
    ) async {
        do {
            try await body()
            Issue.record("no failure")
        } catch SMTPClientError.session(let failure) {
            #expect(failure == ClientFailure(phase, reason))
        } catch { Issue.record("\(error)") }
    }
}

@Suite struct SMTPClientOptionsTests {
    @Test(arguments: ClientPhase.allCases)
    func everyPhaseHasALimit(phase: ClientPhase) {
        #expect(SMTPClientOptions.Timeouts().limit(in: phase) > .zero)
    }

    @Test func theFinalReplyIsWaitedForLongest() {
        let timeouts = SMTPClientOptions.Timeouts()
        #expect(ClientPhase.allCases.allSatisfy { timeouts.limit(in: $0) <= timeouts.limit(in: .endOfData) })
        #expect(timeouts.endOfData == .seconds(600))
    }

    @Test(arguments: [
        (
            SMTPClientError.unreachable(host: "h", port: 25, reason: "refused"), "cannot connect to h port 25: refused",
            false
        ),
        (.tlsFailed(.truncated), "connection closed without close_notify", false),
        (.session(ClientFailure(.endOfData, .timeout)), "SMTP session failed in phase endOfData: timeout", true),
        (.session(ClientFailure(.mail, .timeout)), "SMTP session failed in phase mail: timeout", false),
        (.cancelled, "given up before there was a connection", false),
    ])
    func texts(error: SMTPClientError, text: String, isUnknown: Bool) {
        #expect(error.description == text)
        #expect(error.isOutcomeUnknown == isUnknown)
    }
}
