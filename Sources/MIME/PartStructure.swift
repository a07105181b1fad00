// The tree of parts of a message (RFC 2046 §5.1), as ranges of its bytes.

/// A part: the message itself, or one inside a multipart. Reading never fails; what is no proper multipart is a leaf.
package struct PartStructure: Sendable {
    /// How much is looked at before the rest is taken for a leaf: a hostile message costs no more than this.
    package struct Budget: Sendable {
        package var depth: Int
        package var parts: Int

        package init(depth: Int = 16, parts: Int = 1000) {
            self.depth = depth
            self.parts = parts
        }
    }

    package let header: HeaderBlock
    package let contentType: ContentType
    /// In lower case; `7bit` where nothing is said.
    package let transferEncoding: String
    /// Offsets in the bytes given; the line end before a boundary belongs to the boundary.
    package let bodyRange: Range<Int>
    package let parts: [PartStructure]

    package init(parsing bytes: [UInt8], budget: Budget = Budget()) {
        var partsLeft = budget.parts
        self.init(bytes, bytes.indices, depth: budget.depth, partsLeft: &partsLeft)
    }

    private init(_ bytes: [UInt8], _ range: Range<Int>, depth: Int, partsLeft: inout Int) {
        header = HeaderBlock(parsing: bytes[range])
        contentType = ContentType(of: header)
        let encoding = header.first(named: "Content-Transfer-Encoding")?.unfolded ?? Array("7bit".utf8)
        transferEncoding = HeaderParameters(parsing: encoding).value
        bodyRange = (range.lowerBound + header.bodyOffset)..<range.upperBound
        guard depth > 0, let boundary = contentType.boundary else {
            parts = []
            return
        }
        var parts: [PartStructure] = []
        for inner in BoundaryScan(boundary).parts(of: bytes[bodyRange], atMost: partsLeft) {
            guard partsLeft > 0 else { break }
            partsLeft -= 1
            parts.append(PartStructure(bytes, inner, depth: depth - 1, partsLeft: &partsLeft))
        }
        self.parts = parts
    }

    /// This part and all below it, in the order they stand in.
    package var all: [PartStructure] { [self] + parts.flatMap(\.all) }

    /// The name of an attachment: `filename`, else `name`.
    package var fileName: String? {
        let disposition = HeaderParameters(parsing: header.first(named: "Content-Disposition")?.unfolded ?? [])
        return disposition.parameters["filename"] ?? contentType.parameters["name"]
    }

    package var isAttachment: Bool {
        let disposition = HeaderParameters(parsing: header.first(named: "Content-Disposition")?.unfolded ?? [])
        return disposition.value == "attachment"
    }
}
