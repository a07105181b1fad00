import DeliveryPolicy
import Foundation
import GraphProtocol
import MailModel
import NIOPosix
import SMTPProtocol
import SMTPTransport
import TLS
import Testing

@testable import EmailLog
@testable import Postern

/// A message by SMTP submission: what the host receives, and what its answers come to.
@Suite(.timeLimit(.minutes(5))) struct SMTPPathTests {
    private let pool = SMTPConnectionPool(on: MultiThreadedEventLoopGroup.singleton)
    private let stored = mail("From: ann@contoso.com", "To: eve@example.org", "Bcc: bob@example.org", "", "Hi", ".", "")

    private func path(
        _ port: Int, account: SubmissionAccount = .none, security: SMTPClientOptions.Security = .off,
        _ change: (inout SubmissionHost) -> Void = { _ in }
    ) -> SMTPPath {
        var host = SubmissionHost(host: "localhost")
        host.port = port
        change(&host)
        return SMTPPath(host: host, account: account, security: security, pool: pool, hostname: "relay.test")
    }

    private func deliver(
        _ path: SMTPPath, to recipients: [Address] = [address("eve@example.org")], _ bytes: [UInt8]? = nil
    ) async -> Delivery {
        await path.deliver(claimed(to: recipients), body: MessageBody(bytes: bytes ?? stored))
    }

    @Test func theHostReceivesTheMessageWithOurFieldsOnTop() async throws {
        try await ScriptedHost.serve { host, port in
            let delivery = await deliver(path(port), to: [address("eve@example.org"), address("bob@example.org")])
            #expect(
                delivery.outcome
                    == .accepted(Receipt(status: 250, requestID: "<1@host.test>", text: "OK <1@host.test>")))
            #expect(delivery.isAttempt && delivery.parts.isEmpty && delivery.cost?.recipients == 2)
            let taken = try #require(host.taken.first)
            #expect(taken.envelope.sender == ann && taken.envelope.recipients.count == 2)
            let lines = text(taken.bytes).components(separatedBy: "\r\n")
            #expect(lines.prefix(2) == ["Received: by relay.test", "X-Postern-Id: q1"])
            #expect(!text(taken.bytes).contains("Bcc"), "the envelope says it")
            #expect(text(taken.bytes).hasSuffix("\r\n\r\nHi\r\n.\r\n\r\n"), "the body is as it was")
        }
    }

    @Test func connectionsAreKeptForTheNextMessage() async throws {
        try await ScriptedHost.serve { host, port in
            let path = path(port) { $0.messagesPerConnection = 2 }
            for _ in 1...5 { #expect(await deliver(path).outcome.refusal == nil) }
            #expect(host.taken.count == 5 && host.opened == 3)
        }
    }

    @Test func aBurstNeverOpensMoreThanItsCap() async throws {
        try await ScriptedHost.serve { host, port in
            let path = path(port) { $0.connections = 2 }
            await withDiscardingTaskGroup { group in
                for _ in 1...40 { group.addTask { _ = await deliver(path) } }
            }
            #expect(host.taken.count == 40 && host.mostOpen <= 2)
        }
    }

    struct Row: Sendable {
        var reply: Reply
        var word: String
        var scope: Refusal.Scope?
        var cause: Refusal.Cause?
    }

    @Test(arguments: [
        Row(
            reply: Reply(432, .init(4, 3, 2), "Concurrent connections limit exceeded."), word: "throttled",
            scope: .mailbox, cause: .throttled),
        Row(
            reply: Reply(451, .init(4, 7, 0), "Temporary server error. PRX2"), word: "deferred", scope: nil, cause: nil),
        Row(
            reply: Reply(554, .init(5, 2, 252), "SendAsDenied; a@x not allowed to send as b@x"), word: "rejected",
            scope: nil, cause: nil),
        Row(
            reply: Reply(554, .init(5, 2, 2), "mailbox full; STOREDRV.Submission.Exception:QuotaExceededException"),
            word: "deferred", scope: .mailbox, cause: .misconfigured),
    ])
    func whatItSaysToTheMessageDecides(_ row: Row) async throws {
        var script = ScriptedHost.Script()
        script.message = { _ in row.reply }
        try await ScriptedHost.serve(script) { _, port in
            let delivery = await deliver(path(port))
            #expect(delivery.outcome.word == row.word && delivery.isAttempt && delivery.cost != nil)
            let refusal = try #require(delivery.outcome.refusal)
            #expect(refusal.status == row.reply.code && refusal.text.contains(row.reply.text.prefix(20)))
            if let scope = row.scope { #expect(refusal.scope == scope) }
            if let cause = row.cause { #expect(refusal.cause == cause) }
        }
    }

    @Test func recipientsKeepTheirOwnAnswers() async throws {
        var script = ScriptedHost.Script()
        script.recipient = { recipient in
            recipient.localPart == "r2" ? Reply(550, .init(5, 1, 10), "Recipient not found") : nil
        }
        try await ScriptedHost.serve(script) { host, port in
            let delivery = await deliver(path(port), to: addresses(3))
            #expect(
                delivery.parts.map(\.recipients) == [
                    [address("r1@example.org"), address("r3@example.org")], [address("r2@example.org")],
                ])
            #expect(delivery.parts.map(\.outcome.word) == ["accepted", "rejected"])
            #expect(host.taken.first?.envelope.recipients.count == 2)
        }
    }

    @Test func theMailboxLogsIn() async throws {
        try await ScriptedHost.serve { host, port in
            _ = await deliver(path(port, account: .password(Secret("word"))))
            #expect(host.taken.first?.user == "ann@contoso.com")
            _ = await deliver(path(port, account: .password(Secret("word"))) { $0.username = "relay" })
            #expect(host.taken.last?.user == "relay")
        }
    }

    @Test func aTokenThatIsRefusedIsRenewedOnce() async throws {
        var script = ScriptedHost.Script()
        script.login = { credentials in
            guard case .xoauth2(_, let token) = credentials, token == "token-2" else {
                return Reply(535, .init(5, 7, 3), "Authentication unsuccessful")
            }
            return nil
        }
        let served = script
        try await ScriptedMicrosoft.serve { microsoft in
            let tokens = try tokenSource(microsoft, audience: .exchangeSMTP)
            try await ScriptedHost.serve(served) { host, port in
                let delivery = await deliver(path(port, account: .tokens(tokens)))
                #expect(delivery.outcome.refusal == nil && host.logins.count == 2)
                #expect(host.taken.first?.user == "ann@contoso.com")
            }
            let stubborn = ScriptedHost.Script(login: { _ in Reply(535, .init(5, 7, 3), "Authentication unsuccessful") }
            )
            try await ScriptedHost.serve(stubborn) { _, port in
                let delivery = await deliver(path(port, account: .tokens(tokens)))
                #expect(delivery.outcome.word == "deferred" && delivery.outcome.refusal?.cause == .unauthorized)
                #expect(delivery.cost == nil, "no message was begun")
            }
        }
    }

    /// One mailbox that the application may not use is no trouble of the others, and no storm at the token endpoint.
    @Test func aMailboxThatIsRefusedDoesNotStopTheOthers() async throws {
        let script = ScriptedHost.Script(login: { credentials in
            credentials.user == "ann@contoso.com" ? Reply(535, .init(5, 7, 3), "Authentication unsuccessful") : nil
        })
        try await ScriptedMicrosoft.serve { microsoft in
            let tokens = try tokenSource(microsoft, audience: .exchangeSMTP)
            try await ScriptedHost.serve(script) { host, port in
                let refused = path(port, account: .tokens(tokens))
                let allowed = path(port, account: .tokens(tokens)) { $0.username = "bob@contoso.com" }
                for _ in 1...5 {
                    #expect(await deliver(refused).outcome.refusal?.cause == .unauthorized)
                    #expect(await deliver(allowed).outcome.refusal == nil)
                }
                #expect(host.taken.count == 5 && microsoft.tokenCalls.count == 2)
            }
        }
    }

    // MARK: TLS

    @Test func startTLSIsTakenOrThereIsNoSession() async throws {
        let trusting = try TLSContext.client(verification: .full, extraTrustPEM: Certificates.authority.certificatePEM)
        try await ScriptedHost.serve(tls: .offered) { host, port in
            #expect(await deliver(path(port, security: .startTLS(trusting))).outcome.refusal == nil)
            #expect(host.taken.first?.isEncrypted == true)
        }
        try await ScriptedHost.serve(tls: .off) { host, port in
            let delivery = await deliver(path(port, security: .startTLS(trusting)))
            #expect(delivery.outcome.word == "deferred" && delivery.outcome.refusal?.scope == .route)
            #expect(host.taken.isEmpty)
        }
    }

    @Test func aStrangersCertificateIsNamed() async throws {
        let wary = try TLSContext.client(verification: .full)
        try await ScriptedHost.serve(tls: .offered) { _, port in
            let refusal = await deliver(path(port, security: .startTLS(wary))).outcome.refusal
            #expect(refusal?.scope == .route && refusal?.text.contains("not accepted") == true)
            #expect(refusal?.text.contains("ca_file") == true)
        }
    }

    @Test func nobodyThereIsNoFaultOfTheMessage() async throws {
        let port = try await ScriptedHost.serve { _, port in port }
        let delivery = await deliver(path(port))
        #expect(delivery.outcome.word == "deferred" && delivery.isAttempt && delivery.cost == nil)
        #expect(delivery.outcome.refusal?.scope == .route && delivery.outcome.refusal?.cause == .unavailable)
    }

    // MARK: Bytes

    @Test func eightBitContentIsAnnounced() async throws {
        try await ScriptedHost.serve { host, port in
            _ = await deliver(path(port), mail("From: ann@contoso.com", "", "Grüße"))
            _ = await deliver(path(port), mail("From: ann@contoso.com", "", "Hello"))
            #expect(host.taken.map(\.parameters.body) == [.eightBitMIME, nil])
        }
    }

    @Test func aLargeMessageArrivesWhole() async throws {
        let body = mail("From: ann@contoso.com", "") + Array("0123456789abcdef\r\n".utf8).repeated(20_000)
        try await ScriptedHost.serve { host, port in
            _ = await deliver(path(port), body)
            #expect(host.taken.first.map { $0.bytes.suffix(body.count - 60) == body.suffix(body.count - 60) } == true)
        }
    }
}

extension Array {
    fileprivate func repeated(_ count: Int) -> [Element] { (0..<count).flatMap { _ in self } }
}
