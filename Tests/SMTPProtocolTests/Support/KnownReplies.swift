import SMTPProtocol

/// Refusals and what they mean; those of Exchange Online as published and as seen.
enum KnownReplies {
    static let all = exchange + standard

    typealias Row = (phase: ClientPhase, line: String, meaning: String)

    private static let storedrv = "STOREDRV.Submission.Exception:"
    private static let smtpAuth = "Authentication unsuccessful, SmtpClientAuthentication is disabled for the"

    /// Exchange Online's, as published and as seen.
    static let exchange: [Row] = [
        (
            .endOfData, "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
            "deferred mailbox throttled"
        ),
        (
            .endOfData,
            "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information. "
                + "[Hostname=AM0PR0.eurprd01.prod.outlook.com]", "deferred mailbox throttled"
        ),
        (.mail, "432 Concurrent connections limit exceeded.", "deferred mailbox throttled"),
        (.data, "554 sender thread limit exceeded", "deferred mailbox throttled"),
        (.endOfData, "451 4.7.0 Temporary server error. Please try again later. PRX2", "deferred route unavailable"),
        (.mail, "451 4.7.0 Temporary server error. Please try again later. PRX4", "deferred route unavailable"),
        (.data, "451 4.7.0 Please try again later. PRX5", "deferred route unavailable"),
        (.greeting, "421 4.3.2 Service not available", "deferred route unavailable"),
        (.hello, "421 4.3.2 Service shutting down, closing connection", "deferred route unavailable"),
        (.greeting, "421 4.4.2 Connection dropped", "deferred route unavailable"),
        (.mail, "451 4.7.500 Access denied, please try again later", "deferred route throttled"),
        (.mail, "451 4.7.699 Access denied, please try again later", "deferred route throttled"),
        (.recipients, "450 4.7.850 Access denied, please try again later", "deferred route throttled"),
        (.endOfData, "451 4.7.899 Access denied, please try again later", "deferred route throttled"),
        (.endOfData, "451 4.7.700 Something else", "deferred message unavailable"),
        (.recipients, "452 4.5.3 Too many recipients", "deferred recipient unavailable"),
        (.endOfData, "452 4.5.3 Too many recipients", "deferred message unavailable"),
        (.endOfData, "450 4.4.7 Message expired", "deferred message unavailable"),
        (.endOfData, "450 4.4.316 Connection refused", "deferred message unavailable"),
        (.endOfData, "450 4.4.317 Cannot connect to remote server", "deferred message unavailable"),
        (.endOfData, "450 4.7.321 starttls-not-supported", "deferred message unavailable"),
        (
            .endOfData,
            "430 4.2.0 STOREDRV; mailbox logon failure; \(storedrv)ConnectionFailedTransientException."
                + "MapiExceptionLogonFailed; Failed to process message due to a transient exception",
            "deferred mailbox unauthorized"
        ),
        (
            .mail, "530 5.7.57 Client was not authenticated to send anonymous mail during MAIL FROM",
            "deferred route unauthorized"
        ),
        (.mail, "530 5.7.57 SMTP; Client not authenticated to send mail", "deferred route unauthorized"),
        (.mail, "550 5.7.1 Client was not authenticated", "deferred route unauthorized"),
        (
            .authentication, "535 5.7.3 Authentication unsuccessful [AM0PR0.eurprd01.prod.outlook.com]",
            "unauthenticated mailbox unauthorized"
        ),
        (
            .authentication,
            "535 5.7.139 \(smtpAuth) Tenant. Visit https://aka.ms/smtp_auth_disabled for more information.",
            "deferred route unauthorized"
        ),
        (
            .authentication,
            "535 5.7.139 \(smtpAuth) Mailbox. Visit https://aka.ms/smtp_auth_disabled for more information.",
            "deferred mailbox unauthorized"
        ),
        (
            .authentication, "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.",
            "deferred route unauthorized"
        ),
        (
            .authentication,
            "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated "
                + "successfully. Contact your administrator.", "deferred mailbox unauthorized"
        ),
        (
            .authentication, "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
            "deferred route unauthorized"
        ),
        (
            .authentication, "535 5.7.139 Authentication unsuccessful, federated STS service was unreachable.",
            "deferred route unauthorized"
        ),
        (
            .authentication,
            "535 5.7.139 Authentication unsuccessful, the federated STS URL does not support HTTPS.",
            "deferred route unauthorized"
        ),
        (
            .authentication,
            "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy.",
            "deferred route unauthorized"
        ),
        (
            .authentication, "550 5.7.30 Basic authentication is not supported for Client Submission.",
            "deferred route unauthorized"
        ),
        (
            .endOfData, "550 5.7.30 Basic authentication is not supported for Client Submission.",
            "deferred route unauthorized"
        ),
        (
            .mail, "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
            "rejected message rejected"
        ),
        (
            .endOfData,
            "554 5.2.252 SendAsDenied; a@x.test not allowed to send as b@x.test; \(storedrv)SendAsDeniedException."
                + "MapiExceptionSendAsDenied; Failed to process message due to a permanent exception with message "
                + "[BeginDiagnosticData]Cannot submit message.", "rejected message rejected"
        ),
        (
            .endOfData, "554 5.2.0 \(storedrv)SendAsDeniedException.MapiExceptionSendAsDenied",
            "rejected message rejected"
        ),
        (.endOfData, "554 5.2.252 Cannot submit message.", "rejected message rejected"),
        (
            .endOfData,
            "554 5.2.0 \(storedrv)SubmissionQuotaExceededException.MapiExceptionSubmissionQuotaExceeded",
            "deferred mailbox quota"
        ),
        (.endOfData, "554 5.2.2 Submission quota exceeded", "deferred mailbox quota"),
        (
            .endOfData,
            "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
            "deferred mailbox quota"
        ),
        (
            .endOfData,
            "554 5.2.2 mailbox full; \(storedrv)QuotaExceededException.MapiExceptionShutoffQuotaExceeded",
            "deferred mailbox misconfigured"
        ),
        (
            .endOfData, "554 5.2.2 mailbox full; \(storedrv)QuotaExceededException.MapiExceptionQuotaExceeded",
            "deferred mailbox misconfigured"
        ),
        (.endOfData, "554 5.2.2 mailbox full", "deferred mailbox misconfigured"),
        (
            .endOfData,
            "554 5.2.3 \(storedrv)MessageSubmissionExceededException.MapiExceptionMaxSubmissionExceeded",
            "rejected message rejected"
        ),
        (.endOfData, "552 5.3.4 Message size exceeds fixed maximum message size", "rejected message tooLarge"),
        (.mail, "552 5.3.4 Message size exceeds fixed maximum message limit", "rejected message tooLarge"),
        (.endOfData, "550 5.1.8 Access denied, bad outbound sender AS(42004)", "deferred mailbox misconfigured"),
        (
            .endOfData, "550 5.1.20 Multiple From addresses are not allowed without Sender address",
            "rejected message rejected"
        ),
        (.endOfData, "550 5.6.11 Invalid characters", "rejected message malfunction"),
        (
            .endOfData, "550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant",
            "rejected message rejected"
        ),
        (
            .endOfData,
            "550 5.7.232 - Your message can't be sent because your trial tenant has exceeded its daily limit for sending "
                + "email to external recipients (tenant external recipient rate limit)", "deferred route quota"
        ),
        (
            .recipients,
            "550 5.7.233 - Your message can't be sent because your tenant exceeded its daily limit for sending email to "
                + "external recipients (tenant external recipient rate limit)", "deferred route quota"
        ),
        (
            .endOfData,
            "550 5.7.236 Your message can't be sent because your tenant has exceeded its daily limit for sending email to "
                + "external recipients from your tenant's onmicrosoft.com domains", "deferred mailbox quota"
        ),
        (.mail, "550 5.7.501 Access denied, spam abuse detected", "deferred mailbox misconfigured"),
        (.mail, "550 5.7.502 Access denied, banned sender", "deferred mailbox misconfigured"),
        (.mail, "550 5.7.503 Access denied, banned sender", "deferred mailbox misconfigured"),
        (.mail, "550 5.7.511 Access denied, banned sender", "deferred mailbox misconfigured"),
        (.endOfData, "550 5.7.800 Access denied, spam abuse detected", "deferred mailbox misconfigured"),
        (.mail, "550 5.7.606 Access denied, banned sending IP [192.0.2.1]", "deferred route misconfigured"),
        (
            .endOfData,
            "550 5.7.703 Your message can't be delivered because messages to XXX, YYY are blocked by your organization "
                + "using Tenant Allow Block List.", "rejected message rejected"
        ),
        (.endOfData, "550 5.7.705 Access denied, tenant has exceeded threshold", "deferred route misconfigured"),
        (.endOfData, "550 5.7.708 Access denied, traffic not accepted from this IP", "deferred route misconfigured"),
        (
            .endOfData,
            "550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains",
            "deferred message misconfigured"
        ),
        (.recipients, "550 5.1.1 No such user", "rejected recipient rejected"),
        (.recipients, "550 5.1.10 Recipient not found", "rejected recipient rejected"),
        (.endOfData, "550 5.1.10 Recipient not found", "rejected message rejected"),
        (.recipients, "550 5.4.1 Recipient address rejected: Access denied", "rejected recipient rejected"),
        (.recipients, "550 5.2.121 Recipient's per hour message receive limit", "deferred recipient throttled"),
        (.endOfData, "550 5.2.122 Recipient's per hour message receive limit", "deferred message throttled"),
        (.endOfData, "550 5.5.3 RESOLVER.ADR.RecipLimit; too many recipients", "rejected message rejected"),
    ]

    /// Those of Postfix, Exim, sendmail and others, and of servers that give no enhanced codes.
    static let standard: [Row] = [
        (.greeting, "421 Too busy", "deferred route unavailable"),
        (.greeting, "421 4.7.0 relay.test Error: too many connections from 192.0.2.1", "deferred mailbox throttled"),
        (.greeting, "450 Later", "deferred route unavailable"),
        (.greeting, "554 5.7.1 Service unavailable; Client host blocked", "deferred route misconfigured"),
        (.hello, "450 4.7.1 Helo command rejected: Host not found", "deferred route unavailable"),
        (.hello, "550 5.7.1 Helo command rejected", "deferred route misconfigured"),
        (.startTLS, "454 4.7.0 TLS not available due to local problem", "deferred route unavailable"),
        (.startTLS, "502 5.5.1 Command not implemented", "deferred route misconfigured"),
        (.ready, "450 Later", "deferred route unavailable"),
        (.ready, "500 What?", "deferred route unavailable"),
        (.authentication, "432 4.7.12 A password transition is needed", "deferred route unauthorized"),
        (.authentication, "454 4.7.0 Temporary authentication failure", "deferred route unavailable"),
        (.authentication, "504 5.5.4 Unrecognized authentication type", "deferred route misconfigured"),
        (.authentication, "504 5.7.4 Unrecognized authentication type", "deferred route misconfigured"),
        (.authentication, "530 5.7.0 Must issue a STARTTLS command first", "deferred route misconfigured"),
        (.authentication, "534 5.7.9 Authentication mechanism is too weak", "deferred route misconfigured"),
        (.authentication, "535 5.7.8 Error: authentication failed", "unauthenticated route unauthorized"),
        (.authentication, "535 Incorrect authentication data", "unauthenticated route unauthorized"),
        (.authentication, "538 5.7.11 Encryption required", "deferred route misconfigured"),
        (.authentication, "550 5.7.0 No", "deferred route unauthorized"),
        (.mail, "530 5.7.0 Authentication required", "deferred route misconfigured"),
        (.mail, "452 4.3.1 Insufficient system storage", "deferred route unavailable"),
        (.mail, "451 4.1.8 Domain of sender address does not resolve", "deferred message unavailable"),
        (.mail, "553 5.1.8 Domain of sender address does not exist", "rejected message rejected"),
        (.mail, "553 5.7.1 Sender address rejected: not owned by user", "rejected message rejected"),
        (.mail, "553 5.6.7 Must list UTF8 address", "rejected message unrepresentable"),
        (.mail, "552 Message size exceeds maximum permitted", "rejected message tooLarge"),
        (.mail, "450 4.7.1 Error: too much mail from 192.0.2.1", "deferred mailbox throttled"),
        (.mail, "451 You have exceeded your rate limit", "deferred mailbox throttled"),
        (.recipients, "450 4.2.0 Greylisted, see http://postgrey.test", "deferred recipient unavailable"),
        (.recipients, "450 4.2.1 Receives mail above the rate limit", "deferred recipient unavailable"),
        (.recipients, "451 Local error", "deferred recipient unavailable"),
        (.recipients, "452 Too many recipients", "deferred recipient unavailable"),
        (.recipients, "552 Too many recipients", "deferred recipient unavailable"),
        (.recipients, "550 Unknown user", "rejected recipient rejected"),
        (.recipients, "552 5.2.2 Mailbox full", "rejected recipient rejected"),
        (.recipients, "552 5.3.4 Message too big for this recipient", "rejected recipient rejected"),
        (.recipients, "553 5.6.7 Address needs SMTPUTF8", "rejected recipient rejected"),
        (.recipients, "554 5.7.1 <b@x.test>: Relay access denied", "deferred recipient misconfigured"),
        (.recipients, "550 relay not permitted", "deferred recipient misconfigured"),
        (
            .recipients, "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
            "deferred recipient misconfigured"
        ),
        (.data, "451 4.3.0 Queue file write error", "deferred message unavailable"),
        (.data, "503 5.5.1 Bad sequence of commands", "deferred message malfunction"),
        (.data, "554 5.5.1 No valid recipients", "rejected message rejected"),
        (.endOfData, "451 4.7.1 Service unavailable - try again later", "deferred message unavailable"),
        (.endOfData, "452 4.3.1 Insufficient system storage", "deferred route unavailable"),
        (.endOfData, "550 5.7.1 Message content rejected", "rejected message rejected"),
        (.endOfData, "552 Message too large", "rejected message tooLarge"),
        (.endOfData, "554 Transaction failed", "rejected message rejected"),
        (.endOfData, "421 4.3.0 Going down", "deferred route unavailable"),
    ]
}
