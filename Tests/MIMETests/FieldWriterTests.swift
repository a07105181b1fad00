import Testing

@testable import MIME

@Suite struct FieldWriterTests {
    static let table: [(String, String)] = [
        ("", "Subject: \r\n"),
        ("Report", "Subject: Report\r\n"),
        ("two  blanks", "Subject: two  blanks\r\n"),
        ("Grüße", "Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n"),
        ("a\r\nBcc: x@y", "Subject: =?utf-8?B?YQ0KQmNjOiB4QHk=?=\r\n"),
        ("=?utf-8?Q?x?=", "Subject: =?utf-8?B?PT91dGYtOD9RP3g/PQ==?=\r\n"),
        (" led by a blank", "Subject: =?utf-8?Q?_led_by_a_blank?=\r\n"),
    ]

    @Test(arguments: table) func writes(_ row: (String, String)) {
        #expect(String(FieldWriter.unstructured("Subject", row.0)) == row.1)
    }

    static let long = [
        String(repeating: "word ", count: 60) + "end", String(repeating: "ü", count: 300),
        String(repeating: "x", count: 2000),
        String(repeating: "x", count: 200) + " " + String(repeating: "y", count: 200),
    ]

    @Test(arguments: long) func foldsAndComesBack(_ text: String) throws {
        let bytes = FieldWriter.unstructured("Subject", text)
        let field = try #require(HeaderBlock(parsing: bytes).fields.first)
        #expect(field.decodedValue == text)
        #expect(String(bytes).split(separator: "\r\n").allSatisfy { $0.utf8.count <= 998 })
        #expect(HeaderBlock(parsing: bytes).fields.count == 1)
    }

    @Test func foldsAtSeventyEight() {
        let bytes = FieldWriter.unstructured("Subject", String(repeating: "word ", count: 60) + "end")
        #expect(String(bytes).split(separator: "\r\n").allSatisfy { $0.utf8.count <= 78 })
    }
}
