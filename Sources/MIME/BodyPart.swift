// The parts that our own messages are made of (RFC 2045, RFC 2046 §5.1).

import MailModel

/// Parts as bytes, each with its own fields in front.
enum BodyPart {
    static func text(_ text: String, subtype: String) -> [UInt8] {
        let head = """
            Content-Type: text/\(subtype); charset=utf-8\r
            Content-Transfer-Encoding: quoted-printable\r
            \r

            """
        let body = QuotedPrintable.encode(text: text.utf8)
        let isTerminated = body.isEmpty || body.last == ASCII.lineFeed
        return Array(head.utf8) + body + (isTerminated ? [] : ASCII.lineEnd)
    }

    static func attachment(_ attachment: MessageBuilder.Attachment) -> [UInt8] {
        let names = attachment.type.split(separator: "/", omittingEmptySubsequences: false)
        let isType = names.count == 2 && names.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(\.isTokenText) }
        let type = isType && attachment.type.utf8.count <= 127 ? attachment.type : "application/octet-stream"
        return field("Content-Type", type, "name", attachment.name)
            + field("Content-Disposition", "attachment", "filename", attachment.name)
            + Array("Content-Transfer-Encoding: base64\r\n\r\n".utf8)
            + base64Lines(of: attachment.bytes)
    }

    private static func field(_ name: String, _ value: String, _ parameter: String, _ text: String) -> [UInt8] {
        var writer = FieldWriter(name: name)
        writer.append(value + ";")
        for piece in HeaderParameters.pieces(name: parameter, value: text) { writer.append(piece) }
        return writer.finish()
    }

    /// Lines of 76 characters (RFC 2045 §6.8).
    private static func base64Lines(of bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(Base64.encodedLength(of: bytes.count) * 78 / 76 + 2)
        for start in stride(from: 0, to: bytes.count, by: 57) {
            output += Base64.encode(bytes[start..<min(start + 57, bytes.count)]).utf8
            output += ASCII.lineEnd
        }
        return output
    }

    /// - Parameter parameters: of the content type, besides the boundary, each as written: `report-type=delivery-status`.
    static func multipart(
        _ subtype: String, _ parts: [[UInt8]], parameters: [String] = [],
        using random: inout some RandomNumberGenerator
    ) -> [UInt8] {
        let boundary = boundary(using: &random)
        var type = FieldWriter(name: "Content-Type")
        type.append("multipart/\(subtype);")
        for parameter in parameters { type.append("\(parameter);") }
        type.append("boundary=\"\(boundary)\"")
        var bytes = type.finish() + ASCII.lineEnd
        for part in parts {
            bytes += Array("--\(boundary)\r\n".utf8)
            bytes += part
            bytes += ASCII.lineEnd
        }
        return bytes + Array("--\(boundary)--\r\n".utf8)
    }

    /// Starts with `=_`, which occurs in neither of the two encodings used (RFC 2045 §6.7, note 5); elsewhere chance alone
    /// keeps it out.
    private static func boundary(using random: inout some RandomNumberGenerator) -> String {
        let alphabet = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
        let symbols = (0..<24).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
        return "=_" + String(decoding: symbols, as: UTF8.self)
    }
}
