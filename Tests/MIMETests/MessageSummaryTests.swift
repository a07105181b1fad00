import MIME
import MailModel
import Testing

@Suite struct MessageSummaryTests {
    @Test func readsAnOrdinaryHeader() {
        let summary = MessageSummary(
            of: HeaderBlock(
                parsing: """
                    Received: from a by b; Sat, 21 Nov 2026 09:30:00 +0000
                    Received: from c by a; Sat, 21 Nov 2026 09:29:00 +0000
                    From: =?utf-8?Q?J=C3=BCrgen?= <Jurgen@Contoso.com>, second@contoso.com
                    To: "Doe, John" <john@x.example>, team: a@x.example;
                    To: second.field@x.example
                    Cc: JOHN@x.example
                    Bcc: hidden@x.example
                    Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=
                     aus Wien
                    Message-ID: <1@contoso.com>
                    X-Postern-Priority: Bulk


                    """.wire))
        #expect(summary.headerFrom == address("jurgen@contoso.com"))
        #expect(summary.headerFromName == "Jürgen")
        #expect(summary.subject == "Grüße aus Wien")
        #expect(summary.messageID == "<1@contoso.com>")
        #expect(summary.priority == .bulk)
        #expect(summary.to.map(\.address.description) == ["john@x.example", "a@x.example", "second.field@x.example"])
        #expect(summary.to.first?.displayName == "Doe, John")
        #expect(summary.cc.map(\.address.description) == ["JOHN@x.example"])
        #expect(summary.bcc.map(\.address.description) == ["hidden@x.example"])
        #expect(
            summary.recipients
                == ["john@x.example", "a@x.example", "second.field@x.example", "hidden@x.example"].map(address))
        #expect(summary.hops == 2)
        #expect(!summary.isSigned && !summary.isEncrypted && !summary.isResent)
    }

    static let sparse = [
        "", "\n", "Hello\n", "From:\nMessage-ID: \nX-Postern-Priority: urgent\n\n", "From: Scanner\n\n",
    ]

    @Test(arguments: sparse) func makesDoWithLittle(_ text: String) {
        let summary = MessageSummary(of: HeaderBlock(parsing: text.wire))
        #expect(summary.headerFrom == nil)
        #expect(summary.messageID == nil)
        #expect(summary.subject == nil)
        #expect(summary.priority == nil)
        #expect(summary.recipients.isEmpty)
        #expect(summary.hops == 0)
    }

    @Test(arguments: ["Resent-To", "Resent-Cc", "Resent-Bcc"]) func notesResending(_ name: String) {
        let summary = MessageSummary(of: HeaderBlock(parsing: "To: a@x.example\n\(name): b@x.example\n\n".wire))
        #expect(summary.isResent)
        #expect(summary.recipients == [address("a@x.example")])
    }

    @Test func seesProtection() {
        let signed = HeaderBlock(parsing: "Content-Type: multipart/signed;\n boundary=x\n\n".wire)
        let encrypted = HeaderBlock(parsing: "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\n".wire)
        #expect(MessageSummary(of: signed).isSigned)
        #expect(MessageSummary(of: encrypted).isEncrypted)
    }
}
