import MailModel
import Testing

@testable import GraphProtocol

@Suite struct GraphAnswerTests {
    static func body(_ code: String, _ message: String = "words") -> String {
        #"{"error":{"code":"\#(code)","message":"\#(message)"}}"#
    }

    /// `deferred mailbox throttled`, `unauthenticated route unauthorized`.
    static func word(_ answer: GraphAnswer) -> String {
        switch answer {
        case .unauthenticated(let refusal): "unauthenticated \(refusal.scope) \(refusal.cause)"
        case .outcome(let outcome):
            switch outcome {
            case .accepted: "accepted"
            case .deferred(let refusal, _): "deferred \(refusal.scope) \(refusal.cause)"
            case .rejected(let refusal): "rejected \(refusal.scope) \(refusal.cause)"
            case .unknown(let refusal): "unknown \(refusal.scope) \(refusal.cause)"
            }
        }
    }

    /// Status, code, message (an empty code: no body at all), then the answer with the body sent and with half of it sent.
    static let table: [(Int, String, String, String, String?)] = [
        (202, "", "", "accepted", nil),
        (200, "", "", "unknown message unavailable", nil),
        (201, "", "", "unknown message unavailable", nil),
        (204, "", "", "unknown message unavailable", nil),
        (200, "ErrorAccessDenied", "", "unknown message unavailable", nil),
        (302, "", "", "deferred route misconfigured", nil),
        // 400
        (
            400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.",
            "rejected message malfunction", nil
        ),
        (
            400, "ErrorInvalidRecipients",
            "At least one recipient is not valid., A message can't be sent because it contains no recipients.",
            "rejected message rejected", nil
        ),
        (400, "InvalidInternetMessageHeader", "x-", "rejected message malfunction", nil),
        (400, "InvalidInternetMessageHeaderCollection", "5", "rejected message malfunction", nil),
        (400, "BadRequest", "The maximum request length supported is 4MB.", "rejected message tooLarge", nil),
        (400, "BadRequest", "Maximum request length exceeded.", "rejected message tooLarge", nil),
        (400, "BadRequest", "Something else.", "rejected message rejected", nil),
        (400, "RequestBodyTooLarge", "", "rejected message tooLarge", nil),
        (413, "RequestBodyTooLarge", "", "rejected message tooLarge", nil),
        (413, "", "", "rejected message tooLarge", nil),
        (413, "BadRequest", "", "rejected message tooLarge", nil),
        (
            400, "ErrorMessageSizeExceeded",
            "The message exceeds the maximum supported size., Cannot save changes made to an item to store.",
            "rejected message rejected", nil
        ),
        (413, "ErrorMessageSizeExceeded", "", "rejected message rejected", nil),
        (400, "InefficientFilter", "", "rejected message malfunction", nil),
        (400, "ErrorRecipientLimitExceeded", "", "rejected message rejected", nil),
        (400, "ErrorExceededMaxRecipientLimit", "", "rejected message rejected", nil),
        (400, "SomethingNew", "", "rejected message rejected", nil),
        (400, "", "", "deferred message unavailable", nil),
        (422, "SomethingNew", "", "rejected message rejected", nil),
        // 401
        (
            401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.",
            "unauthenticated route unauthorized", nil
        ),
        (
            401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.",
            "unauthenticated route unauthorized", nil
        ),
        (401, "ErrorAccessDenied", "", "unauthenticated route unauthorized", nil),
        (401, "", "", "unauthenticated route unauthorized", nil),
        // 403
        (
            403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.",
            "deferred mailbox unauthorized", nil
        ),
        (
            403, "ErrorAccessDenied",
            "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.",
            "deferred mailbox unauthorized", nil
        ),
        (403, "ErrorSendAsDenied", "Cannot submit message.", "rejected message rejected", nil),
        (403, "Authorization_RequestDenied", "", "deferred mailbox unauthorized", nil),
        (
            403, "ErrorExceededMessageLimit", "Cannot send mail. Daily Message/Recipient limit exceeded.",
            "deferred mailbox quota", nil
        ),
        (403, "ErrorMessageSubmissionBlocked", "", "deferred mailbox misconfigured", nil),
        (403, "ErrorAccountSuspend", "", "deferred mailbox misconfigured", nil),
        (403, "ErrorMessageBlocked", "", "deferred mailbox quota", nil),
        (
            403, "ErrorQuotaExceeded", "Cannot save changes made to an item to store.",
            "deferred mailbox misconfigured", nil
        ),
        (429, "ErrorQuotaExceeded", "", "deferred mailbox misconfigured", nil),
        (403, "SomethingNew", "", "deferred mailbox unauthorized", nil),
        (403, "", "", "deferred mailbox unauthorized", nil),
        (403, "ErrorSubmissionQuotaExceeded", "", "deferred mailbox quota", nil),
        (500, "ErrorSubmissionQuotaExceeded", "", "deferred mailbox quota", nil),
        // 404 and the rest of 4xx
        (404, "ErrorInvalidUser", "The requested user 'x' is invalid.", "deferred mailbox misconfigured", nil),
        (
            404, "MailboxNotEnabledForRESTAPI", "REST API is not yet supported for this mailbox.",
            "deferred mailbox misconfigured", nil
        ),
        (404, "ResourceNotFound", "", "deferred mailbox misconfigured", nil),
        (404, "Request_ResourceNotFound", "", "deferred mailbox misconfigured", nil),
        (404, "ErrorNonExistentMailbox", "", "deferred mailbox misconfigured", nil),
        (404, "ErrorItemNotFound", "", "unknown message unavailable", nil),
        (404, "", "", "deferred mailbox misconfigured", nil),
        (409, "ErrorIrresolvableConflict", "", "deferred message unavailable", nil),
        (412, "ErrorIrresolvableConflict", "", "deferred message unavailable", nil),
        (409, "SomethingNew", "", "deferred message unavailable", nil),
        (412, "", "", "deferred message unavailable", nil),
        (402, "", "", "deferred mailbox misconfigured", nil),
        (405, "", "", "deferred message malfunction", nil),
        (406, "", "", "deferred message malfunction", nil),
        (407, "", "", "deferred route misconfigured", nil),
        (408, "", "", "unknown route unavailable", "deferred route unavailable"),
        (410, "", "", "deferred mailbox misconfigured", nil),
        (411, "", "", "deferred message malfunction", nil),
        (415, "x", "", "deferred message malfunction", nil),
        (416, "x", "", "deferred message malfunction", nil),
        (421, "", "", "deferred route unavailable", nil),
        (423, "x", "", "deferred mailbox unavailable", nil),
        (425, "", "", "deferred route unavailable", nil),
        // Throttling
        (429, "", "", "deferred mailbox throttled", nil),
        (429, "TooManyRequests", "Please retry again later.", "deferred mailbox throttled", nil),
        (
            429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.",
            "deferred mailbox throttled", nil
        ),
        (
            429, "ApplicationThrottled", "Application is over its IncomingBytes limit.", "deferred mailbox throttled",
            nil
        ),
        (429, "SomethingNew", "", "deferred mailbox throttled", nil),
        (503, "CommandConcurrencyLimitReached", "Command Concurrency Limit Reached", "deferred mailbox throttled", nil),
        (
            503, "ErrorDirectoryConcurrencyLimit", "Directory Concurrency Limit Reached", "deferred mailbox throttled",
            nil
        ),
        (503, "ResourceUnhealthy", "", "deferred mailbox throttled", nil),
        (509, "", "", "deferred mailbox throttled", nil),
        // 5xx
        (500, "ErrorInternalServerError", "", "unknown message unavailable", "deferred message unavailable"),
        (500, "ErrorInternalServerTransientError", "", "unknown message unavailable", "deferred message unavailable"),
        (500, "ErrorServerBusy", "", "unknown message unavailable", "deferred message unavailable"),
        (503, "ErrorServerBusy", "", "deferred mailbox throttled", nil),
        (503, "ErrorMailboxStoreUnavailable", "", "deferred mailbox unavailable", nil),
        (500, "ErrorMailboxStoreUnavailable", "", "deferred mailbox unavailable", nil),
        (503, "ErrorMailboxMoveInProgress", "", "deferred mailbox unavailable", nil),
        (503, "ErrorMailboxFailover", "", "deferred mailbox unavailable", nil),
        (503, "ErrorConnectionFailed", "", "deferred mailbox unavailable", nil),
        (503, "ErrorInsufficientResources", "", "deferred mailbox unavailable", nil),
        (503, "ErrorTooManyObjectsOpened", "", "deferred mailbox unavailable", nil),
        (503, "ServiceUnavailable", "", "deferred route unavailable", nil),
        (503, "", "", "deferred route unavailable", nil),
        (503, "ErrorTimeoutExpired", "", "unknown route unavailable", "deferred route unavailable"),
        (500, "", "", "unknown message unavailable", "deferred message unavailable"),
        (500, "SomethingNew", "", "unknown message unavailable", "deferred message unavailable"),
        (501, "", "", "deferred route unavailable", nil),
        (502, "", "", "unknown route unavailable", "deferred route unavailable"),
        (502, "ErrorMailboxStoreUnavailable", "", "unknown route unavailable", "deferred route unavailable"),
        (504, "", "", "unknown route unavailable", "deferred route unavailable"),
        (504, "UnknownError", "", "unknown route unavailable", "deferred route unavailable"),
        (504, "ApplicationThrottled", "", "unknown route unavailable", "deferred route unavailable"),
        (505, "", "", "unknown route unavailable", "deferred route unavailable"),
        (507, "QuotaExceededException", "Target mailbox quota exceeded.", "deferred mailbox misconfigured", nil),
        (507, "", "", "deferred mailbox misconfigured", nil),
        (999, "", "", "unknown route unavailable", "deferred route unavailable"),
    ]

    @Test(arguments: table)
    func row(_ status: Int, _ code: String, _ message: String, _ whole: String, _ half: String?) {
        let response = answer(status, code.isEmpty ? "" : Self.body(code, message))
        #expect(Self.word(GraphAnswer.read(response, now: rfcMoment)) == whole)
        for progress in [WireFailure.BodyProgress.none, .partial] {
            let early = GraphAnswer.read(response, bodyProgress: progress, now: rfcMoment)
            #expect(Self.word(early) == half ?? whole)
        }
    }

    @Test("Pitfall 18: a throttle that calls itself 503", arguments: ["ResourceUnhealthy", "ErrorServerBusy"])
    func aBusyServiceIsNoOutage(_ code: String) {
        let response = answer(503, Self.body(code), [("Retry-After", "7")])
        guard case .outcome(.deferred(let refusal, let wait)) = GraphAnswer.read(response, now: rfcMoment) else {
            Issue.record("not deferred")
            return
        }
        #expect(refusal.scope == .mailbox && refusal.cause == .throttled && wait == .seconds(7))
    }

    @Test func everyCodeOfTheTableIsTested() {
        let tested = Set(Self.table.map { $0.1.lowercased() })
        for code in GraphRule.byCode.flatMap(\.codes) where code != "*" {
            #expect(tested.contains { code.last == "*" ? $0.hasPrefix(code.dropLast()) : $0 == code }, "\(code)")
        }
    }

    static let waits: [(Int, String?, Duration?)] = [
        (429, "10", .seconds(10)), (429, "2.128", .milliseconds(2128)),
        (429, "Sun, 06 Nov 1994 08:50:37 GMT", .seconds(60)),
        (429, "soon", nil), (429, nil, nil), (503, "120", .seconds(120)), (503, nil, nil), (403, "5", .seconds(5)),
    ]

    @Test(arguments: waits) func retryAfter(_ status: Int, _ header: String?, _ wait: Duration?) {
        let response = answer(status, Self.body("x"), header.map { [("Retry-After", $0)] } ?? [])
        guard case .outcome(.deferred(_, let found)) = GraphAnswer.read(response, now: rfcMoment) else {
            Issue.record("not deferred")
            return
        }
        #expect(found == wait)
    }

    @Test func acceptanceIsNotRepeatedWhateverItSays() {
        let response = answer(202, "", [("Retry-After", "10"), ("request-id", "r1")])
        #expect(
            GraphAnswer.read(response, now: rfcMoment) == .outcome(.accepted(Receipt(status: 202, requestID: "r1"))))
    }

    static let details: [(WireResponse, String?, String, String?)] = [
        (answer(403, body("ErrorAccessDenied", "Access is denied.")), "ErrorAccessDenied", "Access is denied.", nil),
        (answer(504, body("UnknownError", "")), "UnknownError", "HTTP 504 with the code UnknownError only", nil),
        (
            answer(502, "<html><title>502 Bad Gateway</title>"), nil, "HTTP 502 with a page titled \"502 Bad Gateway\"",
            nil
        ),
        (answer(413), nil, "HTTP 413 without an explanation", nil),
        (answer(500, body("x"), [("Request-Id", "h")]), "x", "words", "h"),
        (
            answer(500, #"{"error":{"code":"x","message":"words","innererror":{"request-id":"b"}}}"#), "x", "words", "b"
        ),
        (
            answer(
                500, #"{"error":{"code":"x","message":"words","innerError":{"request-id":"b"}}}"#, [("request-id", "h")]
            ),
            "x", "words", "h"
        ),
        (answer(400, body("x", "got Bearer abcdefghijklmnop0")), "x", "got Bearer ***", nil),
    ]

    @Test(arguments: details)
    func refusal(_ response: WireResponse, _ code: String?, _ text: String, _ requestID: String?) {
        guard case .outcome(let outcome) = GraphAnswer.read(response, now: rfcMoment) else {
            Issue.record("no outcome")
            return
        }
        #expect(outcome.refusal?.status == response.status)
        #expect(outcome.refusal?.code == code)
        #expect(outcome.refusal?.text == text)
        #expect(outcome.refusal?.requestID == requestID)
    }

    @Test func innerCodesDecideWhereTheOuterSaysNothing() {
        let inner = #"{"error":{"code":"BadRequest","message":"x","innerError":{"code":"ErrorSendAsDenied"}}}"#
        #expect(Self.word(GraphAnswer.read(answer(403, inner), now: rfcMoment)) == "rejected message rejected")
        let known = #"{"error":{"code":"ErrorAccessDenied","innerError":{"code":"ErrorSendAsDenied"}}}"#
        #expect(Self.word(GraphAnswer.read(answer(403, known), now: rfcMoment)) == "deferred mailbox unauthorized")
    }

    @Test func codesAreComparedWithoutCase() {
        let response = answer(403, Self.body("errorsendasdenied"))
        #expect(Self.word(GraphAnswer.read(response, now: rfcMoment)) == "rejected message rejected")
    }

    static let advised: [(Int, String, String?)] = [
        (403, "ErrorAccessDenied", "Mail.Send"), (403, "ErrorSendAsDenied", "Send As"),
        (403, "ErrorQuotaExceeded", "full"),
        (404, "ErrorInvalidUser", "no such mailbox"), (404, "MailboxNotEnabledForRESTAPI", "licence"),
        (507, "", "full"),
        (407, "", "proxy"), (429, "ApplicationThrottled", nil), (503, "", nil), (400, "SomethingNew", nil),
    ]

    @Test(arguments: advised) func advice(_ status: Int, _ code: String, _ words: String?) {
        let answer = GraphAnswer.read(answer(status, code.isEmpty ? "" : Self.body(code)), now: rfcMoment)
        guard case .outcome(let outcome) = answer, let refusal = outcome.refusal else {
            Issue.record("no refusal")
            return
        }
        let advice = GraphAnswer.advice(for: refusal)
        #expect(words.map { advice?.contains($0) == true } ?? (advice == nil), "\(advice ?? "none")")
    }

    /// Whatever must wait for an operator says what to do, or names a limit that passes by itself.
    @Test func operatorsAreNotLeftAlone() {
        for rule in GraphRule.byCode where rule.cause == .unauthorized || rule.cause == .misconfigured {
            #expect(rule.advice != nil || rule.verdict == .unauthenticated, "\(rule.codes)")
        }
    }

    @Test func noAnswerMeansNoAdvice() {
        #expect(GraphAnswer.advice(for: Refusal(scope: .route, cause: .unavailable, text: "refused")) == nil)
    }
}
