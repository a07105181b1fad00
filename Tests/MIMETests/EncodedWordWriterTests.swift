import MIME
import Testing

@Suite struct EncodedWordWriterTests {
    static let table: [(String, [String])] = [
        ("", []),
        ("Jürgen", ["=?utf-8?Q?J=C3=BCrgen?="]),
        ("a b", ["=?utf-8?Q?a_b?="]),
        ("long_snake_case", ["=?utf-8?Q?long=5Fsnake=5Fcase?="]),
        ("日本", ["=?utf-8?B?5pel5pys?="]),
        ("a\r\nBcc: x@y.example", ["=?utf-8?B?YQ0KQmNjOiB4QHkuZXhhbXBsZQ==?="]),
    ]

    @Test(arguments: table) func encodes(_ row: (String, [String])) { #expect(EncodedWord.encode(row.0) == row.1) }

    static let longTexts = [
        String(repeating: "ü", count: 200), String(repeating: "日本語", count: 60), String(repeating: "a", count: 500),
        String(repeating: "👩‍👩‍👧 ", count: 40), String(repeating: "ab cü ", count: 100),
    ]

    @Test(arguments: longTexts + table.map(\.0)) func roundTrips(_ text: String) {
        let words = EncodedWord.encode(text)
        #expect(words.allSatisfy { $0.utf8.count <= 75 })
        #expect(EncodedWord.decode(words.joined(separator: "\r\n ").filter { !$0.isNewline }) == text)
    }

    /// RFC 2047 §5 (3): each word is whole characters.
    @Test(arguments: longTexts) func cutsNoCharacter(_ text: String) {
        let words = EncodedWord.encode(text).map { EncodedWord.decode($0) }
        #expect(words.joined() == text)
        #expect(!words.contains { $0.unicodeScalars.contains("\u{FFFD}") })
    }
}
