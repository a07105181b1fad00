import MailModel
import Testing

@testable import GraphProtocol

/// The question that sends nothing.
@Suite struct MailboxProbeTests {
    private static func probe(_ call: MailboxProbe.Call) -> MailboxProbe {
        MailboxProbe(
            call, endpoints: Endpoints(cloud: .global), mailbox: "a+b@contoso.com",
            token: AccessToken(text: "t0ken", expiresIn: .seconds(3600)))
    }

    @Test(arguments: [(MailboxProbe.Call.sendMail, "/sendMail"), (.createDraft, "/messages")])
    func itAsksForTheMailboxWithABodyThatCannotBeSent(_ call: MailboxProbe.Call, _ place: String) {
        let probe = Self.probe(call)
        let wire = probe.wire
        #expect(wire.method == .post)
        #expect(wire.url == probe.endpoints.userURL(mailbox: "a+b@contoso.com") + place)
        #expect(wire.header("Authorization") == "Bearer t0ken" && wire.header("Content-Type") == "text/plain")
        let body = text(of: wire.body)
        #expect(!body.isEmpty && Base64.decode(Array(body.utf8)) == nil)
        #expect(!wire.description.contains("t0ken"))
    }

    @Test func itLooksAtOneMessage() {
        let probe = Self.probe(.look)
        let wire = probe.wire
        #expect(wire.method == .get && wire.body == .none && wire.header("Authorization") == "Bearer t0ken")
        #expect(wire.url.hasSuffix("/users/a%2Bb@contoso.com/messages?$select=id&$top=1"))
        #expect(probe.finding(in: answer(200, #"{"value":[]}"#), now: rfcMoment) == .ready)
        for (status, code) in [(403, "ErrorAccessDenied"), (401, "InvalidAuthenticationToken"), (503, "")] {
            let body = #"{"error":{"code":"\#(code)","message":"words"}}"#
            guard case .refused = probe.finding(in: answer(status, body), now: rfcMoment) else {
                Issue.record("\(status) was taken for leave")
                continue
            }
        }
        guard case .unclear = probe.finding(in: answer(200, "<html>"), now: rfcMoment) else {
            Issue.record("a page was taken for leave")
            return
        }
    }

    struct Case: Sendable {
        var status: Int
        var code: String
        var word: String
    }

    /// `ready`, or who is to blame and why.
    static let table = [
        Case(status: 400, code: "ErrorMimeContentInvalidBase64String", word: "ready"),
        // Elsewhere the same code is none we know the meaning of.
        Case(status: 500, code: "ErrorMimeContentInvalidBase64String", word: "unclear malfunction"),
        Case(status: 401, code: "InvalidAuthenticationToken", word: "refused route unauthorized"),
        Case(status: 403, code: "ErrorAccessDenied", word: "refused mailbox unauthorized"),
        Case(status: 403, code: "ErrorQuotaExceeded", word: "refused mailbox misconfigured"),
        Case(status: 404, code: "ErrorInvalidUser", word: "refused mailbox misconfigured"),
        Case(status: 404, code: "MailboxNotEnabledForRESTAPI", word: "refused mailbox misconfigured"),
        Case(status: 429, code: "ApplicationThrottled", word: "refused mailbox throttled"),
        Case(status: 503, code: "", word: "refused route unavailable"),
        Case(status: 504, code: "", word: "refused route unavailable"),
        Case(status: 400, code: "ErrorInvalidRecipients", word: "unclear rejected"),
        Case(status: 400, code: "", word: "unclear unavailable"),
        Case(status: 200, code: "", word: "unclear unavailable"),
        Case(status: 202, code: "", word: "unclear malfunction"),
    ]

    @Test(arguments: table) func findings(_ item: Case) {
        let body = item.code.isEmpty ? "" : #"{"error":{"code":"\#(item.code)","message":"words"}}"#
        for call in [MailboxProbe.Call.sendMail, .createDraft] {
            let finding = Self.probe(call).finding(in: answer(item.status, body), now: rfcMoment)
            let word =
                switch finding {
                case .ready: "ready"
                case .refused(let refusal): "refused \(refusal.scope) \(refusal.cause)"
                case .unclear(let refusal): "unclear \(refusal.cause)"
                }
            #expect(word == item.word, "\(item)")
        }
    }
}
