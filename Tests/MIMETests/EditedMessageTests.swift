import MIME
import MailModel
import Testing

/// Messages that relays are known to damage: whatever is edited above, every other field and the body stay the same.
@Suite struct EditedMessageTests {
    struct Message: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        var testDescription: String { name }

        init(_ name: String, _ text: String) { self.init(name, text.wire) }

        init(_ name: String, _ bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    static let head = """
        From: Reports <reports@contoso.com>
        To: Ann <a@x.example>
        Bcc: hidden@x.example
        Subject: Report
        Date: Sat, 21 Nov 2026 09:30:00 +0000
        Message-ID: <1@contoso.com>
        MIME-Version: 1.0

        """

    static let corpus: [Message] = [
        Message(
            "quoted-printable with soft breaks",
            head + "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
                + "<a href=3D\"https://contoso.com/?a=3D1&b=\n=3D2\">Gr=C3=BC=C3=9Fe</a>=20\n.\n..\n"),
        Message(
            "8-bit",
            Array(head.wire) + "Content-Transfer-Encoding: 8bit\n\n".wire + [0xFC, 0xDF, 0x0D, 0x0A, 0x00, 0x80, 0x0A]),
        Message(
            "S/MIME signed",
            head + """
                Content-Type: multipart/signed; protocol="application/pkcs7-signature";
                	micalg=sha-256; boundary="=_s"

                This is an S/MIME signed message

                --=_s
                Content-Type: text/plain

                Signed text with a trailing blank \nand two lines.

                --=_s
                Content-Type: application/pkcs7-signature; name=smime.p7s
                Content-Transfer-Encoding: base64

                MIIBVgYJKoZIhvcNAQcC
                --=_s--

                """),
        Message(
            "format=flowed",
            head
                + "Content-Type: text/plain; format=flowed; delsp=yes\n\nA paragraph that \nflows on \nand ends.\n-- \nsignature\n"
        ),
        Message(
            "long lines",
            head + "X-Long: \(String(repeating: "x", count: 5000))\n\n\(String(repeating: "y", count: 20_000))\n"),
        Message(
            "inline images",
            head + """
                Content-Type: multipart/related; boundary=r; type="text/html"

                --r
                Content-Type: text/html

                <img src="cid:logo@contoso.com">
                --r
                Content-Type: image/png
                Content-ID: <logo@contoso.com>
                Content-Disposition: inline; filename=logo.png
                Content-Transfer-Encoding: base64

                iVBORw0KGgo=
                --r--

                """),
        Message("no line end behind the body", head + "\nlast words"),
        Message("no body", head),
        Message("a body of empty lines", head + "\n\n\n\n"),
        Message(
            "folded and odd fields",
            head
                + "References: <a@x>\n\t<b@x>\n <c@x>\nList-Unsubscribe:<mailto:x@contoso.com>\nX-Empty:\nx-lower: Grüße\nX-Blank : y\n \n\nbody\n"
        ),
        Message(
            "DKIM",
            head + "DKIM-Signature: v=1; a=rsa-sha256; d=contoso.com;\n\th=from:to; bh=x=;\n\tb=abc\n  def\n\nbody\n"),
        Message("a body that looks like a header", head + "\nBcc: not@a.field\nX-Postern-Id: neither\n"),
    ]

    @Test(arguments: corpus) func staysTheSame(_ message: Message) {
        let original = HeaderBlock(parsing: message.bytes)
        for carrier in [HeaderEditor.Carrier.envelope, .header(.refuse), .header(.rewrite)] {
            let recipients = envelope("a@x.example", "hidden@x.example", "unnamed@x.example")
            guard case .header(let header) = editor(carrier).edit(original, for: recipients) else {
                Issue.record("unrepresentable")
                continue
            }
            let sent = header + message.bytes[original.bodyOffset...]
            let block = HeaderBlock(parsing: sent)
            let added = carrier == .envelope ? 2 : 3
            #expect(block.fields.prefix(added).map(\.name) == Array(["Received", "X-Postern-Id", "Bcc"].prefix(added)))
            #expect(
                block.fields.dropFirst(added).map { Array($0.raw) }
                    == original.fields.filter { !$0.isNamed("Bcc") }.map { Array($0.raw) })
            #expect(Array(sent[block.bodyOffset...]) == Array(message.bytes[original.bodyOffset...]))
        }
    }
}
