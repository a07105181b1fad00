import MIME
import Testing

@Suite struct QuotedPrintableTests {
    static let encoded: [(String, String)] = [
        ("", ""),
        ("plain", "plain"),
        ("a=b", "a=3Db"),
        ("Grüße", "Gr=C3=BC=C3=9Fe"),
        ("line\nline\r\nline\rend", "line\r\nline\r\nline\r\nend"),
        ("blank \nend\t", "blank=20\r\nend=09"),
        ("in the middle", "in the middle"),
        ("\n\n", "\r\n\r\n"),
        ("nul\u{0}", "nul=00"),
        (".\n", ".\r\n"),
    ]

    @Test(arguments: encoded) func encodes(_ row: (String, String)) {
        #expect(String(QuotedPrintable.encode(text: row.0.utf8)) == row.1)
    }

    @Test(arguments: [75, 76, 77, 78, 151, 152, 500]) func keepsLinesShort(_ count: Int) {
        for symbol in ["a", "ü", "=", " "] {
            let text = String(repeating: symbol, count: count)
            let encoded = String(QuotedPrintable.encode(text: text.utf8))
            let longest = encoded.split(separator: "\r\n").map(\.utf8.count).max() ?? 0
            #expect(longest <= 76)
            #expect(String(QuotedPrintable.decode(encoded.utf8)) == text)
        }
        let fits = String(QuotedPrintable.encode(text: String(repeating: "a", count: 76).utf8))
        #expect(!fits.contains("="))
    }

    static let decoded: [(String, String)] = [
        ("a=3Db", "a=b"),
        ("a=3db", "a=b"),
        ("soft=\r\nbreak", "softbreak"),
        ("soft=\nbreak", "softbreak"),
        ("soft=  \r\nbreak", "softbreak"),
        ("end=", "end"),
        ("blanks  \r\nvanish", "blanks\r\nvanish"),
        ("blanks stay", "blanks stay"),
        ("last ", "last "),
        ("bad=ZZ", "bad=ZZ"),
        ("bad=4", "bad=4"),
        ("==41", "=A"),
    ]

    @Test(arguments: decoded) func decodes(_ row: (String, String)) {
        #expect(String(QuotedPrintable.decode(row.0.utf8)) == row.1)
    }

    @Test func roundTripsAnyText() {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array("ab =\t\r\n.ü€日".unicodeScalars)
        for _ in 0..<300 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...200, using: &random) {
                text.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
            }
            let bytes = Array(String(text).utf8)
            #expect(lines(QuotedPrintable.decode(QuotedPrintable.encode(text: bytes))) == normalised(bytes))
        }
    }

    private func normalised(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if byte == 0x0A, index > 0, bytes[index - 1] == 0x0D { continue }
            output.append(byte == 0x0D ? 0x0A : byte)
        }
        return String(output)
    }
}
