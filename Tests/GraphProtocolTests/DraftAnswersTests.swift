import MailModel
import Testing

@testable import GraphProtocol

typealias Reply = Result<WireResponse, WireFailure>

func graphReply(_ status: Int, _ code: String, _ headers: [(String, String)] = []) -> Reply {
    .success(answer(status, "{\"error\":{\"code\":\"\(code)\",\"message\":\"\(code) it is\"}}", headers))
}

func noReply(_ stage: WireFailure.Stage = .timeout, _ progress: WireFailure.BodyProgress = .complete) -> Reply {
    .failure(WireFailure(stage: stage, bodyProgress: progress, text: "no answer"))
}

/// Answers to the creation of a draft, to a look at it, and to its deletion.
@Suite struct DraftAnswersTests {
    private static let creations: [(Reply, String)] = [
        (.success(answer(201, #"{"id":"AAMk1","isDraft":true}"#)), "created AAMk1"),
        (.success(answer(201, #"{"id":""}"#)), "lost message unavailable"),
        (.success(answer(201)), "lost message unavailable"),
        (.success(answer(200, #"{"id":"AAMk1"}"#)), "lost message unavailable"),
        (.success(answer(202)), "lost message malfunction"),
        (graphReply(504, "UnknownError"), "lost route unavailable"),
        (graphReply(500, "ErrorInternalServerError"), "lost message unavailable"),
        (noReply(), "lost route unavailable"),
        (noReply(.transfer), "lost route unavailable"),
        (noReply(.transfer, .partial), "deferred route unavailable"),
        (noReply(.connect, .none), "deferred route unavailable"),
        (graphReply(429, "ApplicationThrottled", [("Retry-After", "7")]), "deferred mailbox throttled 7"),
        (graphReply(403, "ErrorAccessDenied"), "deferred mailbox unauthorized"),
        (graphReply(401, "InvalidAuthenticationToken"), "deferred route unauthorized"),
        (graphReply(400, "ErrorInvalidRecipients"), "rejected message rejected"),
        (graphReply(413, "RequestBodyTooLarge"), "rejected message tooLarge"),
    ]

    @Test(arguments: creations.indices) func creation(_ index: Int) {
        let (reply, expected) = Self.creations[index]
        let word =
            switch DraftCreation.read(reply, now: rfcMoment) {
            case .created(let id): "created \(id)"
            case .lost(let refusal, _): "lost \(refusal.scope) \(refusal.cause)"
            case .refused(let outcome): Self.word(outcome)
            }
        #expect(word == expected)
    }

    static let failures: [(Reply, String)] = [
        (.success(answer(200, "{}")), "deferred message malfunction"),
        (.success(answer(200, "<html>")), "deferred message malfunction"),
        (.success(answer(202)), "deferred message malfunction"),
        (noReply(), "deferred route unavailable"),
        (noReply(.connect, .none), "deferred route unavailable"),
        (graphReply(400, "BadRequest"), "deferred message malfunction"),
        (graphReply(400, "InefficientFilter"), "deferred message malfunction"),
        (graphReply(401, "InvalidAuthenticationToken"), "deferred route unauthorized"),
        (graphReply(403, "ErrorAccessDenied"), "deferred message unauthorized"),
        (graphReply(404, "ErrorInvalidUser"), "deferred mailbox misconfigured"),
        (graphReply(404, "MailboxNotEnabledForRESTAPI"), "deferred mailbox misconfigured"),
        (graphReply(429, "ApplicationThrottled", [("Retry-After", "9")]), "deferred mailbox throttled 9"),
        (graphReply(500, "ErrorInternalServerError"), "deferred message unavailable"),
        (graphReply(503, "ServiceNotAvailable", [("Retry-After", "3")]), "deferred route unavailable 3"),
        (graphReply(504, "UnknownError"), "deferred route unavailable"),
    ]

    /// A question that failed is no answer of any kind.
    @Test(arguments: failures.indices) func aLookThatFailsIsPutOff(_ index: Int) {
        let (reply, expected) = Self.failures[index]
        guard case .failed(let looked) = DraftLook.read(reply, now: rfcMoment),
            case .failed(let deleted) = DraftDeletion.read(reply, now: rfcMoment),
            case .failed(let searched) = Self.search.finding(in: reply, now: rfcMoment),
            case .failure(let listed) = Self.search.drafts(in: reply, now: rfcMoment)
        else {
            Issue.record("\(reply) was taken for an answer")
            return
        }
        for outcome in [looked, deleted, searched, listed.outcome] { #expect(Self.word(outcome) == expected) }
    }

    private static let search = MessageSearch(messageID: "<1@contoso.com>", marker: "q1")

    private static let looks: [(Reply, DraftLook)] = [
        (.success(answer(200, #"{"id":"a","isDraft":true}"#)), .draft),
        (.success(answer(200, #"{"id":"a","isDraft":false}"#)), .sent),
        (graphReply(404, "ErrorItemNotFound"), .absent),
    ]

    @Test(arguments: looks.indices) func look(_ index: Int) {
        #expect(DraftLook.read(Self.looks[index].0, now: rfcMoment) == Self.looks[index].1)
    }

    @Test(arguments: [Reply.success(answer(204)), graphReply(404, "ErrorItemNotFound")]) func deletion(_ reply: Reply) {
        #expect(DraftDeletion.read(reply, now: rfcMoment) == .gone)
    }

    static func word(_ outcome: Outcome) -> String {
        guard case .deferred(let refusal, let wait) = outcome else {
            return "\(outcome.word) \(outcome.refusal.map { "\($0.scope) \($0.cause)" } ?? "")"
        }
        return "deferred \(refusal.scope) \(refusal.cause)" + (wait.map { " \($0.components.seconds)" } ?? "")
    }
}
