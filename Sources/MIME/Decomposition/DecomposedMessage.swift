// A message taken apart into what Graph's message resource can hold ("message resource type", "fileAttachment resource
// type"): header properties, one text, attachments. The bytes stay where they are: parts are ranges of the message.

/// Pure: the same header and parts give the same value.
package struct DecomposedMessage: Sendable {
    /// Exchange Online's limit of file attachments in a message ("Exchange Online limits": message limits).
    package static let mostAttachments = 250
    /// Octets ("attachment: createUploadSession").
    package static let largestAttachment = 150_000_000
    /// Octets of text, so that a draft with it fits a request of 4 MB even where it must be escaped here and there.
    package static let largestText = 2_000_000

    /// Bytes of the message, and how they are encoded.
    package struct Content: Hashable, Sendable {
        package var range: Range<Int>
        package var encoding: TransferEncoding
    }

    package struct Text: Hashable, Sendable {
        package var isHTML: Bool
        package var content: Content
        package var charset: Charset
    }

    package struct Attachment: Hashable, Sendable {
        package var name: String
        /// `application/pdf`
        package var type: String
        package var content: Content
        /// Shown in the text, which names it by `contentID`.
        package var isInline: Bool
        /// Without angle brackets.
        package var contentID: String?
    }

    package let header: DecomposedHeader
    /// `nil` where there are attachments alone.
    package let text: Text?
    package let attachments: [Attachment]

    /// - Parameters:
    ///   - header: as `HeaderEditor` wrote it for a carrier that has no envelope.
    ///   - parts: of the message as it is stored.
    ///   - sawAll: of the scanner that read them.
    package init(
        header: HeaderBlock, parts: PartStructure, sawAll: Bool = true
    ) throws(Indecomposable) {
        guard sawAll else { throw .tooComplex }
        self.header = try DecomposedHeader(header)
        var sorter = PartSorter()
        try sorter.take(parts, in: .body)
        guard sorter.attachments.count <= Self.mostAttachments else {
            throw .tooManyAttachments(sorter.attachments.count)
        }
        (text, attachments) = (sorter.text, sorter.attachments)
    }
}

extension DecomposedMessage.Text {
    /// - Parameter bytes: the content with its transfer encoding taken away.
    package func decode(_ bytes: [UInt8]) throws(Indecomposable) -> String {
        guard bytes.count <= DecomposedMessage.largestText else { throw .textTooLarge(bytes.count) }
        let text = charset.decode(bytes)
        // Clear-signed and armoured text (RFC 4880 §6.2, §7) stands and falls with its very bytes.
        if text.utf8.contains(UInt8(ascii: "-")) {
            if text.contains("-----BEGIN PGP MESSAGE-----") { throw .encrypted }
            if text.contains("-----BEGIN PGP SIGNED MESSAGE-----") { throw .signed }
        }
        return text
    }
}
