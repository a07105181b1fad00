import MIME
import MailModel
import Testing

/// For any message that can be taken apart: what comes out is what was put in, every attachment and every byte of it.
@Suite struct DecompositionPropertyTests {
    @Test(arguments: 1...20) func partsAreWhatWasPutIn(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let sample = Sample(using: &random)
            var scanner = PartScanner()
            var rest = sample.bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...4000, using: &random))
                scanner.append(piece)
                rest = rest.dropFirst(piece.count)
            }
            let message = try DecomposedMessage(
                header: HeaderBlock(parsing: sample.bytes), parts: scanner.finish(), sawAll: scanner.sawAll)
            try check(message, sample)
        }
    }

    private func check(_ message: DecomposedMessage, _ sample: Sample) throws {
        func content(_ content: DecomposedMessage.Content) throws -> [UInt8] {
            try TransferDecoder.decode(sample.bytes[content.range], content.encoding)
        }
        let text = try #require(message.text, "\(sample)")
        #expect(text.isHTML == sample.isHTML, "\(sample)")
        #expect(try text.decode(content(text.content)) == sample.text, "\(sample)")
        #expect(message.attachments.count == sample.files.count, "\(sample)")
        for (found, put) in zip(message.attachments, sample.files) {
            #expect(found.name == put.name && found.type == put.type, "\(sample)")
            #expect(found.isInline == put.isInline && found.contentID == put.contentID, "\(sample)")
            #expect(try content(found.content) == put.bytes, "\(put.name) of \(sample)")
        }
    }
}

/// A random message, and what is in it.
private struct Sample: CustomStringConvertible {
    struct File {
        var name: String
        var type: String
        var bytes: [UInt8]
        var isInline = false
        var contentID: String?
    }

    private(set) var bytes: [UInt8] = []
    private(set) var text = ""
    private(set) var isHTML = false
    private(set) var files: [File] = []
    private var boundaries = 0
    var description: String { lines(bytes.prefix(3000)) }

    init(using random: inout some RandomNumberGenerator) {
        isHTML = Bool.random(using: &random)
        text = Self.text(using: &random)
        var part = leaf(text, isHTML ? "html" : "plain", using: &random)
        if isHTML, Bool.random(using: &random) {
            part = wrap(
                "related", [part] + (0..<Int.random(in: 0...3, using: &random)).map { inline($0, using: &random) },
                using: &random)
        }
        if Bool.random(using: &random) {
            let other = leaf(Self.text(using: &random), "plain", using: &random)
            part = isHTML ? wrap("alternative", [other, part], using: &random) : part
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let files = (0..<Int.random(in: 0...3, using: &random)).map { _ in attachment(using: &random) }
            part = wrap("mixed", [part] + files, using: &random)
        }
        bytes = "From: app@contoso.com\nSubject: x\n".wire + part
    }

    private static func text(using random: inout some RandomNumberGenerator) -> String {
        let words = ["Grüße", "a = b", "--", "-- b0", "line \r\n", "\r\n", " ", "\t", "€", "tail", ".", "From here"]
        return (0..<Int.random(in: 0...30, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }
            .joined() + "end"
    }

    private func leaf(_ text: String, _ subtype: String, using random: inout some RandomNumberGenerator) -> [UInt8] {
        let (encoding, body) = Self.encode(Array(text.utf8), isText: true, using: &random)
        return "Content-Type: text/\(subtype); charset=utf-8\nContent-Transfer-Encoding: \(encoding)\n\n".wire + body
    }

    private mutating func attachment(using random: inout some RandomNumberGenerator) -> [UInt8] {
        let number = files.count
        let name =
            ["report \(number).pdf", "Prüfung-\(number).bin", "quo\"ted\(number).txt"].randomElement(using: &random)
            ?? "x"
        let type = ["application/pdf", "application/octet-stream", "text/plain"].randomElement(using: &random) ?? "a/b"
        let file = File(name: name, type: type, bytes: Self.content(using: &random))
        files.append(file)
        let quoted = name.replacing("\"", with: "\\\"")
        let written =
            name.utf8.allSatisfy { $0 < 0x80 }
            ? "filename=\"\(quoted)\"" : "filename*=utf-8''\(name.replacing("ü", with: "%C3%BC"))"
        return part(file, "Content-Disposition: attachment; \(written)\n", using: &random)
    }

    private mutating func inline(_ number: Int, using random: inout some RandomNumberGenerator) -> [UInt8] {
        let file = File(
            name: "image\(number).png", type: "image/png", bytes: Self.content(using: &random), isInline: true,
            contentID: "image\(number)@x")
        files.append(file)
        let fields = "Content-ID: <image\(number)@x>\nContent-Disposition: inline; filename=image\(number).png\n"
        return part(file, fields, using: &random)
    }

    private func part(_ file: File, _ fields: String, using random: inout some RandomNumberGenerator) -> [UInt8] {
        let (encoding, body) = Self.encode(file.bytes, isText: false, using: &random)
        return "Content-Type: \(file.type)\n\(fields)Content-Transfer-Encoding: \(encoding)\n\n".wire + body
    }

    private static func content(using random: inout some RandomNumberGenerator) -> [UInt8] {
        let count = [0, 1, 2, 3, 57, 1000, 5000].randomElement(using: &random) ?? 0
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private static func encode(
        _ bytes: [UInt8], isText: Bool, using random: inout some RandomNumberGenerator
    ) -> (String, [UInt8]) {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: return ("8bit", bytes)
        case 1 where isText && !bytes.contains(0x09): return ("quoted-printable", QuotedPrintable.encode(text: bytes))
        default:
            let width = Int.random(in: 1...100, using: &random)
            let encoded = Array(Base64.encode(bytes).utf8)
            let rows = stride(from: 0, to: encoded.count, by: width).map {
                encoded[$0..<min($0 + width, encoded.count)]
            }
            return ("BASE64", Array(rows.joined(separator: Array("\r\n".utf8))))
        }
    }

    private mutating func wrap(
        _ subtype: String, _ parts: [[UInt8]], using random: inout some RandomNumberGenerator
    ) -> [UInt8] {
        boundaries += 1
        let boundary = "=_b\(boundaries)_\(UInt64.random(in: 0 ... .max, using: &random))"
        let preamble = Bool.random(using: &random) ? "preamble\n" : ""
        let epilogue = Bool.random(using: &random) ? "epilogue\n" : ""
        let head = "Content-Type: multipart/\(subtype); boundary=\"\(boundary)\"\n\n\(preamble)".wire
        return head + parts.flatMap { "--\(boundary)\n".wire + $0 + "\n".wire }
            + "--\(boundary)--\n\(epilogue)".wire
    }
}
