import MailModel
import Testing

@testable import GraphProtocol

@Suite struct UploadAnswersTests {
    private static let created =
        #"{"uploadUrl":"https://outlook.office.com/s?authtoken=x","expirationDateTime":"2026-11-21T10:00:00.1234567Z","#
        + #""nextExpectedRanges":["0-"]}"#

    @Test func readsASession() {
        let event = UploadEvent(creation: .success(answer(201, Self.created)), now: rfcMoment)
        guard case .sessionCreated(let session) = event else {
            Issue.record("\(event)")
            return
        }
        #expect(session.url == "https://outlook.office.com/s?authtoken=x")
        #expect(session.expires?.description == "2026-11-21 10:00:00.000")
        #expect(session.next == 0)
    }

    @Test func keepsTheSecretToItself() {
        let session = UploadSession(url: "https://h/s?authtoken=secret", expires: nil)
        let request = UploadRequest.put(0..<10, of: 20, to: session)
        var dumped = ""
        dump(session, to: &dumped)
        dump(UploadState.Action.put(session, 0..<10), to: &dumped)
        dump(request, to: &dumped)
        let event = UploadEvent.sessionCreated(session)
        for text in [
            "\(session)", String(reflecting: session), "\(request)", String(reflecting: request), dumped, "\(event)",
        ] {
            #expect(!text.contains("secret"), "\(text)")
        }
    }

    @Test func writesRanges() {
        let session = UploadSession(url: "https://h/s?authtoken=x", expires: nil)
        let put = UploadRequest.put(100..<250, of: 1000, to: session)
        #expect(put.method == .put && put.url == session.url && put.body == .range(length: 150))
        #expect(put.header("Content-Range") == "bytes 100-249/1000")
        #expect(put.header("Content-Type") == "application/octet-stream")
        let ask = UploadRequest.ask(session)
        #expect(ask.method == .get && ask.url == session.url)
        for request in [put, ask] { #expect(request.header("Authorization") == nil) }
        #expect(UploadRequest.rangeLength.isMultiple(of: 320 * 1024) && UploadRequest.rangeLength < 4_000_000)
    }

    static func word(_ event: UploadEvent) -> String {
        switch event {
        case .sessionCreated: "session"
        case .accepted(let next): "accepted \(next)"
        case .completed: "completed"
        case .broken(let refusal): "broken \(refusal.scope)"
        case .misplaced: "misplaced"
        case .gone: "gone"
        case .refused(let outcome): DraftAnswersTests.word(outcome)
        }
    }

    private static let creations: [(Reply, String)] = [
        (.success(answer(201, "{}")), "broken message"),
        (.success(answer(201, #"{"uploadUrl":""}"#)), "broken message"),
        (graphReply(404, "ErrorItemNotFound"), "gone"),
        (graphReply(404, "ErrorInvalidUser"), "deferred mailbox misconfigured"),
        (graphReply(400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"), "rejected message rejected"),
        (graphReply(403, "ErrorAccessDenied"), "deferred mailbox unauthorized"),
        (graphReply(401, "InvalidAuthenticationToken"), "deferred route unauthorized"),
        (graphReply(429, "ApplicationThrottled", [("Retry-After", "7")]), "deferred mailbox throttled 7"),
        (graphReply(503, "ServiceNotAvailable"), "broken route"),
        (graphReply(503, "ServiceNotAvailable", [("Retry-After", "3")]), "deferred route unavailable 3"),
        (graphReply(504, "UnknownError"), "broken route"),
        (noReply(), "broken route"),
    ]

    @Test(arguments: creations.indices) func creation(_ index: Int) {
        let (reply, expected) = Self.creations[index]
        #expect(Self.word(UploadEvent(creation: reply, now: rfcMoment)) == expected, "\(reply)")
    }

    /// To a range in the middle, to the last one, and to a question.
    private static let answers: [(Reply, String, String, String)] = [
        (
            .success(answer(200, #"{"NextExpectedRanges":["2097152"]}"#)), "accepted 2097152", "accepted 2097152",
            "accepted 2097152"
        ),
        (
            .success(answer(200, #"{"nextExpectedRanges":["300-","100-199"]}"#)), "accepted 100", "accepted 100",
            "accepted 100"
        ),
        (.success(answer(201)), "completed", "completed", "gone"),
        (.success(answer(200, "{}")), "broken message", "completed", "gone"),
        (.success(answer(200, #"{"nextExpectedRanges":[]}"#)), "broken message", "completed", "gone"),
        (.success(answer(202)), "broken message", "broken message", "gone"),
        (graphReply(404, "ErrorItemNotFound"), "gone", "gone", "gone"),
        (.success(answer(404)), "gone", "gone", "gone"),
        (.success(answer(401)), "gone", "gone", "gone"),
        (.success(answer(405)), "deferred message malfunction", "deferred message malfunction", "gone"),
        (.success(answer(416)), "misplaced", "misplaced", "gone"),
        (graphReply(409, "ErrorIrresolvableConflict"), "misplaced", "misplaced", "gone"),
        (graphReply(413, "RequestBodyTooLarge"), "rejected message tooLarge", "rejected message tooLarge", "gone"),
        (
            graphReply(429, "ApplicationThrottled", [("Retry-After", "9")]), "deferred mailbox throttled 9",
            "deferred mailbox throttled 9", "deferred mailbox throttled 9"
        ),
        (graphReply(500, "ErrorInternalServerError"), "broken message", "broken message", "broken message"),
        (.success(answer(503)), "broken message", "broken message", "broken message"),
        (.success(answer(504)), "broken message", "broken message", "broken message"),
        (
            graphReply(507, "QuotaExceededException"), "deferred mailbox misconfigured",
            "deferred mailbox misconfigured", "deferred mailbox misconfigured"
        ),
        (noReply(), "broken message", "broken message", "broken message"),
        (noReply(.connect, .none), "broken message", "broken message", "broken message"),
        (
            noReply(.source, .partial), "deferred message malfunction", "deferred message malfunction",
            "deferred message malfunction"
        ),
    ]

    @Test(arguments: answers.indices) func atTheSession(_ index: Int) {
        let (reply, middle, last, question) = Self.answers[index]
        #expect(Self.word(UploadEvent(put: reply, isLast: false, now: rfcMoment)) == middle, "\(reply)")
        #expect(Self.word(UploadEvent(put: reply, isLast: true, now: rfcMoment)) == last, "\(reply)")
        #expect(Self.word(UploadEvent(progress: reply, now: rfcMoment)) == question, "\(reply)")
    }

    private static let attachments: [(Reply, String)] = [
        (.success(answer(201, "{}")), "attached"),
        (.success(answer(200)), "deferred message unavailable"),
        (.success(answer(202)), "deferred message malfunction"),
        (graphReply(413, "RequestBodyTooLarge"), "rejected message tooLarge"),
        (graphReply(400, "ErrorInvalidAttachment"), "rejected message rejected"),
        (graphReply(404, "ErrorItemNotFound"), "deferred message unavailable"),
        (graphReply(429, "ApplicationThrottled", [("Retry-After", "9")]), "deferred mailbox throttled 9"),
        (graphReply(401, "InvalidAuthenticationToken"), "deferred route unauthorized"),
        (graphReply(504, "UnknownError"), "deferred route unavailable"),
        (noReply(), "deferred route unavailable"),
    ]

    @Test(arguments: attachments.indices) func attachment(_ index: Int) {
        let (reply, expected) = Self.attachments[index]
        let word =
            switch AttachmentAnswer.read(reply, now: rfcMoment) {
            case .attached: "attached"
            case .failed(let outcome): DraftAnswersTests.word(outcome)
            }
        #expect(word == expected, "\(reply)")
    }
}
