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
        return BodyPart.multipart("mixed", [body] + attachments.map(BodyPart.attachment), using: &random)
    }

    private func bodyPart(using random: inout some RandomNumberGenerator) -> [UInt8] {
        switch (text, html) {
        case (let text, nil): BodyPart.text(text ?? "", subtype: "plain")
        case (nil, let html?): BodyPart.text(html, subtype: "html")
        case (let text?, let html?):
            BodyPart.multipart(
                "alternative", [BodyPart.text(text, subtype: "plain"), BodyPart.text(html, subtype: "html")],
                using: &random)
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
