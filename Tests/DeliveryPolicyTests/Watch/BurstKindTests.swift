import MailModel
import Testing

@testable import DeliveryPolicy

/// Every answer of Microsoft's that a burst is made of, and the shape it has.
@Suite struct BurstKindTests {
    static let bySMTP: [(FailedAnswer, BurstKind)] = [
        (tooManyConnections, .concurrency),
        (.init(.throttled, 432, "4.3.2", "STOREDRV.ClientSubmit; sender thread limit exceeded"), .concurrency),
        (.init(.deferred, 432, "4.3.2", "something new"), .concurrency),
        (.init(.deferred, 432), .concurrency),
        (.init(.throttled, 421, "4.3.2", "Concurrent connections limit exceeded."), .concurrency),
        (.init(.deferred, 421, "4.3.2", "Service not active"), .outage),
        (.init(.throttled, 421, "4.3.2", "odd words"), .concurrency),
        (.init(.throttled, 450, nil, "Too many connections from your host"), .concurrency),
        (.init(.deferred, 432, "4.7.12", "A password transition is needed"), .credentials),
        (.init(.deferred, 451, "4.7.0", "Temporary server error. Please try again later. PRX2"), .outage),
        (.init(.deferred, 421, "4.4.2", "Connection dropped"), .outage),
        (.init(.deferred, nil, nil, "connect: connection refused"), .outage),
        (.init(.unknown, nil, nil, "the connection was lost after the final dot"), .outage),
        (.init(.deferred, 450, "4.7.1", "Message rate limit exceeded"), .rate),
        (.init(.throttled, 451, "4.7.1", "slow down"), .rate),
        (.init(.deferred, 550, "5.1.90", "you've reached your daily limit for message recipients"), .quota),
        (.init(.deferred, 550, "5.7.233", "your tenant exceeded its daily limit"), .quota),
        (.init(.deferred, 554, "5.2.0", "STOREDRV.Submission.Exception:SubmissionQuotaExceededException"), .quota),
        (.init(.deferred, 554, "5.2.2", "Submission quota exceeded"), .quota),
        (.init(.rejected, 550, "5.7.232", "your trial tenant has exceeded its daily limit"), .quota),
        (.init(.deferred, 554, "5.2.2", "mailbox full; MapiExceptionShutoffQuotaExceeded"), .blocked),
        (.init(.deferred, 554, "5.2.0", "STOREDRV.Submission.Exception:QuotaExceededException"), .blocked),
        (.init(.deferred, 550, "5.1.8", "Access denied, bad outbound sender AS(42004)"), .blocked),
        (.init(.deferred, 550, "5.7.708", "Access denied, traffic not accepted from this IP"), .blocked),
        (.init(.deferred, 451, "4.7.500", "Access denied, please try again later"), .blocked),
        (.init(.throttled, 451, "4.7.899", "Access denied, please try again later"), .blocked),
        (.init(.deferred, 451, "4.7.700", "something else"), .outage),
        (.init(.deferred, 550, "5.7.606", "Access denied, banned sending IP"), .blocked),
        (.init(.rejected, 550, "5.7.703", "blocked by your organization"), .refused),
        (.init(.deferred, 550, "5.7.1", "Unable to relay"), .other),
        (.init(.throttled, 550, "5.2.121", "The recipient has exceeded their limit"), .rate),
        (.init(.deferred, 430, "4.2.0", "STOREDRV; mailbox logon failure"), .credentials),
        (.init(.deferred, 530, "5.7.57", "Client was not authenticated"), .credentials),
        (.init(.deferred, 535, "5.7.3", "Authentication unsuccessful"), .credentials),
        (.init(.rejected, 535, "5.7.139", "SmtpClientAuthentication is disabled for the Tenant."), .credentials),
        (.init(.deferred, 550, "5.7.30", "Basic authentication is not supported"), .credentials),
        (.init(.deferred, 400, "AADSTS7000222", "The provided client secret keys are expired."), .credentials),
        (.init(.rejected, 554, "5.2.252", "SendAsDenied; a@x not allowed to send as b@x"), .refused),
        (.init(.rejected, 550, "5.1.1", "User unknown"), .refused),
        (.init(.deferred, 552, "5.3.4", "odd"), .other),
    ]

    static let byGraph: [(FailedAnswer, BurstKind)] = [
        (
            .init(.throttled, 429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit."),
            .concurrency
        ),
        (.init(.throttled, 503, "CommandConcurrencyLimitReached", "Command Concurrency Limit Reached"), .concurrency),
        (.init(.throttled, 503, "ErrorDirectoryConcurrencyLimit"), .concurrency),
        (.init(.throttled, 429, "ApplicationThrottled", "Application is over its IncomingBytes limit."), .upload),
        (.init(.throttled, 509), .upload),
        (.init(.throttled, 429, "TooManyRequests", "Please retry again later."), .rate),
        (.init(.throttled, 429), .rate),
        (.init(.throttled, 503, "ErrorServerBusy"), .outage),
        (.init(.deferred, 403, "ErrorExceededMessageLimit", "Daily Message/Recipient limit exceeded."), .quota),
        (.init(.deferred, 403, "ErrorSubmissionQuotaExceeded"), .quota),
        (.init(.deferred, 403, "ErrorQuotaExceeded", "Cannot save changes"), .blocked),
        (.init(.deferred, 403, "ErrorAccountSuspendShowTierUpgrade"), .blocked),
        (.init(.deferred, 507), .blocked),
        (.init(.deferred, 404, "MailboxNotEnabledForRESTAPI"), .blocked),
        (.init(.deferred, 404), .blocked),
        (.init(.deferred, 403, "ErrorAccessDenied", "Access is denied."), .credentials),
        (.init(.deferred, 401, "InvalidAuthenticationToken"), .credentials),
        (.init(.deferred, 407), .credentials),
        (.init(.deferred, 401, "AADSTS7000215"), .credentials),
        (.init(.deferred, 503), .outage),
        (.init(.deferred, 500, "ErrorMailboxStoreUnavailable"), .outage),
        (.init(.deferred, 408), .outage),
        (.init(.deferred, nil, nil, "could not resolve host"), .outage),
        (.init(.unknown, 504, "UnknownError", ""), .outage),
        (.init(.unknown, nil, nil, "timed out"), .outage),
        (.init(.unknown, 200, nil, "not the contract"), .lostAnswers),
        (.init(.unknown, 404, "ErrorItemNotFound"), .lostAnswers),
        (.init(.rejected, 400, "ErrorInvalidRecipients"), .refused),
        (.init(.rejected, 403, "ErrorSendAsDenied"), .refused),
        (.init(.rejected, nil, nil, "a header names others than the envelope"), .refused),
        (.init(.deferred, 405), .other),
        (.init(.deferred, 409, "ErrorIrresolvableConflict"), .other),
    ]

    @Test(arguments: bySMTP) func by(smtp answer: FailedAnswer, _ kind: BurstKind) {
        #expect(BurstKind(of: failure("a", answer, at: 0, by: .smtp)) == kind)
    }

    @Test(arguments: byGraph) func by(graph answer: FailedAnswer, _ kind: BurstKind) {
        #expect(BurstKind(of: failure("a", answer, at: 0, by: .graph)) == kind)
    }

    /// Whatever it was doing, nobody heard the answer.
    @Test func anAttemptCutOffWithItsProcessIsALostAnswer() {
        let cutOff = failure("a", .init(.unknown, nil, nil, "the process ended"), at: 0, hasEnded: false)
        #expect(BurstKind(of: cutOff) == .lostAnswers)
    }

    @Test(arguments: BurstKind.allCases, Path.allCases) func eachSaysWhatItIsAndWhatToDo(
        _ kind: BurstKind, _ path: Path
    ) {
        #expect(kind.meaning.hasSuffix(".") && kind.advice(on: path).hasSuffix("."))
        #expect(!kind.words.isEmpty)
    }

    static let settings: [(BurstKind, Path, String)] = [
        (.concurrency, .smtp, "`smtp.connections`"),
        (.concurrency, .graph, "`graph.limits.concurrency_per_mailbox`"),
        (.rate, .smtp, "`limits.messages_per_mailbox`"),
        (.rate, .graph, "`graph.limits.requests_per_mailbox`"),
        (.upload, .graph, "`graph.limits.upload_per_mailbox`"),
        (.quota, .graph, "`limits.recipients_per_mailbox`"),
        (.outage, .graph, "`fallback` lets mail go by SMTP"),
        (.outage, .smtp, "`fallback` lets mail go by Graph"),
        (.credentials, .graph, "`postern check`"),
        (.lostAnswers, .graph, "`on_unknown`"),
    ]

    @Test(arguments: settings) func namesTheSetting(_ kind: BurstKind, _ path: Path, _ setting: String) {
        #expect(kind.advice(on: path).contains(setting))
    }
}
