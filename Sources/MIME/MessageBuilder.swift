// Builds a message (RFC 5322, RFC 2045, RFC 2046 §5.1): text and HTML as alternatives, attachments behind them.

package import MailModel

/// A message to be written. All text may be any Unicode; encoding is the builder's business, and no value can start a
/// header field of its own.
package struct MessageBuilder: Sendable {
    package var from: NamedAddress
    package var to: [NamedAddress]
    package var cc: [NamedAddress] = []
    package var replyTo: [NamedAddress] = []
    package var subject: String
    package var text: String?
    package var html: String?
    package var attachments: [Attachment] = []
    package var date: Timestamp
    /// With its angle brackets.
    package var messageID: String
    package var extraFields: [ExtraField] = []

    package init(
        from: NamedAddress, to: [NamedAddress], subject: String, text: String? = nil, html: String? = nil,
        date: Timestamp, messageID: String
    ) {
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
        self.html = html
        self.date = date
        self.messageID = messageID
    }

    /// The whole message with CRLF line ends, ASCII alone unless an address needs UTF-8. Blind copies are the envelope's
    /// business and are not written.
    package func build(using random: inout some RandomNumberGenerator) -> [UInt8] {
        let content = content(using: &random)
        var bytes = AddressListWriter.field("From", [from])
        for (name, list) in [("To", to), ("Cc", cc), ("Reply-To", replyTo)] where !list.isEmpty {
            bytes += AddressListWriter.field(name, list)
        }
        bytes += FieldWriter.unstructured("Subject", subject)
        bytes += FieldWriter.unstructured("Date", MailDate.format(date))
        bytes += FieldWriter.unstructured("Message-ID", messageID)
        for field in extraFields { bytes += FieldWriter.unstructured(field.name, field.value) }
        return bytes + Array("MIME-Version: 1.0\r\n".utf8) + content
    }

    /// The body as a part: its own fields, the empty line, its content.
    private func content(using random: inout some RandomNumberGenerator) -> [UInt8] {
        let body = bodyPart(using: &random)
        guard !attachments.isEmpty else { return body }
        return Part.multipart("mixed", [body] + attachments.map(Part.attachment), using: &random)
    }

    private func bodyPart(using random: inout some RandomNumberGenerator) -> [UInt8] {
        switch (text, html) {
        case (let text, nil): Part.text(text ?? "", subtype: "plain")
        case (nil, let html?): Part.text(html, subtype: "html")
        case (let text?, let html?):
            Part.multipart(
                "alternative", [Part.text(text, subtype: "plain"), Part.text(html, subtype: "html")], using: &random)
        }
    }
}

extension MessageBuilder {
    package struct Attachment: Hashable, Sendable {
        /// Shown to the reader; a path is not cut off.
        package var name: String
        /// `application/pdf`; anything that is no media type becomes `application/octet-stream`.
        package var type: String
        package var bytes: [UInt8]

        package init(name: String, type: String, bytes: [UInt8]) {
            self.name = name
            self.type = type
            self.bytes = bytes
        }
    }

    package struct ExtraField: Hashable, Sendable {
        package let name: String
        package let value: String

        /// `nil` where the name is no field name (RFC 5322 §3.6.8) or longer than 70 characters.
        package init?(name: String, value: String) {
            guard 1...70 ~= name.utf8.count, name.utf8.allSatisfy(\.isFieldNameText) else { return nil }
            self.name = name
            self.value = value
        }
    }
}

/// Parts as bytes, each with its own fields in front.
private enum Part {
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

    static func multipart(_ subtype: String, _ parts: [[UInt8]], using random: inout some RandomNumberGenerator)
        -> [UInt8]
    {
        let boundary = boundary(using: &random)
        var bytes = Array("Content-Type: multipart/\(subtype); boundary=\"\(boundary)\"\r\n\r\n".utf8)
        for part in parts {
            bytes += Array("--\(boundary)\r\n".utf8)
            bytes += part
            bytes += ASCII.lineEnd
        }
        return bytes + Array("--\(boundary)--\r\n".utf8)
    }

    /// Starts with `=_`, which occurs in neither of the two encodings used (RFC 2045 §6.7, note 5).
    private static func boundary(using random: inout some RandomNumberGenerator) -> String {
        let alphabet = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
        let symbols = (0..<24).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
        return "=_" + String(decoding: symbols, as: UTF8.self)
    }
}
