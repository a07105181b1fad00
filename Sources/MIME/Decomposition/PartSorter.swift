// Which part is the text and which are attachments (RFC 2046 §5.1.3, §5.1.4; RFC 2387), for a reader that shows one text.

struct PartSorter {
    enum Place {
        case body
        /// Of a multipart/related, beside its root.
        case besideRoot
    }

    private(set) var text: DecomposedMessage.Text?
    private(set) var attachments: [DecomposedMessage.Attachment] = []

    mutating func take(_ part: PartStructure, in place: Place) throws(Indecomposable) {
        try Self.check(part)
        switch part.contentType.name {
        case "multipart/mixed": for child in part.parts { try take(child, in: place) }
        case "multipart/alternative": try takeBest(of: part, in: place)
        case "multipart/related": try takeRelated(part, in: place)
        default: try takeLeaf(part, in: place)
        }
    }

    /// What must not be taken apart, at whatever depth it stands.
    private static func check(_ part: PartStructure) throws(Indecomposable) {
        if let obstacle = Indecomposable(part.contentType, isAttachment: part.isAttachment) { throw obstacle }
        // Without its parts it is none.
        if part.contentType.type == "multipart", part.parts.isEmpty { throw .type(part.contentType.name) }
    }

    /// HTML, or what holds it, before plain text; Exchange writes the plain text that goes beside it.
    private mutating func takeBest(of part: PartStructure, in place: Place) throws(Indecomposable) {
        let rich = part.parts.last { $0.contentType.type == "multipart" || $0.contentType.name == "text/html" }
        let index = part.parts.firstIndex { $0.bodyRange == (rich ?? part.parts[part.parts.count - 1]).bodyRange }
        for (number, child) in part.parts.enumerated() {
            if number == index {
                try take(child, in: place)
            } else {
                try Self.check(child)
                guard child.contentType.type == "text", !child.isAttachment else {
                    throw .type("\(child.contentType.name) as an alternative")
                }
            }
        }
    }

    private mutating func takeRelated(_ part: PartStructure, in place: Place) throws(Indecomposable) {
        let start = part.contentType.parameters["start"].map { $0.filter { $0 != "<" && $0 != ">" } }
        let root = part.parts.firstIndex { start != nil && $0.contentID == start } ?? 0
        try take(part.parts[root], in: place)
        for (number, child) in part.parts.enumerated() where number != root {
            if child.contentID == nil, child.header.first(named: "Content-Location") != nil { throw .location }
            try take(child, in: .besideRoot)
        }
    }

    private mutating func takeLeaf(_ part: PartStructure, in place: Place) throws(Indecomposable) {
        guard let encoding = TransferEncoding(part.transferEncoding) else {
            throw .transferEncoding(part.transferEncoding)
        }
        let content = DecomposedMessage.Content(range: part.bodyRange, encoding: encoding)
        if place == .body, text == nil, part.isReadable {
            text = try Self.text(part, content)
        } else if !part.isReadable || !content.range.isEmpty {
            attachments.append(attachment(part, content, place))
        }
    }

    private static func text(
        _ part: PartStructure, _ content: DecomposedMessage.Content
    ) throws(Indecomposable) -> DecomposedMessage.Text {
        let name = part.contentType.parameters["charset"] ?? "us-ascii"
        guard let charset = Charset(name) else { throw .charset(name) }
        return DecomposedMessage.Text(
            isHTML: part.contentType.subtype == "html", content: content, charset: charset)
    }

    private func attachment(
        _ part: PartStructure, _ content: DecomposedMessage.Content, _ place: Place
    ) -> DecomposedMessage.Attachment {
        let id = part.contentID
        let isShown = place == .besideRoot || part.disposition.value == "inline"
        let name = part.fileName.flatMap { $0.isEmpty ? nil : $0 }
        return DecomposedMessage.Attachment(
            name: name ?? "attachment-\(attachments.count + 1)\(part.contentType.suffix)",
            type: part.contentType.name, content: content, isInline: isShown && id != nil, contentID: id)
    }
}

extension PartStructure {
    /// May be the message's text.
    fileprivate var isReadable: Bool {
        ["text/plain", "text/html"].contains(contentType.name) && !isAttachment && fileName == nil
    }
}

extension ContentType {
    /// For the name of a part that came without one.
    fileprivate var suffix: String {
        switch name {
        case "text/plain": ".txt"
        case "text/html": ".html"
        case "text/csv": ".csv"
        case "text/calendar": ".ics"
        case "message/rfc822": ".eml"
        case "image/jpeg": ".jpg"
        case "image/png", "image/gif", "application/pdf", "application/zip": ".\(subtype)"
        default: ""
        }
    }
}
