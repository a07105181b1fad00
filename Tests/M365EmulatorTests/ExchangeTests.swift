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
            .login(user: one.user, password: one.password), connection: 1, at: bench.moment
        ).reply
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
            .xoauth2(user: one.user, token: token), connection: 1, at: bench.moment
        ).reply
        #expect(reply.map { String($0.code) } == one.reply)
    }

    @Test func graphsTokenIsWorthNothingHere() {
        var bench = Bench()
        let token = bench.token()
        let reply = bench.state.authenticate(
            .xoauth2(user: Bench.mailbox, token: token), connection: 1, at: bench.moment
        ).reply
        #expect(reply == ExchangeReplies.unsuccessful(host))
    }

    @Test func refusesRecipientsByPattern() throws {
        var bench = Bench {
            var refusal = RecipientRefusal()
            refusal.recipient = "*@bad.example"
            $0.smtp.recipientRefusals = [refusal]
        }
        let refused = bench.state.checkRecipient(try Address(parsing: "x@bad.example"), connection: 1).reply
        #expect(refused?.code == 550)
        #expect(refused?.status == .init(5, 1, 10))
        #expect(bench.state.checkRecipient(try Address(parsing: "x@good.example"), connection: 1).reply == nil)
    }

    @Test func faultsStrikeAtTheirStage() throws {
        var bench = Bench()
        let stages: [JSONValue] = ["connect", "auth", "mail", "rcpt"]
        for stage in stages {
            _ = bench.control(
                "POST", "faults",
                ["operation": "smtp", "stage": stage, "status": 451, "message": "4.7.0 Temporary server error. PRX2"])
        }
        #expect(bench.state.checkRecipient(try Address(parsing: "x@example.com"), connection: 1).reply?.code == 451)
        #expect(bench.state.checkSender(nil, connection: 1).reply?.status == .init(4, 7, 0))
        let credentials = Credentials.login(user: Bench.mailbox, password: "demo-password")
        #expect(
            bench.state.authenticate(credentials, connection: 1, at: bench.moment).reply?.text
                == "Temporary server error. PRX2")
        #expect(bench.state.admit(1).reply?.code == 451)
        #expect(bench.state.admit(1).reply == nil)
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
