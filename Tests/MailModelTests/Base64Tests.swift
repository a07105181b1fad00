import MailModel
import Testing

@Suite struct Base64Tests {
    /// RFC 4648 §10.
    static let vectors = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test(arguments: vectors) func standard(_ plain: String, _ encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
        #expect(Base64.encodedLength(of: plain.utf8.count) == encoded.utf8.count)
    }

    @Test func urlSafe() {
        let bytes: [UInt8] = [0xFB, 0xFF, 0xBF, 0x3E]
        #expect(Base64.encode(bytes) == "+/+/Pg==")
        #expect(Base64.encodeURL(bytes) == "-_-_Pg")
        #expect(Base64.decodeURL("-_-_Pg") == bytes)
        #expect(Base64.decodeURL("+/+/Pg") == nil)
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "Zg===", "Z===", "Zm9v!", "-_-_", "=Zg="]) func refuses(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func lineBreaksAreSkipped() { #expect(Base64.decode("Zm9v\r\nYmFy\n") == Array("foobar".utf8)) }

    @Test func aStreamInPiecesEncodesAsOne() {
        var random = SplitMix64(seed: 4)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            var encoder = Base64.Encoder()
            var output: [UInt8] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...7, using: &random))
                encoder.append(piece, to: &output)
                rest = rest.dropFirst(piece.count)
            }
            encoder.finish(into: &output)
            #expect(String(decoding: output, as: UTF8.self) == Base64.encode(bytes))
            #expect(Base64.decode(output) == bytes)
        }
    }
}
