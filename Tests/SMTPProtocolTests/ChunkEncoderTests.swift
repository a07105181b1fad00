import SMTPProtocol
import Testing

@Suite struct ChunkEncoderTests {
    static let table: [([String], String)] = [
        ([""], "BDAT 0 LAST\r\n"),
        (["a"], "BDAT 3 LAST\r\na\r\n"),
        ([".\r\n"], "BDAT 3 LAST\r\n.\r\n"),
        (["a\r\n", "b\r\n"], "BDAT 3\r\na\r\nBDAT 3 LAST\r\nb\r\n"),
        (["a\r\n", ""], "BDAT 3\r\na\r\nBDAT 0 LAST\r\n"),
        (["a\r", "\nb"], "BDAT 3\r\na\r\nBDAT 3 LAST\r\nb\r\n"),
        (["a", "b"], "BDAT 1\r\naBDAT 3 LAST\r\nb\r\n"),
        (["a\nb\rc"], "BDAT 9 LAST\r\na\r\nb\r\nc\r\n"),
    ]

    /// One chunk for each piece.
    @Test(arguments: table)
    func encodes(_ pieces: [String], _ wire: String) {
        var encoder = ChunkEncoder()
        var output: [UInt8] = []
        for (index, piece) in pieces.enumerated() {
            encoder.append(piece.utf8)
            encoder.take(isLast: index == pieces.count - 1, into: &output)
            #expect(encoder.count == 0)
        }
        #expect(text(output) == wire)
    }

    @Test func countsWhatWaits() {
        var encoder = ChunkEncoder()
        encoder.append("a\n".utf8)
        encoder.append("b".utf8)
        #expect(encoder.count == 4)
        var output: [UInt8] = []
        encoder.take(isLast: true, into: &output)
        #expect(text(output) == "BDAT 6 LAST\r\na\r\nb\r\n")
    }
}
