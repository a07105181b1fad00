import SMTPProtocol
import Testing

@Suite struct DataDecoderTests {
    private struct Decoded: Equatable {
        var content: [UInt8] = []
        var isFinished = false
        var taken = 0
    }

    private func decode(_ chunks: [[UInt8]]) -> Decoded {
        var decoder = DataDecoder()
        var result = Decoded()
        for chunk in chunks where !decoder.isFinished {
            result.taken += decoder.decode(chunk, into: &result.content)
        }
        result.isFinished = decoder.isFinished
        #expect(decoder.octets == result.content.count)
        return result
    }

    /// Input, content, and what is left behind the end; `nil` where the data have not ended.
    static let endings: [(String, String, String?)] = [
        (".\r\n", "", ""),
        ("a\r\n.\r\n", "a\r\n", ""),
        ("a\r\n.\r\nQUIT\r\n", "a\r\n", "QUIT\r\n"),
        ("a\r\n.\r\n.\r\n", "a\r\n", ".\r\n"),
        ("\r\n.\r\n", "\r\n", ""),
        ("..\r\n.\r\n", ".\r\n", ""),
        ("...\r\n.\r\n", "..\r\n", ""),
        (".a\r\n.\r\n", "a\r\n", ""),
        ("a.\r\n.\r\n", "a.\r\n", ""),
        ("a\r\n..b\r\n.\r\n", "a\r\n.b\r\n", ""),
        ("a\0b\u{1}\t\u{B}c\r\n.\r\n", "a\0b\u{1}\t\u{B}c\r\n", ""),
        ("a\r\n.", "a\r\n", nil),
        ("a\r\n.\r", "a\r\n", nil),
        ("a\r\n", "a\r\n", nil),
        ("a", "a", nil),
        ("", "", nil),
    ]

    @Test(arguments: endings)
    func endsWhereItShould(_ input: String, _ content: String, _ rest: String?) {
        let bytes = Array(input.utf8)
        let result = decode([bytes])
        #expect(text(result.content) == content)
        #expect(result.isFinished == (rest != nil))
        #expect(text(bytes[result.taken...]) == rest ?? "")
    }

    /// Everything a lenient server might take for the end: none of it ends the data, each is one message, and what is passed on
    /// has nothing left that another server could read differently.
    static let smuggling: [(String, String)] = [
        ("\n.\n", "\r\n.\r\n"),
        ("\n.\r\n", "\r\n.\r\n"),
        ("\n.\r", "\r\n.\r\n"),
        ("\r.\r", "\r\n.\r\n"),
        ("\r.\n", "\r\n.\r\n"),
        ("\r.\r\n", "\r\n.\r\n"),
        ("\r\n.\n", "\r\n\r\n"),
        ("\r\n.\r", "\r\n\r\n"),
        ("\r\n.\r\r\n", "\r\n\r\n\r\n"),
        ("\r\n.\0\r\n", "\r\n\0\r\n"),
        ("\r\r\n.\n", "\r\n\r\n\r\n"),
        ("\n\n.\n\n", "\r\n\r\n.\r\n\r\n"),
        ("\r\n\0.\r\n", "\r\n\0.\r\n"),
        ("\r\n..\r\n", "\r\n.\r\n"),
        ("\n\r.\r\n", "\r\n\r\n.\r\n"),
        ("\r\n .\r\n", "\r\n .\r\n"),
    ]

    @Test(arguments: smuggling)
    func smugglesNothing(_ vector: String, _ normalised: String) {
        let second = "MAIL FROM:<evil@x.test>"
        let bytes = Array("first\(vector)\(second)\r\n.\r\n".utf8)
        let result = decode([bytes])
        #expect(text(result.content) == "first\(normalised)\(second)\r\n")
        #expect(result.isFinished)
        #expect(result.taken == bytes.count)
        #expect(decode(bytes.map { [$0] }) == result, "octet by octet")
        for cut in 1..<bytes.count {
            #expect(decode([Array(bytes[..<cut]), Array(bytes[cut...])]) == result, "cut at \(cut)")
        }
    }

    @Test(arguments: 0..<400 as Range<UInt64>)
    func chunkingChangesNothing(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let alphabet = Array("ab.\r\n\r\n.\0".utf8)
        let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
            alphabet.randomElement(using: &random) ?? 0
        }
        let whole = decode([bytes])
        for maximum in [1, 2, 3, 7, 20, 64] {
            #expect(decode(random.chunks(of: bytes, upTo: maximum)) == whole)
        }
        #expect(isNormalised(whole.content))
        #expect(whole.taken == (whole.isFinished ? referenceEnd(of: bytes) : bytes.count))
    }

    private func isNormalised(_ bytes: [UInt8]) -> Bool {
        bytes.indices.allSatisfy { index in
            switch bytes[index] {
            // A CR at the end of what was decoded never stands alone: it is held back.
            case 0x0D: index + 1 < bytes.count && bytes[index + 1] == 0x0A
            case 0x0A: index > 0 && bytes[index - 1] == 0x0D
            default: true
            }
        }
    }

    /// The plain reading of the rule: behind the first CRLF `.` CRLF, the start counting as a CRLF.
    private func referenceEnd(of bytes: [UInt8]) -> Int? {
        let padded = Array("\r\n".utf8) + bytes
        let mark = Array("\r\n.\r\n".utf8)
        return padded.indices.first { padded[$0...].starts(with: mark) }.map { $0 + mark.count - 2 }
    }

    @Test func endIsFoundExactlyWhereTheRuleSays() {
        // Every string of up to seven octets over the four that matter.
        let alphabet = Array("\r\n.a".utf8)
        for length in 0...7 {
            for number in 0..<(1 << (2 * length)) {
                let bytes = (0..<length).map { alphabet[(number >> (2 * $0)) & 3] }
                let result = decode([bytes])
                let end = referenceEnd(of: bytes)
                if result.isFinished != (end != nil) || result.taken != end ?? bytes.count {
                    Issue.record("\(bytes): taken \(result.taken), expected \(String(describing: end))")
                }
            }
        }
    }

    @Test func longLinesAndLargeChunks() {
        let line = [UInt8](repeating: 0x41, count: 100_000)
        var bytes: [UInt8] = []
        for _ in 0..<3 { bytes += line + [0x0D, 0x0A] }
        let result = decode([bytes + Array(".\r\n".utf8)])
        #expect(result.content == bytes)
        #expect(result.isFinished)
    }

    @Test func anyCollectionWillDo() {
        var decoder = DataDecoder()
        var output: [UInt8] = []
        let taken = decoder.decode(Array("xa\r\n.\r\nrest".utf8).dropFirst(), into: &output)
        #expect(taken == 6)
        #expect(text(output) == "a\r\n")
        var lazy = DataDecoder()
        var other: [UInt8] = []
        #expect(lazy.decode("a\r\n.\r\nrest".utf8, into: &other) == 6)
        #expect(other == output)
    }
}
