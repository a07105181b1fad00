import DeliveryPolicy
import EmailLog
import MIME
import MailModel
import Testing

@testable import Postern

/// What is said of a message before Graph has seen it.
@Suite struct ShadowRemarksTests {
    private static let plain = ["From: ann@contoso.com", "To: eve@example.org", "Subject: x"]

    private func kinds(
        _ lines: [String], to recipients: [Address] = [address("eve@example.org")], sender: Address? = ann
    ) -> [String] {
        let block = HeaderBlock(parsing: Array((lines + [""]).map { $0 + "\r\n" }.joined().utf8))
        let body = MessageBody(bytes: [])
        var remarks = ShadowRemarks(on: claimed(to: recipients, sender: sender), block)
        remarks.note(.mime(OutgoingMessage(header: [], body: body, bodyOffset: 0)))
        return remarks.all.map(\.kind)
    }

    @Test func ofAnOrdinaryMessageThereIsNothingToSay() { #expect(kinds(Self.plain) == []) }

    @Test(arguments: [
        (["Auto-Submitted: auto-generated"], ["header.auto-submitted"]),
        (["Received: a", "RECEIVED: b"], ["header.received"]),
        (["DKIM-Signature: v=1", "Return-Path: <x@contoso.com>"], ["header.dkim-signature", "header.return-path"]),
        (["Sender: robot@contoso.com"], ["sender.other"]), (["Sender: ANN@contoso.com"], []),
        (["X-Custom: 1", "List-Id: l"], []),
    ])
    func fields(_ added: [String], _ expected: [String]) { #expect(kinds(Self.plain + added) == expected) }

    @Test(arguments: [
        (["From: bob@contoso.com"], ["from.other"]),
        (["From: ann@contoso.com, bob@contoso.com"], ["from.several"]),
        (["From: ann@contoso.com, bob@contoso.com", "Sender: ann@contoso.com"], []),
    ])
    func authors(_ lines: [String], _ expected: [String]) {
        #expect(kinds(lines + ["To: eve@example.org"]) == expected)
    }

    @Test func whereBouncesGo() {
        #expect(kinds(Self.plain, sender: bob) == ["return-path.other"])
        #expect(kinds(Self.plain, sender: nil) == ["return-path.other"])
    }

    @Test func recipients() {
        let both = [address("eve@example.org"), address("dan@example.org")]
        #expect(kinds(Self.plain, to: both) == ["recipients.hidden"])
        #expect(kinds(Self.plain + ["Cc: dan@example.org"], to: both) == [])
        #expect(kinds(Self.plain + ["Cc: dan@example.org"]) == ["recipients.rewritten"])
    }

    @Test func aKindIsSaidOnce() {
        var remarks = ShadowRemarks(on: claimed(), HeaderBlock(parsing: []))
        remarks.add("draft.subject", "one")
        remarks.add("draft.subject", "two")
        #expect(remarks.all.filter { $0.kind == "draft.subject" }.map(\.words) == ["one"])
    }

    @Test(arguments: [(true, "form.smtp"), (false, "form.refused")])
    func whatGraphCannotExpress(_ goesBySMTP: Bool, _ kind: String) {
        var remarks = ShadowRemarks(on: claimed(), HeaderBlock(parsing: []))
        remarks.note(refusal(.message, .tooLarge, "too large"), goesBySMTP: goesBySMTP)
        #expect(remarks.all.last == ShadowRemark(kind: kind, words: "too large"))
    }
}
