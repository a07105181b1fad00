import SMTPProtocol
import Testing

@Suite struct DataEncoderTests {
    private func encode(_ pieces: [[UInt8]]) -> [UInt8] {
        var encoder = DataEncoder()
        var output: [UInt8] = []
        for piece in pieces { encoder.encode(piece, into: &output) }
        encoder.finish(into: &output)
        return output
    }

    static let table: [(String, String)] = [
        ("", ".\r\n"),
        ("a", "a\r\n.\r\n"),
        ("a\r\n", "a\r\n.\r\n"),
        (".", "..\r\n.\r\n"),
        (".\r\n", "..\r\n.\r\n"),
        ("..", "...\r\n.\r\n"),
        ("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"),
        ("a\r\n.b\r\n..c\r\n", "a\r\n..b\r\n...c\r\n.\r\n"),
        ("a.b.\r\n", "a.b.\r\n.\r\n"),
        ("a\n.\nb", "a\r\n..\r\nb\r\n.\r\n"),
        ("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n"),
        ("a\r\r\nb\n\n", "a\r\n\r\nb\r\n\r\n.\r\n"),
        ("\r", "\r\n.\r\n"),
        ("\n", "\r\n.\r\n"),
        ("\r\n\r\n", "\r\n\r\n.\r\n"),
    ]

    @Test(arguments: table)
    func encodes(_ content: String, _ wire: String) {
        let bytes = Array(content.utf8)
        #expect(text(encode([bytes])) == wire)
        #expect(text(encode(bytes.map { [$0] })) == wire, "octet by octet")
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func decoderReadsBackWhatWasWritten(seed: UInt64) {
        var random = SeededGenerator(state: seed &+ 1000)
        let alphabet = Array("ab.\r\n\n\r.\0\u{7F}".utf8)
        let content = (0..<Int.random(in: 0...300, using: &random)).map { _ in
            alphabet.randomElement(using: &random) ?? 0
        }
        let wire = encode(random.chunks(of: content, upTo: 9))
        #expect(wire == encode([content]), "pieces make no difference")

        var decoder = DataDecoder()
        var decoded: [UInt8] = []
        let taken = decoder.decode(wire + Array("NOOP\r\n".utf8), into: &decoded)
        #expect(decoder.isFinished)
        #expect(taken == wire.count)
        #expect(decoded == normalise(content))
    }

    /// The slow way: every line end a CRLF, and one at the end.
    private func normalise(_ content: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for (index, byte) in content.enumerated() {
            switch byte {
            case 0x0A where index > 0 && content[index - 1] == 0x0D: break
            case 0x0A, 0x0D: result += [0x0D, 0x0A]
            default: result.append(byte)
            }
        }
        let endsLine = result.isEmpty || result.last == 0x0A
        return endsLine ? result : result + [0x0D, 0x0A]
    }
}
