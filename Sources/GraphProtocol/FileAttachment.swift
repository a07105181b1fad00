// An attachment of a draft ("fileAttachment resource type", "attachmentItem resource type").

import MailModel

/// What is said of a file beside its bytes.
package struct FileAttachment: Hashable, Sendable {
    /// From here on, in octets, it goes by an upload session, and only from here on ("attachment: createUploadSession").
    package static let smallestUpload = 3_000_000
    /// From here on one request, in base 64 and with what stands around it, may be too small already.
    package static let doubtful = 2_900_000
    /// What a session for less than Microsoft wants it for is refused with.
    package static let tooSmallForSession = "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"

    package var name: String
    package var type: String
    /// In octets.
    package var size: Int
    package var isInline: Bool
    /// Without angle brackets.
    package var contentID: String?

    package init(name: String, type: String, size: Int, isInline: Bool = false, contentID: String? = nil) {
        self.name = name
        self.type = type
        self.size = size
        self.isInline = isInline
        self.contentID = contentID
    }

    package var needsSession: Bool { size >= Self.smallestUpload }

    /// With its bytes, for `attachments`.
    package func json(content: [UInt8]) -> [UInt8] {
        let members = [("@odata.type", "\"#microsoft.graph.fileAttachment\"")] + common
        // Base 64 needs no escapes, and is most of it.
        let head = MessageResource.object(members).dropLast() + ",\"contentBytes\":\""
        var bytes = Array(head.utf8)
        bytes.reserveCapacity(bytes.count + Base64.encodedLength(of: content.count) + 2)
        var encoder = Base64.Encoder()
        encoder.append(content, to: &bytes)
        encoder.finish(into: &bytes)
        return bytes + Array("\"}".utf8)
    }

    /// Without, for `createUploadSession`.
    package var sessionJSON: [UInt8] {
        let item = MessageResource.object([("attachmentType", "\"file\""), ("size", String(size))] + common)
        return Array(MessageResource.object([("AttachmentItem", item)]).utf8)
    }

    private var common: [(String, String)] {
        [("name", JSONValue.quote(name)), ("contentType", JSONValue.quote(type)), ("isInline", String(isInline))]
            + (contentID.map { [("contentId", JSONValue.quote($0))] } ?? [])
    }
}
