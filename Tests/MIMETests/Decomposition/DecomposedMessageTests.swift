import MIME
import MailModel
import Testing

/// Trees of parts as mail programs write them.
@Suite struct DecomposedMessageTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let body: String
        /// `text` or `html` with the content, then `name|type|content`, `~` for what is inline.
        let parts: [String]
        var testDescription: String { name }
    }

    private static func multipart(_ subtype: String, _ parts: String..., boundary: String = "b") -> String {
        "Content-Type: multipart/\(subtype); boundary=\(boundary)\n\n"
            + parts.map { "--\(boundary)\n\($0)\n" }.joined() + "--\(boundary)--\n"
    }

    private static let plain = "Content-Type: text/plain; charset=utf-8\n\nhello"
    private static let html =
        "Content-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe"
    private static let pdf =
        "Content-Type: application/pdf; name=\"a.pdf\"\nContent-Disposition: attachment; filename=\"a.pdf\"\n"
        + "Content-Transfer-Encoding: base64\n\nUERG"
    private static let image =
        "Content-Type: image/png\nContent-ID: <logo@x>\nContent-Transfer-Encoding: base64\n\nUE5H"

    static let rows: [Row] = [
        Row(name: "text alone", body: plain, parts: ["text|hello"]),
        Row(name: "nothing said", body: "\nhello\n", parts: ["text|hello\n"]),
        Row(name: "HTML alone", body: html, parts: ["html|Grüße"]),
        Row(name: "a file alone", body: pdf, parts: ["a.pdf|application/pdf|PDF"]),
        Row(
            name: "text and file", body: multipart("mixed", plain, pdf),
            parts: ["text|hello", "a.pdf|application/pdf|PDF"]),
        Row(
            name: "file and text", body: multipart("mixed", pdf, plain),
            parts: ["text|hello", "a.pdf|application/pdf|PDF"]),
        Row(name: "alternatives", body: multipart("alternative", plain, html), parts: ["html|Grüße"]),
        Row(name: "alternatives, plain last", body: multipart("alternative", html, plain), parts: ["html|Grüße"]),
        Row(name: "plain alternatives", body: multipart("alternative", plain, plain), parts: ["text|hello"]),
        Row(
            name: "related", body: multipart("related", html, image),
            parts: ["html|Grüße", "~attachment-1.png<logo@x>|image/png|PNG"]),
        Row(
            name: "related that starts elsewhere",
            body: multipart("related; start=\"<root@x>\"", image, "Content-ID: <root@x>\n" + html),
            parts: ["html|Grüße", "~attachment-1.png<logo@x>|image/png|PNG"]),
        Row(
            name: "what Outlook writes",
            body: multipart(
                "mixed",
                multipart("related", multipart("alternative", plain, html, boundary: "a"), image, boundary: "r"), pdf),
            parts: ["html|Grüße", "~attachment-1.png<logo@x>|image/png|PNG", "a.pdf|application/pdf|PDF"]),
        Row(
            name: "what Apple Mail writes",
            body: multipart("alternative", plain, multipart("mixed", html, pdf, boundary: "m")),
            parts: ["html|Grüße", "a.pdf|application/pdf|PDF"]),
        Row(
            name: "a second text", body: multipart("mixed", plain, pdf, plain),
            parts: ["text|hello", "a.pdf|application/pdf|PDF", "attachment-2.txt|text/plain|hello"]),
        Row(
            name: "an empty text behind", body: multipart("mixed", plain, "Content-Type: text/plain\n"),
            parts: ["text|hello"]),
        Row(
            name: "a text that is a file",
            body: multipart("mixed", "Content-Type: text/plain; name=notes.txt\n\nn", plain),
            parts: ["text|hello", "notes.txt|text/plain|n"]),
        Row(
            name: "an invitation as a file",
            body: multipart("mixed", plain, "Content-Type: text/calendar\nContent-Disposition: attachment\n\nBEGIN"),
            parts: ["text|hello", "attachment-1.ics|text/calendar|BEGIN"]),
        Row(
            name: "a message inside",
            body: multipart("mixed", plain, "Content-Type: message/rfc822\n\nSubject: in\n\nx"),
            parts: ["text|hello", "attachment-1.eml|message/rfc822|Subject: in\n\nx"]),
        Row(
            name: "an inline image without an id",
            body: multipart(
                "mixed", html, "Content-Type: image/gif\nContent-Disposition: inline; filename=i.gif\n\nGIF"),
            parts: ["html|Grüße", "i.gif|image/gif|GIF"]),
    ]

    static func decompose(_ message: [UInt8]) throws -> DecomposedMessage {
        try DecomposedMessage(header: HeaderBlock(parsing: message), parts: PartStructure(parsing: message))
    }

    private static func decompose(body: String) throws -> (DecomposedMessage, [UInt8]) {
        let bytes = ("From: app@contoso.com\n" + body).wire
        return (try decompose(bytes), bytes)
    }

    @Test(arguments: rows) func takesApart(_ row: Row) throws {
        let (message, bytes) = try Self.decompose(body: row.body)
        func content(_ content: DecomposedMessage.Content) throws -> [UInt8] {
            try TransferDecoder.decode(bytes[content.range], content.encoding)
        }
        var found: [String] = []
        if let text = message.text {
            found.append("\(text.isHTML ? "html" : "text")|\(try text.decode(content(text.content)))")
        }
        for item in message.attachments {
            let name = (item.isInline ? "~" : "") + item.name + (item.contentID.map { "<\($0)>" } ?? "")
            found.append("\(name)|\(item.type)|\(String(try content(item.content)))")
        }
        #expect(found.map { lines($0.utf8) } == row.parts)
    }

    static let refused: [(String, Indecomposable)] = [
        (multipart("signed; protocol=\"application/pgp-signature\"", plain, pdf), .signed),
        (multipart("mixed", plain, multipart("signed", plain, pdf, boundary: "s")), .signed),
        ("Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\n\nx", .signed),
        (multipart("mixed", plain, "Content-Type: application/x-pkcs7-mime\n\nx"), .signed),
        ("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nx", .encrypted),
        (multipart("encrypted; protocol=\"application/pgp-encrypted\"", plain, pdf), .encrypted),
        (multipart("report; report-type=delivery-status", plain, pdf), .type("multipart/report")),
        (multipart("mixed", plain, "Content-Type: message/delivery-status\n\nx"), .type("message/delivery-status")),
        (multipart("alternative", plain, "Content-Type: text/calendar; method=REQUEST\n\nx"), .type("text/calendar")),
        (multipart("alternative", plain, pdf, html), .type("application/pdf as an alternative")),
        (multipart("digest", plain), .type("multipart/digest")),
        ("Content-Type: multipart/mixed; boundary=never\n\nx", .type("multipart/mixed")),
        ("Content-Type: text/plain; charset=koi8-r\n\nx", .charset("koi8-r")),
        ("Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode\n\nx", .transferEncoding("x-uuencode")),
        (multipart("related", html, "Content-Type: image/png\nContent-Location: a.png\n\nx"), .location),
    ]

    @Test(arguments: refused) func leavesWhole(_ body: String, _ reason: Indecomposable) {
        #expect(throws: reason) { try Self.decompose(body: body) }
        #expect(reason.text.hasSuffix("."))
    }

    @Test func leavesWholeWhatItHasNotSeen() {
        let bytes = "From: a@x.example\n\nx".wire
        #expect(throws: Indecomposable.tooComplex) {
            try DecomposedMessage(
                header: HeaderBlock(parsing: bytes), parts: PartStructure(parsing: bytes), sawAll: false)
        }
    }

    @Test func countsAttachments() throws {
        func message(_ count: Int) -> String {
            "Content-Type: multipart/mixed; boundary=b\n\n"
                + String(repeating: "--b\nContent-Type: image/png\n\nx\n", count: count) + "--b--\n"
        }
        #expect(try Self.decompose(body: message(250)).0.attachments.count == 250)
        #expect(throws: Indecomposable.tooManyAttachments(251)) { try Self.decompose(body: message(251)) }
    }

    @Test(arguments: [
        ("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nhi", Indecomposable.signed),
        ("see below\n-----BEGIN PGP MESSAGE-----\n\nabc", .encrypted),
        (String(repeating: "x", count: 2_000_001), .textTooLarge(2_000_001)),
    ])
    func leavesTextWhole(_ text: String, _ reason: Indecomposable) throws {
        let found = try Self.decompose(body: Self.plain).0.text
        #expect(throws: reason) { try found?.decode(Array(text.utf8)) }
    }
}
