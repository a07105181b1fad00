import MIME
import MailModel
import Testing

@Suite struct MessageBuilderTests {
    private func builder(text: String? = nil, html: String? = nil) -> MessageBuilder {
        MessageBuilder(
            from: NamedAddress(displayName: "Reports", address: address("reports@contoso.com")),
            to: [NamedAddress(displayName: "Jürgen", address: address("j@x.example"))], subject: "Grüße", text: text,
            html: html, date: saturday, messageID: "<1@contoso.com>")
    }

    private func build(_ builder: MessageBuilder, seed: UInt64 = 1) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        return builder.build(using: &random)
    }

    @Test func writesPlainText() {
        #expect(
            lines(build(builder(text: "Hällo\nworld"))) == """
                From: Reports <reports@contoso.com>
                To: =?utf-8?Q?J=C3=BCrgen?= <j@x.example>
                Subject: =?utf-8?B?R3LDvMOfZQ==?=
                Date: Sat, 21 Nov 2026 09:30:00 +0000
                Message-ID: <1@contoso.com>
                MIME-Version: 1.0
                Content-Type: text/plain; charset=utf-8
                Content-Transfer-Encoding: quoted-printable

                H=C3=A4llo
                world

                """)
    }

    static let forms: [(String?, String?, Int, [String])] = [
        (nil, nil, 0, ["text/plain"]),
        ("t", nil, 0, ["text/plain"]),
        (nil, "<p>h</p>", 0, ["text/html"]),
        ("t", "<p>h</p>", 0, ["multipart/alternative", "text/plain", "text/html"]),
        ("t", nil, 1, ["multipart/mixed", "text/plain", "application/pdf"]),
        (
            "t", "<p>h</p>", 2,
            [
                "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf",
                "application/pdf",
            ]
        ),
    ]

    @Test(arguments: forms) func nests(_ row: (String?, String?, Int, [String])) {
        var message = builder(text: row.0, html: row.1)
        message.attachments = (0..<row.2).map { .init(name: "r\($0).pdf", type: "application/pdf", bytes: [1, 2, 3]) }
        let bytes = build(message)
        let structure = PartStructure(parsing: bytes)
        #expect(structure.all.map(\.contentType.name) == row.3)
        #expect(
            structure.first(ofType: "text/plain")?.text(of: bytes)?.filter { !$0.isNewline } == row.0
                ?? (row.1 == nil ? "" : nil))
        #expect(structure.first(ofType: "text/html")?.text(of: bytes)?.filter { !$0.isNewline } == row.1)
    }

    static let attachments: [(String, String, Int, String)] = [
        ("report.pdf", "application/pdf", 0, "application/pdf"),
        ("übersicht 2026.pdf", "application/pdf", 1, "application/pdf"),
        (String(repeating: "lang_ü_", count: 30) + ".txt", "text/csv", 57, "text/csv"),
        ("a\"b\\c.txt", "image/png", 58, "image/png"),
        ("evil\r\nBcc: x@y", "not a type", 5000, "application/octet-stream"),
        ("x", "a/b; name=y\r\nBcc: x@y", 100, "application/octet-stream"),
        ("x", "a/" + String(repeating: "b", count: 1000), 100, "application/octet-stream"),
    ]

    @Test(arguments: attachments) func carriesAttachments(_ row: (String, String, Int, String)) throws {
        var random = SeededGenerator(seed: 3)
        let content = (0..<row.2).map { _ in UInt8.random(in: 0...255, using: &random) }
        var message = builder(text: "t")
        message.attachments = [.init(name: row.0, type: row.1, bytes: content)]
        let bytes = build(message)
        let part = try #require(PartStructure(parsing: bytes).all.last)
        #expect(part.fileName == row.0)
        #expect(part.isAttachment)
        #expect(part.contentType.name == row.3)
        #expect(part.contentType.parameters["name"] == row.0)
        #expect(part.content(of: bytes) == content)
        #expect(String(bytes).split(separator: "\r\n").allSatisfy { $0.utf8.count <= 78 })
        #expect(HeaderBlock(parsing: bytes).first(named: "Bcc") == nil)
    }

    @Test func writesAllFields() throws {
        var message = builder(text: "t")
        message.cc = [NamedAddress(address: address("c@x.example"))]
        message.replyTo = [NamedAddress(displayName: "Help, Desk", address: address("help@x.example"))]
        message.extraFields = [try #require(.init(name: "X-Job", value: "42\r\nBcc: x@y"))]
        let header = HeaderBlock(parsing: build(message))
        #expect(header.first(named: "Cc")?.value == "c@x.example")
        #expect(header.first(named: "Reply-To")?.value == "\"Help, Desk\" <help@x.example>")
        #expect(header.first(named: "X-Job")?.decodedValue == "42\r\nBcc: x@y")
        #expect(header.first(named: "Bcc") == nil)
        #expect(header.fields.allSatisfy { !$0.isOpaque })
    }

    @Test(arguments: ["", "a b", "a:b", "ü", "a\r\nb", String(repeating: "x", count: 71)])
    func refusesFieldNames(_ name: String) { #expect(MessageBuilder.ExtraField(name: name, value: "x") == nil) }

    @Test func drawsBoundariesFromTheGenerator() {
        let message = builder(text: "t", html: "h")
        #expect(build(message, seed: 1) == build(message, seed: 1))
        #expect(build(message, seed: 1) != build(message, seed: 2))
    }
}
