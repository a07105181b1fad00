import MailModel
import Testing

@testable import SMTPProtocol

/// What an operator is told about what only an operator can mend.
@Suite struct SubmissionAdviceTests {
    private func refusalMet(_ phase: ClientPhase, _ line: String) -> Refusal? {
        refusalGiven(by: SubmissionAnswer.verdict(on: reply(line), at: phase))
    }

    static let words: [(ClientPhase, String, String?)] = [
        (.authentication, "535 5.7.139 SmtpClientAuthentication is disabled for the Tenant.", "Set-TransportConfig"),
        (
            .authentication, "535 5.7.139 SmtpClientAuthentication is disabled for the Mailbox.",
            "Set-CASMailbox -Identity"
        ),
        (.authentication, "535 5.7.139 the user credentials were incorrect.", "`username` and `password`"),
        (.authentication, "535 5.7.139 the request did not meet the criteria", "Conditional Access"),
        (.authentication, "535 5.7.139 basic authentication is disabled.", "auth: xoauth2"),
        (.authentication, "550 5.7.30 Basic authentication is not supported", "auth: xoauth2"),
        (.authentication, "535 5.7.3 Authentication unsuccessful", "New-ServicePrincipal"),
        (.authentication, "535 5.7.8 Authentication failed", "password"),
        (.authentication, "538 5.7.11 Encryption required", "`tls`"),
        (.greeting, "554 5.7.1 Go away", "admits this host"),
        (.mail, "530 5.7.57 Client not authenticated to send mail", "auth: xoauth2"),
        (.mail, "530 5.7.0 Must issue a STARTTLS command first", "tls: starttls"),
        (.mail, "530 5.7.0 Authentication required", "`auth`"),
        (.mail, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", "Add-RecipientPermission"),
        (.endOfData, "554 5.2.252 SendAsDenied; a not allowed", "Send As"),
        (.endOfData, "430 4.2.0 STOREDRV; mailbox logon failure", "-AccessRights FullAccess"),
        (
            .endOfData, "554 5.2.2 mailbox full; X:QuotaExceededException.MapiExceptionShutoffQuotaExceeded",
            "Sent Items"
        ),
        (.endOfData, "550 5.1.90 You've reached your daily limit", "recipients_per_mailbox"),
        (.endOfData, "550 5.7.233 Tenant exceeded", "Get-LimitsEnforcementStatus"),
        (.endOfData, "550 5.7.236 Tenant exceeded", "onmicrosoft.com"),
        (.endOfData, "550 5.1.8 Access denied, bad outbound sender AS(42004)", "restricted entities"),
        (.endOfData, "550 5.7.502 Access denied, banned sender", "delist@microsoft.com"),
        (.endOfData, "550 5.7.705 Access denied, tenant has exceeded threshold", "support"),
        (.endOfData, "550 5.7.708 Access denied, traffic not accepted from this IP", "trial tenants"),
        (.endOfData, "550 5.7.750 Client blocked", "accepted domains"),
        (.endOfData, "452 4.5.3 Too many recipients", "recipients_per_message"),
        (.recipients, "452 4.5.3 Too many recipients", "recipients_per_message"),
        (.recipients, "554 5.7.1 Relay access denied", "does not relay"),
        (.recipients, "550 5.7.703 Blocked by your organization", "Tenant Allow/Block List"),
        (.endOfData, "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", nil),
        (.recipients, "550 5.1.1 No such user", nil),
        (.endOfData, "554 5.7.1 Spam", nil),
        (.mail, "451 Later", nil),
        (.greeting, "421 Busy", nil),
    ]

    @Test(arguments: words)
    func advice(_ phase: ClientPhase, _ line: String, _ expected: String?) throws {
        let refusal = try #require(refusalMet(phase, line))
        let advice = SubmissionAnswer.advice(for: refusal)
        #expect(expected.map { advice?.contains($0) == true } ?? (advice == nil), "\(advice ?? "none")")
    }

    @Test func operatorsAreNotLeftAlone() {
        for rule in ReplyRule.all where [.unauthorized, .misconfigured, .quota].contains(rule.cause) {
            #expect(rule.advice?.hasSuffix(".") == true, "\(rule.codes) \(rule.statuses) \(rule.words)")
        }
    }

    /// Through the log and back: the refusal alone leads to the advice of the row it came from.
    @Test(arguments: KnownReplies.all)
    func theRefusalAloneSuffices(_ phase: ClientPhase, _ line: String, _ meaning: String) throws {
        let refusal = try #require(refusalMet(phase, line))
        let rule = ReplyRule.first(for: SaidRefusal(reply(line)), at: phase)
        #expect(SubmissionAnswer.advice(for: refusal) == rule.advice, "\(meaning)")
    }

    @Test func noReplyMeansNoAdvice() {
        #expect(SubmissionAnswer.advice(for: Refusal(scope: .route, cause: .unavailable, text: "lost")) == nil)
        #expect(
            SubmissionAnswer.advice(for: Refusal(scope: .route, cause: .tooLarge, status: 550, text: "another's"))
                == nil)
    }
}
