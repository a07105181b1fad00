import MailModel
import SMTPProtocol
import Testing

@testable import M365Emulator

private let host = SMTPSettings().hostname

/// The submission host's decisions, without connections.
struct ExchangeSessionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var user = Bench.mailbox
        var password = "demo-password"
        var change: @Sendable (inout EmulatorConfiguration) -> Void = { _ in }
        /// `nil`: let in.
        var reply: String?

        var testDescription: String { name }
    }

    static let passwords: [Case] = [
        Case(name: "good"),
        Case(name: "another's alias", user: "x@fabrikam.com", reply: "535 5.7.3 Authentication unsuccessful [\(host)]"),
        Case(
            name: "wrong", password: "x",
            reply: "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect. [\(host)]"),
        Case(
            name: "basic authentication off", change: { $0.tenants[0].basicAuthentication = false },
            reply: "535 5.7.139 Authentication unsuccessful, basic authentication is disabled."),
        Case(
            name: "basic authentication retired", change: { $0.tenants[0].basicAuthenticationRetired = true },
            reply: "550 5.7.30 Basic authentication is not supported for Client Submission."),
        Case(
            name: "SMTP off in the tenant", change: { $0.tenants[0].smtpAuthentication = false },
            reply: "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. "
                + "Visit https://aka.ms/smtp_auth_disabled for more information."),
        Case(
            name: "SMTP off for the mailbox", change: { $0.tenants[0].mailboxDefaults.smtpAuthentication = false },
            reply: "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. "
                + "Visit https://aka.ms/smtp_auth_disabled for more information."),
    ]

    @Test(arguments: passwords) func checksPasswords(one: Case) {
        var bench = Bench(one.change)
        bench.state.openSMTP(1)
        let reply = bench.state.authenticate(
            .login(user: one.user, password: one.password), connection: 1, at: bench.moment)
        #expect(reply?.description == one.reply)
    }

    static let tokens: [Case] = [
        Case(name: "good"),
        Case(name: "no role", change: { $0.tenants[0].apps[0].exchangeRoles = [] }, reply: "535"),
        Case(
            name: "scoped role",
            change: {
                $0.tenants[0].apps[0].exchangeRoles = []
                $0.tenants[0].apps[0].scopedRoles = ["SMTP.SendAsApp"]
                $0.tenants[0].apps[0].scope = [Bench.mailbox]
            }),
        Case(name: "no licence", change: { $0.tenants[0].mailboxDefaults.licensed = false }, reply: "535"),
        Case(name: "basic authentication off", change: { $0.tenants[0].basicAuthentication = false }),
        Case(name: "SMTP off", change: { $0.tenants[0].smtpAuthentication = false }, reply: "535"),
    ]

    @Test(arguments: tokens) func checksTokens(one: Case) {
        var bench = Bench(one.change)
        bench.state.openSMTP(1)
        let token = bench.token("https://outlook.office365.com/.default")
        let reply = bench.state.authenticate(
            .xoauth2(user: one.user, token: token), connection: 1, at: bench.moment)
        #expect(reply.map { String($0.code) } == one.reply)
    }

    @Test func graphsTokenIsWorthNothingHere() {
        var bench = Bench()
        let token = bench.token()
        let reply = bench.state.authenticate(
            .xoauth2(user: Bench.mailbox, token: token), connection: 1, at: bench.moment)
        #expect(reply == ExchangeReplies.unsuccessful(host))
    }

    @Test func refusesRecipientsByPattern() throws {
        var bench = Bench {
            var refusal = RecipientRefusal()
            refusal.recipient = "*@bad.example"
            $0.smtp.recipientRefusals = [refusal]
        }
        let refused = bench.state.checkRecipient(try Address(parsing: "x@bad.example"), connection: 1)
        #expect(refused?.code == 550)
        #expect(refused?.status == .init(5, 1, 10))
        #expect(bench.state.checkRecipient(try Address(parsing: "x@good.example"), connection: 1) == nil)
    }

    @Test func faultsStrikeAtTheirStage() throws {
        var bench = Bench()
        let stages: [JSONValue] = ["connect", "auth", "mail", "rcpt"]
        for stage in stages {
            _ = bench.control(
                "POST", "faults",
                ["operation": "smtp", "stage": stage, "status": 451, "message": "4.7.0 Temporary server error. PRX2"])
        }
        #expect(bench.state.checkRecipient(try Address(parsing: "x@example.com"), connection: 1)?.code == 451)
        #expect(bench.state.checkSender(connection: 1)?.status == .init(4, 7, 0))
        let credentials = Credentials.login(user: Bench.mailbox, password: "demo-password")
        #expect(
            bench.state.authenticate(credentials, connection: 1, at: bench.moment)?.text
                == "Temporary server error. PRX2")
        #expect(bench.state.refusalAtConnect()?.code == 451)
        #expect(bench.state.refusalAtConnect() == nil)
    }
}

struct SubmissionTests {
    private static func open(_ bench: inout Bench, _ connection: UInt64) {
        bench.state.openSMTP(connection)
        _ = bench.state.authenticate(
            .login(user: Bench.mailbox, password: "demo-password"), connection: connection, at: bench.moment)
    }

    private static func begin(_ bench: inout Bench, _ connection: UInt64 = 1) throws -> Submission {
        let envelope = Envelope(
            sender: try Address(parsing: Bench.mailbox), recipients: [try Address(parsing: "rcpt@example.com")])
        return bench.state.beginSubmission(envelope, connection: connection, at: bench.moment)
    }

    /// - Returns: the reply to the final dot; `nil` for silence.
    private static func submit(
        _ bench: inout Bench, _ message: String = Bench.message(), connection: UInt64 = 1
    ) throws -> Reply? {
        let submission = try begin(&bench, connection)
        let verdict = bench.state.complete(submission, Array(message.utf8), at: bench.moment)
        bench.state.end(submission, verdict, bytes: message.utf8.count, at: bench.moment)
        guard case .reply(let reply) = verdict else { return nil }
        return reply
    }

    @Test func takesAMessageForItsEnvelope() throws {
        var bench = Bench()
        Self.open(&bench, 1)
        let reply = try #require(try Self.submit(&bench))
        #expect(reply.code == 250)
        #expect(reply.text.hasPrefix("OK <"))
        #expect(reply.text.hasSuffix(".prod.outlook.com> [Hostname=\(host)]"))
        let sent = try #require(bench.state.store.captured.first)
        #expect(sent.recipients == ["rcpt@example.com"])
        #expect(sent.text == Bench.message())
        #expect(sent.path == .smtp)
        #expect(sent.mailbox == Bench.mailbox)
        let copies = bench.graph("GET", "/\(Bench.mailbox)/mailFolders/sentitems/messages").json["value"]
        #expect(copies[0]["internetMessageId"] == "<1@contoso.com>")
    }

    @Test func replacesTheMessageIDWhereToldTo() throws {
        var bench = Bench { $0.smtp.replacesMessageID = true }
        Self.open(&bench, 1)
        let reply = try #require(try Self.submit(&bench))
        let sent = try #require(bench.state.store.captured.first)
        #expect(reply.text.contains(sent.messageID))
        #expect(sent.text.contains("X-Microsoft-Original-Message-ID: <1@contoso.com>\r\n"))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var message = Bench.message()
        var change: @Sendable (inout EmulatorConfiguration) -> Void = { _ in }
        var code: Int
        var status: EnhancedStatusCode

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "another's From", message: Bench.message(from: "ceo@contoso.com"), code: 554, status: .init(5, 2, 252)
        ),
        Case(
            name: "full mailbox", change: { $0.tenants[0].mailboxDefaults.full = true }, code: 554,
            status: .init(5, 2, 2)),
        Case(name: "too large", change: { $0.limits.messageBytes = 10 }, code: 554, status: .init(5, 2, 3)),
        Case(name: "no From", message: "To: a@x.com\r\n\r\nbody", code: 550, status: .init(5, 7, 512)),
        Case(
            name: "no limits", change: { ($0.limits.recipientsPerDay, $0.limits.messagesPerMinute) = (0, 0) },
            code: 250, status: .init(2, 0, 0)),
    ]

    @Test(arguments: cases) func decides(on one: Case) throws {
        var bench = Bench(one.change)
        Self.open(&bench, 1)
        let reply = try Self.submit(&bench, one.message)
        #expect(reply?.code == one.code)
        #expect(reply?.status == one.status)
        #expect(bench.state.store.captured.count == (one.code == 250 ? 1 : 0))
    }

    @Test func refusesAboveTheDaysRecipients() throws {
        var bench = Bench { $0.limits.recipientsPerDay = 1 }
        Self.open(&bench, 1)
        #expect(try Self.submit(&bench)?.code == 250)
        #expect(try Self.submit(&bench) == ExchangeReplies.recipientQuota)
    }

    // MARK: Three at a time

    @Test func theFourthSubmissionAtATimeIsRefusedAtItsEnd() throws {
        var bench = Bench()
        for connection in 1...5 { Self.open(&bench, UInt64(connection)) }
        let running = try (1...3).map { try Self.begin(&bench, UInt64($0)) }
        #expect(running.map(\.isGranted) == [true, true, true])
        #expect(try Self.submit(&bench, connection: 4) == ExchangeReplies.connectionLimit(host))
        bench.state.end(running[0], nil, bytes: 0, at: bench.moment)
        #expect(try Self.submit(&bench, connection: 5)?.code == 250)
        let lane = bench.control("GET", "counters").json["mailboxes"][Bench.mailbox]
        #expect(lane["max_smtp_submissions"] == 4)
        #expect(lane["smtp_throttled"] == 1)
        #expect(lane["max_smtp_connections"] == 5)
        #expect(lane["smtp_submissions"] == 2)
    }

    @Test(arguments: [
        (SMTPSettings.Wording.older, ["thread", "thread"]), (.newer, ["Concurrent", "Concurrent"]),
        (.alternate, ["Concurrent", "thread"]),
    ])
    func saysItInItsWords(wording: SMTPSettings.Wording, words: [String]) {
        var bench = Bench { $0.smtp.refusalWording = wording }
        for word in words {
            let reply = bench.state.concurrencyRefusal()
            #expect(reply.code == 432)
            #expect(reply.status == .init(4, 3, 2))
            #expect(reply.text.contains(word))
        }
    }

    @Test func canRefuseAtAUTH() {
        var bench = Bench { $0.smtp.refuseAt = .auth }
        for connection in 1...3 { Self.open(&bench, UInt64(connection)) }
        bench.state.openSMTP(4)
        let credentials = Credentials.login(user: Bench.mailbox, password: "demo-password")
        #expect(bench.state.authenticate(credentials, connection: 4, at: bench.moment)?.code == 432)
        bench.state.closeSMTP(1)
        #expect(bench.state.authenticate(credentials, connection: 4, at: bench.moment) == nil)
    }

    @Test func canRefuseAtTheGreeting() {
        var bench = Bench { $0.smtp.refuseAt = .connect }
        for connection in 1...3 {
            #expect(bench.state.refusalAtConnect() == nil)
            bench.state.openSMTP(UInt64(connection))
        }
        #expect(bench.state.refusalAtConnect()?.code == 432)
        bench.state.closeSMTP(2)
        #expect(bench.state.refusalAtConnect() == nil)
    }

    @Test func aboveTheRateMessagesWaitOrAreRefused() throws {
        for refuses in [false, true] {
            var bench = Bench {
                $0.limits.messagesPerMinute = 2
                $0.smtp.refusesAboveRate = refuses
            }
            Self.open(&bench, 1)
            let codes = try (0..<3).map { _ in try Self.submit(&bench)?.code }
            #expect(codes == [250, 250, refuses ? 432 : 250])
        }
    }

    // MARK: Faults

    static let faults: [(rule: JSONValue, code: Int?, sent: Int)] = [
        (["status": 451, "message": "4.7.0 Temporary server error. PRX4"], 451, 0),
        (["status": 451, "message": "4.3.0 lost", "when": "after"], 451, 1),
        (["effect": "reset"], 421, 0),
        (["effect": "reset", "when": "after"], nil, 1),
        (["effect": "stall", "when": "after"], nil, 1),
    ]

    @Test(arguments: faults) func faultsStrikeAtTheFinalDot(rule: JSONValue, code: Int?, sent: Int) throws {
        var bench = Bench()
        Self.open(&bench, 1)
        _ = bench.control("POST", "faults", rule.merged(with: ["operation": "smtp"]))
        #expect(try Self.submit(&bench)?.code == code)
        #expect(bench.state.store.captured.count == sent)
        #expect(try Self.submit(&bench)?.code == 250)
    }

    @Test func withoutAUTHTheSenderIsTheMailbox() throws {
        var bench = Bench()
        bench.state.openSMTP(1)
        #expect(try Self.submit(&bench)?.code == 250)
        #expect(bench.state.store.captured.first?.mailbox == Bench.mailbox)
    }
}

struct ExchangeReplyTests {
    @Test(arguments: [
        ("550 5.1.10 Recipient not found", "550 5.1.10 Recipient not found"), ("451 later", "451 later"),
        ("421", "421"), ("no code", "550 5.0.0 no code"), ("432 4.3.2", "432 4.3.2"),
    ])
    func reads(text: String, reply: String) {
        #expect(ExchangeReplies.parse(text).description == reply)
    }
}
