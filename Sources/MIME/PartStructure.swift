// The tree of parts of a message (RFC 2046 §5.1), as ranges of its bytes.

/// A part: the message itself, or one inside a multipart.
package struct PartStructure: Sendable {
    package let header: HeaderBlock
    package let contentType: ContentType
    /// In lower case; `7bit` where nothing is said.
    package let transferEncoding: String
    /// Offsets in the message; the line end before a boundary belongs to the boundary.
    package let bodyRange: Range<Int>
    package let parts: [PartStructure]

    /// Of a message that is in memory; `PartScanner` reads others.
    package init(parsing bytes: [UInt8], budget: PartScanner.Budget = .init()) {
        var scanner = PartScanner(budget: budget)
        scanner.append(bytes)
        self = scanner.finish()
    }

    init(header: HeaderBlock, bodyRange: Range<Int>, parts: [PartStructure]) {
        self.header = header
        contentType = ContentType(of: header)
        let encoding = header.first(named: "Content-Transfer-Encoding")?.unfolded ?? Array("7bit".utf8)
        transferEncoding = HeaderParameters(parsing: encoding).value
        self.bodyRange = bodyRange
        self.parts = parts
    }

    /// This part and all below it, in the order they stand in.
    package var all: [PartStructure] { [self] + parts.flatMap(\.all) }

    /// The name of an attachment: `filename`, else `name`.
    package var fileName: String? { disposition.parameters["filename"] ?? contentType.parameters["name"] }

    package var isAttachment: Bool { disposition.value == "attachment" }

    /// Without its angle brackets (RFC 2392); `nil` where there is none.
    package var contentID: String? {
        let value = header.first(named: "Content-ID")?.value ?? ""
        let id = String(
            decoding: value.utf8.filter { $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }, as: UTF8.self)
        return id.isEmpty ? nil : id
    }

    var disposition: HeaderParameters {
        HeaderParameters(parsing: header.first(named: "Content-Disposition")?.unfolded ?? [])
    }
}
