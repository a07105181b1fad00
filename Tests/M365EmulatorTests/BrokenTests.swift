import MailModel
import SMTPProtocol
import Testing

@testable import M365Emulator

/// What an operator may find broken: each is switched on and off while the emulator runs, and says what the real one says.
struct BrokenTests {
    private static let host = SMTPSettings().hostname

    struct Break: Sendable, CustomTestStringConvertible {
        var name: String
        /// What `PATCH` changes; taken back with `mended`.
        var path: String
        var broken: JSONValue
        var mended: JSONValue
        /// The token request's, Graph's and SMTP's answer while it is broken; `nil`: works.
        var token: String?
        var graph: String?
        var smtp: String?

        var testDescription: String { name }
    }

    private static let app = "app/\(Bench.app)"
    private static let tenant = "tenant/contoso.com"
    private static let mailbox = "mailbox/\(Bench.mailbox)"
    private static let unsuccessful = "535 5.7.3 Authentication unsuccessful [\(host)]"

    static let breaks: [Break] = [
        Break(
            name: "wrong secret", path: app, broken: ["secrets": [["value": "another"]]],
            mended: ["secrets": [["value": "demo-secret"]]], token: "AADSTS7000215"),
        Break(
            name: "expired secret", path: app,
            broken: ["secrets": [["value": "demo-secret", "expires": "2026-01-01"]]],
            mended: ["secrets": [["value": "demo-secret"]]], token: "AADSTS7000222"),
        Break(
            name: "disabled app", path: app, broken: ["enabled": false], mended: ["enabled": true],
            token: "AADSTS7000112"),
        Break(
            name: "no Graph role", path: app, broken: ["graphRoles": []], mended: ["graphRoles": ["Mail.Send"]],
            graph: "403 ErrorAccessDenied: Access is denied. Check credentials and try again."),
        Break(
            name: "outside the scope", path: app,
            broken: ["graphRoles": [], "scopedRoles": ["Mail.Send"], "scope": ["other@contoso.com"]],
            mended: ["graphRoles": [], "scopedRoles": ["Mail.Send"], "scope": [.string(Bench.mailbox)]],
            graph: "403 ErrorAccessDenied: Access is denied. Check credentials and try again."),
        Break(
            name: "no Exchange role", path: app, broken: ["exchangeRoles": []],
            mended: ["exchangeRoles": ["SMTP.SendAsApp"]], smtp: unsuccessful),
        Break(
            name: "no FullAccess", path: app, broken: ["fullAccess": ["other@contoso.com"]],
            mended: ["fullAccess": ["*"]], smtp: ExchangeReplies.logonFailure.description),
        Break(
            name: "SMTP AUTH off for the mailbox", path: mailbox, broken: ["smtpAuthentication": false],
            mended: ["smtpAuthentication": true], smtp: ExchangeReplies.disabled(for: "Mailbox").description),
        Break(
            name: "SMTP AUTH off for the tenant", path: tenant, broken: ["smtpAuthentication": false],
            mended: ["smtpAuthentication": true], smtp: ExchangeReplies.disabled(for: "Tenant").description),
        Break(
            name: "full", path: mailbox, broken: ["full": true], mended: ["full": false],
            graph: "403 ErrorQuotaExceeded: Cannot save changes made to an item to store.",
            smtp: "554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException."
                + "MapiExceptionShutoffQuotaExceeded"),
        Break(
            name: "no licence", path: mailbox, broken: ["licensed": false], mended: ["licensed": true],
            graph: "404 MailboxNotEnabledForRESTAPI: The mailbox is either inactive, soft-deleted, or is hosted "
                + "on-premise.", smtp: unsuccessful),
    ]

    private static func graph(_ bench: inout Bench) -> String? {
        bench.forgetToken()
        let answer = bench.sendMIME()
        guard answer.status != 202 else { return nil }
        return "\(answer.status) \(answer.code): \(answer.json["error"]["message"].string ?? "")"
    }

    /// The first refusal of a whole session with a new token.
    static func smtp(
        _ bench: inout Bench, _ message: String = Bench.message(), sender: String = Bench.mailbox
    ) throws -> String? {
        let token = bench.token("https://outlook.office365.com/.default")
        return try session(&bench, .xoauth2(user: Bench.mailbox, token: token), message, sender)
    }

    private static func session(
        _ bench: inout Bench, _ credentials: Credentials, _ message: String = Bench.message(),
        _ sender: String = Bench.mailbox
    ) throws -> String? {
        bench.state.openSMTP(1)
        defer { bench.state.closeSMTP(1) }
        if let reply = bench.state.admit(1).reply { return reply.description }
        if let reply = bench.state.authenticate(credentials, connection: 1, at: bench.moment).reply {
            return reply.description
        }
        let sender = try Address(parsing: sender)
        if let reply = bench.state.checkSender(sender, connection: 1).reply { return reply.description }
        let envelope = Envelope(sender: sender, recipients: [try Address(parsing: "rcpt@example.com")])
        let submission = bench.state.beginSubmission(envelope, connection: 1, at: bench.moment)
        let verdict = bench.state.complete(submission, Array(message.utf8), at: bench.moment)
        bench.state.end(submission, verdict, bytes: message.utf8.count, at: bench.moment)
        return verdict.reply?.code == 250 ? nil : verdict.reply?.description
    }

    @Test(arguments: breaks) func isSwitchedOnAndOff(one: Break) throws {
        var bench = Bench()
        for (isBroken, change) in [(true, one.broken), (false, one.mended)] {
            #expect(bench.control("PATCH", one.path, change).status == 200)
            let token = bench.requestToken()
            #expect(token.status == (isBroken && one.token != nil ? 401 : 200))
            if isBroken, let code = one.token {
                #expect(token.code == code)
                continue
            }
            #expect(Self.graph(&bench) == (isBroken ? one.graph : nil))
            #expect(try Self.smtp(&bench) == (isBroken ? one.smtp : nil))
        }
    }

    /// A role given by RBAC alone does not ask for FullAccess.
    @Test func aScopedRoleNeedsNoFullAccess() throws {
        var bench = Bench()
        let changes: JSONValue = [
            "exchangeRoles": [], "scopedRoles": ["SMTP.SendAsApp"], "scope": ["*@contoso.com"], "fullAccess": [],
        ]
        #expect(bench.control("PATCH", Self.app, changes).status == 200)
        #expect(try Self.smtp(&bench) == nil)
    }

    @Test func basicAuthenticationIsRetiredAndBack() throws {
        var bench = Bench()
        let login = Credentials.login(user: Bench.mailbox, password: "demo-password")
        for (retired, reply) in [
            (true, "550 5.7.30 Basic authentication is not supported for Client Submission."), (false, nil),
        ] {
            _ = bench.control("PATCH", Self.tenant, ["basicAuthenticationRetired": .bool(retired)])
            #expect(try Self.session(&bench, login) == reply)
            #expect(try Self.smtp(&bench) == nil)
        }
    }

    @Test func findsAnAppWhateverItsCase() throws {
        var bench = Bench { $0.tenants[0].apps[0].clientID = "Relay" }
        #expect(bench.control("PATCH", "app/rELAY", ["enabled": false]).json["enabled"] == false)
    }

    // MARK: Senders

    @Test func sendAsIsDeniedOnBothPathsUntilItIsGranted() throws {
        var bench = Bench()
        let message = Bench.message(from: "ceo@contoso.com")
        #expect(bench.sendMIME(message).code == "ErrorSendAsDenied")
        let denied = try #require(try Self.smtp(&bench, message))
        #expect(
            denied.hasPrefix(
                "554 5.2.252 SendAsDenied; \(Bench.mailbox) not allowed to send as ceo@contoso.com; STOREDRV.Submission."
            ))
        _ = bench.control("PATCH", Self.mailbox, ["sendAs": ["ceo@contoso.com"]])
        #expect(bench.sendMIME(message).status == 202)
        #expect(try Self.smtp(&bench, message) == nil)
    }

    @Test func mayRefuseTheEnvelopeSenderAtMAIL() throws {
        var bench = Bench()
        _ = bench.control("PATCH", "settings", ["smtp": ["senderRefusedAt": "mail"]])
        #expect(
            try Self.smtp(&bench, sender: "ceo@contoso.com")
                == "550 5.7.60 SMTP; Client does not have permissions to send as this sender")
        #expect(try Self.smtp(&bench) == nil)
    }

    // MARK: Standing

    static let standings: [(restriction: Restriction, prefix: String)] = [
        (.submissionQuota, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException"),
        (.dailyRecipients, "550 5.1.90 Your message can't be sent because you've reached your daily limit"),
        (.outboundSpam, "550 5.1.8 Access denied, bad outbound sender AS(42004)"),
        (.underEvaluation, "451 4.7.500 Access denied, please try again later"),
        (.bannedSender, "550 5.7.503 Access denied, banned sender"),
        (.threshold, "550 5.7.705 Access denied, tenant has exceeded threshold"),
        (.untrustedAddress, "550 5.7.708 Access denied, traffic not accepted from this IP"),
        (.externalRecipients, "550 5.7.233 Your message can't be sent because your tenant exceeded its daily limit"),
        (.trialExternalRecipients, "550 5.7.232 Your message can't be sent because your trial tenant has exceeded"),
    ]

    /// By SMTP at once; behind Graph's 202 as a report.
    @Test(arguments: standings, [tenant, mailbox])
    func restricts(standing: (restriction: Restriction, prefix: String), path: String) throws {
        var bench = Bench()
        let changed = bench.control("PATCH", path, ["restriction": .string(standing.restriction.rawValue)])
        #expect(changed.json["restriction"].string == standing.restriction.rawValue)
        #expect(try Self.smtp(&bench)?.hasPrefix(standing.prefix) == true)
        #expect(bench.sendMIME().status == 202)
        #expect(bench.state.store.captured.isEmpty)
        let inbox = bench.graph("GET", "/\(Bench.mailbox)/mailFolders/inbox/messages").json["value"]
        #expect(inbox[0]["subject"] == "Undeliverable: Report")
        _ = bench.control("PATCH", path, ["restriction": "none"])
        #expect(try Self.smtp(&bench) == nil)
        #expect(bench.sendMIME().status == 202)
        #expect(bench.state.store.captured.count == 2)
    }

    @Test func everyRestrictionIsTold() {
        #expect(Set(Self.standings.map(\.restriction) + [.none]) == Set(Restriction.allCases))
    }
}
