import DeliveryPolicy
import GraphProtocol
import MIME
import MailModel
import Testing

@testable import EmailLog
@testable import Postern

/// A stored message as a draft: whole, or left alone with the reason.
@Suite struct DraftMessageTests {
    private static let message = mail(
        "From: Ann <ann@contoso.com>", "To: eve@example.org", "Subject: Bericht", "X-Mine: kept", "List-Id: <l.x>",
        "Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: text/plain; charset=utf-8", "", "Grüße",
        "--b", "Content-Type: application/pdf; name=a.pdf", "Content-Transfer-Encoding: base64", "", "UERG", "--b--")

    private func draft(_ bytes: [UInt8]) throws -> DraftMessage {
        try DraftMessage(header: bytes, body: MessageBody(bytes: bytes))
    }

    @Test func isWhatTheMessageIs() throws {
        let draft = try draft(Self.message)
        let json = text(draft.resource)
        for part in [
            #""subject":"Bericht""#, #""content":"Grüße""#, #""contentType":"Text""#, #""name":"Ann""#,
            #"{"name":"X-Mine","value":"kept"}"#, #""address":"eve@example.org""#,
        ] { #expect(json.contains(part), "\(part) in \(json)") }
        let files = draft.attachments.map { "\($0.file.name) \($0.file.size)" }
        #expect(files == ["a.pdf 3"])
        #expect(draft.omitted == ["List-Id"])
    }

    @Test func saysHowItWent() throws {
        let draft = try draft(Self.message)
        let one = "Sent in the upload form: a draft with 1 attachment"
        #expect(draft.note(uploads: 0) == one + ". Header fields that find no place there: List-Id.")
        #expect(draft.note(uploads: 1).hasPrefix(one + ", 1 of them by upload session."))
        #expect(draft.note(uploads: 2).hasPrefix(one + ", 2 of them by upload sessions."))
    }

    private func obstacle(_ lines: String...) -> Indecomposable? {
        let bytes = Array((["From: ann@contoso.com"] + lines).map { $0 + "\r\n" }.joined().utf8)
        do {
            _ = try DraftMessage(header: bytes, body: MessageBody(bytes: bytes))
            return nil
        } catch {
            if case .indecomposable(let obstacle) = error { return obstacle }
            return nil
        }
    }

    @Test func isNotMadeOfWhatWouldLose() {
        #expect(obstacle("Content-Type: multipart/signed; boundary=b", "", "--b", "", "x", "--b--") == .signed)
        #expect(obstacle("", "-----BEGIN PGP SIGNED MESSAGE-----") == .signed)
        let damaged = obstacle(
            "Content-Type: application/pdf; name=a.pdf", "Content-Transfer-Encoding: base64", "", "!!!!")
        #expect(damaged == .damaged(part: "a.pdf"))
        #expect(obstacle("", "x") == nil)
        #expect(obstacle("", String(repeating: "x", count: 2_100_000)) == .textTooLarge(2_100_002))
    }

    // MARK: Which form a message takes

    private func prepared(
        _ bytes: [UInt8], large: SendPlan.Large = .upload, limit: Int64 = 100, hasSMTP: Bool = false
    ) throws -> String {
        let policy = SendPlan.Policy(mimeLimit: limit, large: large, hasSMTP: hasSMTP)
        switch try graphPath(policy: policy).prepare(
            claimed(to: [address("eve@example.org")]), MessageBody(bytes: bytes))
        {
        case .success(.mime): return "mime"
        case .success(.draft): return "draft"
        case .failure(let problem):
            return (problem.delivery.fallsBack ? "smtp: " : "refused: ")
                + (problem.delivery.outcome.refusal?.text ?? "")
        }
    }

    @Test func onlyWhatIsTooLargeIsTakenApart() throws {
        #expect(try prepared(Self.message) == "draft")
        #expect(try prepared(Self.message, large: .auto) == "draft")
        #expect(try prepared(Self.message, limit: 10_000) == "mime")
        #expect(try prepared(Self.message, large: .auto, hasSMTP: true).hasPrefix("smtp: "))
    }

    @Test func whatCannotBeTakenApartGoesAnotherWay() throws {
        let signed = mail(
            "From: ann@contoso.com", "To: eve@example.org", "Content-Type: multipart/mixed; boundary=b", "", "--b",
            "Content-Type: multipart/signed; boundary=s", "", "--s", "", "x", "--s--", "--b--")
        let bySMTP = try prepared(signed, hasSMTP: true)
        #expect(bySMTP.hasPrefix("smtp: ") && bySMTP.contains("it is signed"), "\(bySMTP)")
        let refused = try prepared(signed)
        #expect(refused.hasPrefix("refused: ") && refused.contains("`smtp:` section"), "\(refused)")
    }
}
