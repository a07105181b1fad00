// Which shape a failed attempt has, from what the store keeps of its answer: the statuses and codes of "Microsoft Graph error
// responses and resource types" and of "Email non-delivery reports in Exchange Online", and answers reported from the live
// services. Codes come first; words are looked at only where a code is not enough.

package import MailModel

extension BurstKind {
    package init(of attempt: TroubledAttempt) {
        let answer = Answer(attempt)
        self =
            switch attempt.trouble {
            case .unknown: attempt.hasEnded && answer.isFault ? .outage : .lostAnswers
            case .rejected: answer.finalKind
            case .deferred, .throttled: answer.passingKind
            }
    }
}

private struct Answer {
    let path: Path
    let status: Int?
    /// In lower case, as `words` are.
    let code: String
    let words: String
    let isThrottling: Bool

    init(_ attempt: TroubledAttempt) {
        path = attempt.path
        status = attempt.status
        code = attempt.code?.lowercased() ?? ""
        words = attempt.text?.lowercased() ?? ""
        isThrottling = attempt.trouble == .throttled
    }

    var finalKind: BurstKind {
        if isQuota { return .quota }
        return isUnauthenticated ? .credentials : .refused
    }

    var passingKind: BurstKind {
        if isConcurrency { return .concurrency }
        if isUpload { return .upload }
        if isQuota { return .quota }
        if isBlocked { return .blocked }
        if isUnauthenticated || isForbidden { return .credentials }
        if isRate { return .rate }
        return isFault ? .outage : .other
    }
}

extension Answer {
    /// `Application is over its MailboxConcurrency limit.`, `Concurrent connections limit exceeded.`,
    /// `STOREDRV.ClientSubmit; sender thread limit exceeded`; a server that shuts down says 4.3.2, too (RFC 3463 §3.4).
    private var isConcurrency: Bool {
        let phrases = ["concurren", "thread limit", "too many connections"]
        if code.contains("concurrency") || phrases.contains(where: words.contains) { return true }
        guard path == .smtp else { return false }
        return code == "4.3.2" ? status == 432 || isThrottling : status == 432 && code.isEmpty
    }

    /// `Application is over its IncomingBytes limit.`; 509 is Graph's for bandwidth.
    private var isUpload: Bool { words.contains("incomingbytes") || (path == .graph && status == 509) }

    private var isQuota: Bool {
        Self.quotaCodes.contains(code) || words.contains("submissionquota") || words.contains("submission quota")
    }

    private var isBlocked: Bool {
        switch path {
        case .graph:
            Self.blockedCodes.contains(code) || code.hasPrefix("erroraccountsuspend")
                || [402, 404, 410, 507].contains(status)
        case .smtp:
            Self.blockedCodes.contains(code) || isHeldBack || words.contains("quotaexceeded")
        }
    }

    /// `4.7.500`–`4.7.699` and `4.7.850`–`4.7.899`, `Access denied, please try again later`: suspicious activity;
    /// `5.7.606`–`5.7.649`, `Access denied, banned sending IP`.
    private var isHeldBack: Bool {
        guard code.hasPrefix("4.7.") || code.hasPrefix("5.7."), let detail = Int(code.dropFirst(4)) else {
            return false
        }
        return code.hasPrefix("4") ? 500...699 ~= detail || 850...899 ~= detail : 606...649 ~= detail
    }

    /// Who asks is not believed; 430 is Exchange's for an application that has no right on the mailbox.
    private var isUnauthenticated: Bool {
        if code.hasPrefix("aadsts") { return true }
        return switch path {
        case .graph: status == 401 || status == 407
        case .smtp:
            [430, 530, 534, 535, 538].contains(status) || words.contains("logon failure")
                || ["4.7.12", "5.7.3", "5.7.30", "5.7.57", "5.7.139"].contains(code)
        }
    }

    private var isForbidden: Bool { path == .graph && status == 403 }

    /// `503 ErrorServerBusy` throttles everyone: the service is overloaded.
    private var isRate: Bool {
        if isThrottling { return !(path == .graph && 500...599 ~= status ?? 0) }
        return words.contains("rate limit") || words.contains("message rate") || words.contains("too many messages")
    }

    /// No answer, or one that speaks of the service rather than of the request.
    var isFault: Bool {
        guard let status else { return true }
        return switch path {
        case .graph: [408, 421, 423, 425].contains(status) || 500...599 ~= status
        case .smtp: 400...499 ~= status
        }
    }

    private static let quotaCodes: Set<String> = [
        "errorsubmissionquotaexceeded", "errorexceededmessagelimit", "errormessageblocked",
        // Recipients of the mailbox, of a trial tenant, of the tenant, of its onmicrosoft.com domains.
        "5.1.90", "5.7.232", "5.7.233", "5.7.236",
    ]

    private static let blockedCodes: Set<String> = [
        "errormessagesubmissionblocked", "errorquotaexceeded", "quotaexceededexception", "errorinvaliduser",
        "resourcenotfound", "request_resourcenotfound", "errornonexistentmailbox", "mailboxnotenabledforrestapi",
        // Restricted for spam; full; banned; the tenant's threshold, its addresses, its domains.
        "5.1.8", "5.2.2", "5.7.501", "5.7.502", "5.7.503", "5.7.511", "5.7.800", "5.7.705", "5.7.708", "5.7.750",
    ]
}
