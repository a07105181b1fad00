import MIME
import Testing

@Suite struct PartStructureTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let message: String
        /// Type and decoded content of each part, multiparts without their content.
        let parts: [String]
        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(name: "no MIME", message: "Subject: x\n\nhello\n", parts: ["text/plain|hello\n"]),
        Row(name: "no body", message: "Subject: x\n", parts: ["text/plain|"]),
        Row(name: "no header", message: "hello there\n", parts: ["text/plain|hello there\n"]),
        Row(
            name: "quoted-printable",
            message:
                "Content-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: Quoted-Printable\n\nGr=FC=\n=DFe\n",
            parts: ["text/html|Grüße\n"]),
        Row(
            name: "base64",
            message: "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: BASE64\n\nR3LD\nvMOfZQ==\n",
            parts: ["text/plain|Grüße"]),
        Row(
            name: "broken base64 stays", message: "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!\n",
            parts: ["text/plain|!!\n"]),
        Row(
            name: "two parts",
            message:
                "Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\none\n--b\nContent-Type: text/html\n\ntwo\n\n--b--\nepilogue\n",
            parts: ["multipart/mixed", "text/plain|one", "text/html|two\n"]),
        Row(
            name: "nested",
            message:
                "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/alternative; boundary=oi\n\n--oi\n\none\n--oi--\n--o\n\ntwo\n--o--\n",
            parts: ["multipart/mixed", "multipart/alternative", "text/plain|one", "text/plain|two"]),
        Row(
            name: "blanks behind the boundary",
            message: "Content-Type: multipart/mixed; boundary=b\n\n--b  \n\none\n--b-- \t\n",
            parts: ["multipart/mixed", "text/plain|one"]),
        Row(
            name: "no closing boundary",
            message: "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n",
            parts: ["multipart/mixed", "text/plain|one", "text/plain|two\n"]),
        Row(
            name: "a longer line is no boundary",
            message: "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--bc\n--b--x\n--b--\n",
            parts: ["multipart/mixed", "text/plain|--bc\n--b--x"]),
        Row(
            name: "an empty part", message: "Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\n--b--\n",
            parts: ["multipart/mixed", "text/plain|", "text/plain|"]),
        Row(
            name: "no boundary named", message: "Content-Type: multipart/mixed\n\n--b\n\none\n--b--\n",
            parts: ["multipart/mixed"]),
        Row(
            name: "boundary never comes", message: "Content-Type: multipart/mixed; boundary=b\n\ntext\n",
            parts: ["multipart/mixed"]),
        Row(
            name: "a message inside is a leaf",
            message:
                "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: in\n\nx\n--b--\n",
            parts: ["multipart/mixed", "message/rfc822|Subject: in\n\nx"]),
    ]

    @Test(arguments: rows) func reads(_ row: Row) {
        for bytes in [row.message.wire, Array(row.message.utf8)] {
            let found = PartStructure(parsing: bytes).all.map { part -> String in
                if part.contentType.type == "multipart" { return part.contentType.name }
                let content = part.text(of: bytes) ?? String(part.content(of: bytes))
                return "\(part.contentType.name)|\(content.replacing("\r\n", with: "\n"))"
            }
            #expect(found == row.parts)
        }
    }

    @Test func namesAttachments() {
        let bytes = """
            Content-Type: multipart/mixed; boundary=b

            --b
            Content-Type: text/plain; name="inline.txt"

            x
            --b
            Content-Type: text/plain
            Content-Disposition: attachment; filename*=utf-8''%C3%BC.txt

            y
            --b--

            """.wire
        let parts = PartStructure(parsing: bytes).parts
        #expect(parts.map(\.fileName) == ["inline.txt", "ü.txt"])
        #expect(parts.map(\.isAttachment) == [false, true])
        #expect(PartStructure(parsing: bytes).first(ofType: "text/plain")?.fileName == "inline.txt")
    }

    @Test func leavesUnknownCharsetsAlone() {
        let bytes = "Content-Type: text/plain; charset=koi8-r\n\nx\n".wire
        #expect(PartStructure(parsing: bytes).text(of: bytes) == nil)
        let image = "Content-Type: image/png\n\nx\n".wire
        #expect(PartStructure(parsing: image).text(of: image) == nil)
    }

    @Test func keepsToItsBudget() {
        let many = "Content-Type: multipart/mixed; boundary=b\n\n" + String(repeating: "--b\n\nx\n", count: 50)
        #expect(PartStructure(parsing: many.wire, budget: .init(depth: 4, parts: 10)).parts.count == 10)
        let deep = (0..<30).map { "Content-Type: multipart/mixed; boundary=b\($0)\n\n--b\($0)\n" }.joined()
        #expect(PartStructure(parsing: deep.wire, budget: .init(depth: 4, parts: 10)).all.count == 5)
        #expect(PartStructure(parsing: deep.wire).all.count == 17)
    }

    @Test func survivesRandomBytes() {
        var random = SeededGenerator(seed: 5)
        let pieces = [
            "Content-Type: multipart/mixed; boundary=b\n", "\n", "--b\n", "--b--\n", "x", ":", "\r", "=", "\u{FC}",
        ]
        for _ in 0..<1000 {
            let text = (0..<Int.random(in: 0...20, using: &random)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }
            let bytes = text.joined().wire
            #expect(PartStructure(parsing: bytes).all.allSatisfy { $0.bodyRange.upperBound <= bytes.count })
        }
    }
}
