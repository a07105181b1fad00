// Why a message cannot be taken apart for Graph's message resource.

/// What would be lost, and matters.
package enum Indecomposable: Error, Hashable, Sendable {
    /// A signature covers the bytes as they stand (RFC 1847, RFC 8551, RFC 4880).
    case signed
    case encrypted
    /// A media type that has no place in the resource, such as a report or an invitation.
    case type(String)
    /// The resource holds Unicode.
    case charset(String)
    case transferEncoding(String)
    /// A part is not what its transfer encoding promises.
    case damaged(part: String)
    /// Parts refer to each other by `Content-Location`.
    case location
    /// Nested too deep, or in too many parts.
    case tooComplex
    case tooManyAttachments(Int)
    /// In octets.
    case attachmentTooLarge(name: String, size: Int)
    /// In octets.
    case textTooLarge(Int)
    /// From names nobody, or more than one.
    case author

    /// Completes "It cannot go as a draft: ".
    package var text: String {
        switch self {
        case .signed: "it is signed, and the signature covers the bytes as they stand."
        case .encrypted: "it is encrypted, and can be read only from the bytes as they stand."
        case .type(let name): "a part of the type \(name) has no place in a draft."
        case .charset(let name): "its text is in the character set \(name), which cannot be read here."
        case .transferEncoding(let name): "a part has the transfer encoding \(name), which cannot be read here."
        case .damaged(let part): "the part \(part) is not what its transfer encoding promises."
        case .location: "its parts refer to each other by Content-Location."
        case .tooComplex: "its parts are too many, or nested too deep."
        case .tooManyAttachments(let count):
            "it has \(count) attachments; Exchange takes \(DecomposedMessage.mostAttachments)."
        case .attachmentTooLarge(let name, let size):
            "the attachment \(name) has \(size) octets; Graph takes \(DecomposedMessage.largestAttachment)."
        case .textTooLarge(let size): "its text has \(size) octets, more than one request carries."
        case .author: "its From field does not name one person."
        }
    }
}

extension Indecomposable {
    /// As far as the message's own header tells; `nil` where it depends on what is below.
    package init?(seenIn header: HeaderBlock) { self.init(ContentType(of: header), isAttachment: false) }

    /// For a part of that type, whatever is in it.
    init?(_ type: ContentType, isAttachment: Bool) {
        if type.isSigned {
            self = .signed
        } else if type.isEncrypted {
            self = .encrypted
        } else if !Self.hasPlace(type, isAttachment) {
            self = .type(type.name)
        } else {
            return nil
        }
    }

    private static func hasPlace(_ type: ContentType, _ isAttachment: Bool) -> Bool {
        switch type.type {
        case "multipart": ["mixed", "alternative", "related"].contains(type.subtype)
        case "message": type.subtype == "rfc822"
        case "text": type.subtype != "calendar" || isAttachment
        default: true
        }
    }
}
