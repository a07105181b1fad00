// What each answer to sendMail means: one table, read from top to bottom, the first fitting row decides ("Microsoft Graph
// error responses and resource types", "Microsoft Graph throttling guidance", "user: sendMail", the Exchange Web Services
// response codes, and answers reported from the live service). Codes are the contract; messages are looked at only where
// a code is not enough. The rows by status alone are the rule for codes nobody has told us of.

import MailModel

extension GraphRule {
    static let byCode: [GraphRule] = [
        // Whatever the code: a new token first.
        .init(["*"], at: 401...401, .unauthenticated, .route, .unauthorized),
        // Nor does a code make sure what a gateway lost: duplicates were seen after these.
        .init(["*"], at: 502...502, .unknownOnceSent, .route, .unavailable),
        .init(["*"], at: 504...504, .unknownOnceSent, .route, .unavailable),

        // Our own defects: the MIME form is plain base 64; header rules are those of the JSON form.
        .init(["ErrorMimeContentInvalidBase64String"], .rejected, .message, .malfunction),
        .init(["InvalidInternetMessageHeader*"], .rejected, .message, .malfunction),
        .init(["InefficientFilter"], .rejected, .message, .malfunction),

        // The message's own faults. One bad address refuses the whole message, and is not named.
        .init(["ErrorInvalidRecipients"], .rejected, .message, .rejected),
        // Third parties' codes for more recipients than the mailbox may address at once.
        .init(
            ["ErrorRecipientLimitExceeded", "ErrorExceededMaxRecipientLimit"], .rejected, .message, .rejected,
            advice: "Lower `recipients_per_message`, or raise the mailbox's RecipientLimits."),
        // Above the mailbox's own limit, whatever the form or path: before the rows for requests too large.
        .init(
            ["ErrorMessageSizeExceeded"], .rejected, .message, .rejected,
            advice: "Raise the mailbox's MaxSendSize in Exchange, or send less."),
        .init(
            ["ErrorSendAsDenied"], .rejected, .message, .rejected,
            advice: "Grant the mailbox Send As on the From address, or route that address to its own mailbox."),

        // Too large for one request; another form or path may carry it.
        .init(["RequestBodyTooLarge"], .rejected, .message, .tooLarge),
        .init(["BadRequest"], at: 400...400, text: "maximum request length", .rejected, .message, .tooLarge),

        // Permissions.
        .init(
            ["ErrorAccessDenied"], .deferred, .mailbox, .unauthorized,
            advice:
                "Grant the application Mail.Send (for `exactly_once: draft` Mail.ReadWrite too, for `lookup` Mail.Read), or "
                + "put this mailbox into its RBAC scope or access policy. Changes take up to two hours."),
        .init(
            ["Authorization_RequestDenied"], .deferred, .mailbox, .unauthorized,
            advice: "Grant the application Mail.Send with an administrator's consent."),

        // Quotas, and mailboxes that Microsoft has stopped.
        .init(
            ["ErrorExceededMessageLimit", "ErrorMessageBlocked"], .deferred, .mailbox, .quota,
            advice: "Microsoft holds back this mailbox's mail. Look for instructions in its Inbox."),
        .init(["ErrorSubmissionQuotaExceeded"], .deferred, .mailbox, .quota),
        .init(
            ["ErrorMessageSubmissionBlocked", "ErrorAccountSuspend*"], .deferred, .mailbox, .misconfigured,
            advice: "Microsoft has blocked this mailbox from sending. Look for instructions in its Inbox, and in the "
                + "Defender portal under restricted entities."),
        .init(
            ["ErrorQuotaExceeded", "QuotaExceededException"], .deferred, .mailbox, .misconfigured,
            advice: "The mailbox is full. Empty Sent Items, set a retention policy, or raise its quota."),

        // Mailboxes that are not there.
        .init(
            ["ErrorInvalidUser", "ResourceNotFound", "Request_ResourceNotFound", "ErrorNonExistentMailbox"], .deferred,
            .mailbox, .misconfigured,
            advice: "There is no such mailbox in the tenant. Set `mailbox` or `mailboxes`, or correct the sender."),
        .init(
            ["MailboxNotEnabledForRESTAPI"], .deferred, .mailbox, .misconfigured,
            advice: "The mailbox has no Exchange Online licence, is deleted, or lives on premises."),

        // A draft that is gone may have been sent.
        .init(["ErrorItemNotFound"], .unknown, .message, .unavailable),
        .init(["ErrorIrresolvableConflict"], .deferred, .message, .unavailable),

        // Limits: 4 requests at once, 150 MB in 5 minutes, 10,000 requests in 10 minutes, for each mailbox.
        .init(["*"], at: 429...429, .deferred, .mailbox, .throttled),
        .init(
            [
                "ApplicationThrottled", "TooManyRequests", "CommandConcurrencyLimitReached",
                "ErrorDirectoryConcurrencyLimit",
            ], .deferred, .mailbox, .throttled),
        .init(["ResourceUnhealthy", "ErrorServerBusy"], at: 503...503, .deferred, .mailbox, .throttled),

        // The store says that it did not take it.
        .init(
            [
                "ErrorMailboxStoreUnavailable", "ErrorMailboxMoveInProgress", "ErrorMailboxFailover",
                "ErrorConnectionFailed", "ErrorInsufficientResources", "ErrorTooManyObjectsOpened",
            ], at: 500...599, .deferred, .mailbox, .unavailable),

        // Faults that say nothing about the message's fate.
        .init(["ErrorTimeoutExpired"], .unknownOnceSent, .route, .unavailable),
        .init(
            ["ErrorInternalServerError", "ErrorInternalServerTransientError", "ErrorServerBusy"], at: 500...500,
            .unknownOnceSent, .message, .unavailable),
    ]

    /// By the status, where the body is Graph's but its code is in no row above.
    static let byStatus: [GraphRule] = [
        .init(202, .accepted, .message, .unavailable),
        // 200 was seen for MIME above the limit that was not sent; no 2xx but 202 is in the contract.
        .init(200...299, .unknown, .message, .unavailable),
        // A redirection comes from something in between; the request was not taken.
        .init(300...399, .deferred, .route, .misconfigured, advice: "Check `graph_endpoint` and the proxy."),
        .init(400, .rejected, .message, .rejected),
        .init(401, .unauthenticated, .route, .unauthorized),
        .init(402, .deferred, .mailbox, .misconfigured),
        .init(
            403, .deferred, .mailbox, .unauthorized,
            advice: "The application may not send from this mailbox. Look at its permissions and policies."),
        .init(404, .deferred, .mailbox, .misconfigured, advice: "Check `mailbox` and `graph_endpoint`."),
        .init(407, .deferred, .route, .misconfigured, advice: "The proxy wants a user and a password in `proxy`."),
        .init(408, .unknownOnceSent, .route, .unavailable),
        .init(409, .deferred, .message, .unavailable),
        .init(410, .deferred, .mailbox, .misconfigured),
        .init(412, .deferred, .message, .unavailable),
        .init(413, .rejected, .message, .tooLarge),
        .init(421, .deferred, .route, .unavailable),
        .init(422, .rejected, .message, .rejected),
        .init(423, .deferred, .mailbox, .unavailable),
        .init(425, .deferred, .route, .unavailable),
        .init(429, .deferred, .mailbox, .throttled),
        // 405, 406, 411, 415, 416 and the rest speak of the request's form: a defect, ours or a proxy's, so mail waits.
        .init(400...499, .deferred, .message, .malfunction),
        .init(500, .unknownOnceSent, .message, .unavailable),
        .init(501, .deferred, .route, .unavailable),
        .init(502, .unknownOnceSent, .route, .unavailable),
        // RFC 9110 §15.6.4: the service does not handle the request for now.
        .init(503, .deferred, .route, .unavailable),
        .init(504, .unknownOnceSent, .route, .unavailable),
        .init(
            507, .deferred, .mailbox, .misconfigured,
            advice: "The mailbox is full. Empty Sent Items, set a retention policy, or raise its quota."),
        .init(509, .deferred, .mailbox, .throttled),
        .init(500...599, .unknownOnceSent, .route, .unavailable),
    ]

    /// The same without a Graph error in the body: a bare 400 is a front end's or a proxy's, no judgement of the message.
    static let withoutCode: [GraphRule] = [.init(400, .deferred, .message, .unavailable)] + byStatus

    /// Not a status of HTTP at all.
    static let anythingElse = GraphRule(0...999, .unknownOnceSent, .route, .unavailable)
}
