import MIME
import Testing

@Suite struct CharsetTests {
    static let names: [(String, Charset?)] = [
        ("utf-8", .utf8), ("UTF-8", .utf8), ("utf8", .utf8), ("US-ASCII", .usASCII), ("iso-8859-1", .windows1252),
        ("ISO-8859-15", .latin9), ("Windows-1252", .windows1252), ("koi8-r", nil), ("", nil), ("utf-16", nil),
    ]

    @Test(arguments: names) func knowsNames(_ row: (String, Charset?)) { #expect(Charset(row.0) == row.1) }

    static let texts: [(Charset, [UInt8], String)] = [
        (.utf8, Array("Grüße €".utf8), "Grüße €"),
        (.utf8, [0x61, 0xFC, 0x62], "a\u{FFFD}b"),
        (.usASCII, Array("plain".utf8), "plain"),
        (.usASCII, [0x61, 0xFC], "aü"),
        (.windows1252, [0x80, 0x85, 0x93, 0x94, 0x9F, 0xA4, 0xE4], "€…“”Ÿ¤ä"),
        (.windows1252, [0x81, 0x8D, 0x8F, 0x90, 0x9D], "\u{81}\u{8D}\u{8F}\u{90}\u{9D}"),
        (.latin9, [0xA4, 0xA6, 0xA8, 0xB4, 0xB8, 0xBC, 0xBD, 0xBE, 0xE4], "€ŠšŽžŒœŸä"),
    ]

    @Test(arguments: texts) func decodes(_ row: (Charset, [UInt8], String)) { #expect(row.0.decode(row.1) == row.2) }

    @Test func guesses() {
        #expect(Charset.decodeLeniently(Array("Grüße".utf8)) == "Grüße")
        #expect(Charset.decodeLeniently([0x47, 0x72, 0xFC]) == "Grü")
        #expect(Charset.decodeLeniently([]) == "")
    }
}
