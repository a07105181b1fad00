import MIME
import MailModel
import Testing

@Suite struct TransferDecoderTests {
    @Test(arguments: [
        ("7bit", TransferEncoding.identity), ("8BIT", .identity), ("binary", .identity), ("Base64", .base64),
        ("quoted-printable", .quotedPrintable),
    ])
    func knowsNames(_ name: String, _ encoding: TransferEncoding) {
        #expect(TransferEncoding(name) == encoding)
    }

    @Test(arguments: ["x-uuencode", "", "base-64"]) func knowsNoOthers(_ name: String) {
        #expect(TransferEncoding(name) == nil)
    }

    private static func inPieces(
        _ bytes: [UInt8], _ encoding: TransferEncoding, _ sizes: () -> Int
    ) throws(TransferDecoder.Malformed) -> [UInt8] {
        var decoder = TransferDecoder(encoding)
        var output: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = min(rest.count, sizes())
            try decoder.append(rest.prefix(count), to: &output)
            rest = rest.dropFirst(count)
        }
        try decoder.finish(into: &output)
        return output
    }

    @Test func decodesInAnyPieces() throws {
        var random = SeededGenerator(seed: 3)
        let symbols = ["=3D", "=", " ", "\t", "\r\n", "\n", "x", "=\r\n", "= \r\n", "=4", "é"]
        for _ in 0..<500 {
            let text = Array((0..<40).map { _ in symbols.randomElement(using: &random) ?? "" }.joined().utf8)
            let cut = try Self.inPieces(text, .quotedPrintable) { Int.random(in: 1...5, using: &random) }
            #expect(cut == QuotedPrintable.decode(text), "\(String(text))")
            let encoded = Array(Base64.encode(text).utf8)
            #expect(try Self.inPieces(encoded, .base64) { Int.random(in: 1...5, using: &random) } == text)
            #expect(try Self.inPieces(text, .identity) { 3 } == text)
        }
    }

    @Test func decodesLinesWithoutEnd() throws {
        let unit = Array("=41=42 =C3=A9=20".utf8)
        let line = Array(repeatElement(unit, count: 20_000).joined())
        let decoded = try Self.inPieces(line, .quotedPrintable) { 7001 }
        #expect(decoded == Array(repeatElement(Array("AB é ".utf8), count: 20_000).joined()))
        let blanks = [UInt8](repeating: 0x20, count: 200_000) + Array("\nx".utf8)
        #expect(try Self.inPieces(blanks, .quotedPrintable) { 50_000 } == Array("\nx".utf8))
    }

    @Test(arguments: ["QUJD!", "QUJ", "QUI=QUI=", "QQ===", "=QUI", "Q"]) func refusesBrokenBase64(_ text: String) {
        #expect(throws: TransferDecoder.Malformed()) { try TransferDecoder.decode(Array(text.utf8), .base64) }
        #expect(throws: TransferDecoder.Malformed()) { try Self.inPieces(Array(text.utf8), .base64) { 1 } }
    }

    @Test func goesOnFromACopy() throws {
        let bytes = Array(Base64.encode(Array("one two three".utf8)).utf8)
        var (decoder, first) = (TransferDecoder(.base64), [UInt8]())
        try decoder.append(bytes.prefix(7), to: &first)
        for _ in 0..<2 {
            var (copy, rest) = (decoder, first)
            try copy.append(bytes.dropFirst(7), to: &rest)
            try copy.finish(into: &rest)
            #expect(String(rest) == "one two three")
        }
    }
}
