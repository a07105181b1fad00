import MIME
import Testing

@Suite struct HeaderFieldTests {
    static let values: [(raw: String, body: String, value: String)] = [
        ("A: x\r\n", " x\r\n", "x"),
        ("A:x", "x", "x"),
        ("A : x \t\r\n", " x \t\r\n", "x"),
        ("A: one\r\n two\r\n\tthree\r\n", " one\r\n two\r\n\tthree\r\n", "one two\tthree"),
        ("A:\r\n folded\r\n", "\r\n folded\r\n", "folded"),
        ("A: one\n two\n", " one\n two\n", "one two"),
        ("A:\r\n", "\r\n", ""),
        ("A: Jürgen\r\n", " Jürgen\r\n", "Jürgen"),
        ("A: =?utf-8?Q?J=C3=BCrgen?=\r\n", " =?utf-8?Q?J=C3=BCrgen?=\r\n", "=?utf-8?Q?J=C3=BCrgen?="),
    ]

    @Test(arguments: values) func reads(_ row: (raw: String, body: String, value: String)) throws {
        let field = try #require(HeaderBlock(parsing: Array((row.raw).utf8)).fields.first)
        #expect(String(field.body) == row.body)
        #expect(field.value == row.value)
        #expect(field.isBlank == row.value.isEmpty)
        #expect(field.name == "A")
    }

    @Test func readsEightBitAsWindows1252() {
        let bytes = Array("Subject: Gr".utf8) + [0xFC, 0xDF, 0x65, 0x20, 0x80, 0x0D, 0x0A]
        #expect(HeaderBlock(parsing: bytes).first(named: "Subject")?.value == "Grüße €")
    }

    @Test func decodesOnRequest() {
        let field = HeaderBlock(parsing: "Subject: =?utf-8?Q?Gr=C3=BC?=\n =?utf-8?Q?=C3=9Fe?=\n\n".wire).fields.first
        #expect(field?.decodedValue == "Grüße")
    }

    @Test func comparesNamesWithoutCase() throws {
        let field = try #require(HeaderBlock(parsing: "mEsSaGe-Id: x\n\n".wire).fields.first)
        #expect(field.isNamed("Message-ID"))
        #expect(!field.isNamed("Message-I"))
        #expect(!field.isNamed("Message-IDs"))
        #expect(field.name == "mEsSaGe-Id")
    }
}
