// Reads the tree of parts (RFC 2046 §5.1) from a message that comes piece by piece: of a part only its header is kept,
// and where its bytes are.

/// Reading never fails; what is no proper multipart is a leaf.
package struct PartScanner: Sendable {
    /// How much is looked at before the rest is taken for a leaf: a hostile message costs no more than this.
    package struct Budget: Sendable {
        package var depth: Int
        package var parts: Int
        /// Octets of all headers together.
        package var headers: Int

        package init(depth: Int = 16, parts: Int = 1000, headers: Int = 1 << 20) {
            self.depth = depth
            self.parts = parts
            self.headers = headers
        }
    }

    /// A line above this is none of a boundary (RFC 2046 §5.1.1: 70 characters and blanks).
    private static let longestBoundary = 1000

    private var budget: Budget
    /// From the message down to the part that lines belong to now.
    private var open: [OpenPart]
    /// Of the line under way: the beginning.
    private var line: [UInt8] = []
    /// The line under way is too long to be kept.
    private var isSkipping = false
    private var lastByte: UInt8 = 0
    private var lineStart = 0
    private var offset = 0
    /// Octets of the line end before `lineStart`, which belong to a boundary there.
    private var lastBreak = 0
    /// False where the budget did not suffice, so that there may be parts that were not seen.
    package private(set) var sawAll = true

    package init(budget: Budget = Budget()) {
        self.budget = budget
        open = [OpenPart(start: 0)]
    }

    package mutating func append(_ piece: [UInt8]) { append(piece[...]) }

    package mutating func append(_ piece: ArraySlice<UInt8>) {
        var start = piece.startIndex
        while start < piece.endIndex {
            let end = Self.endOfLine(in: piece, from: start)
            take(piece[start..<end])
            start = end
        }
    }

    private static func endOfLine(in piece: ArraySlice<UInt8>, from start: Int) -> Int {
        piece.withUnsafeBufferPointer { bytes in
            var index = start - piece.startIndex
            while index < bytes.count {
                index += 1
                if bytes[index - 1] == ASCII.lineFeed { break }
            }
            return piece.startIndex + index
        }
    }

    /// The message ends here.
    package mutating func finish() -> PartStructure {
        if offset > lineStart { endLine(break: 0) }
        while open.count > 1 { close(at: offset) }
        return open[0].closed(at: offset)
    }

    // MARK: Lines

    /// - Parameter bytes: not empty; of one line.
    private mutating func take(_ bytes: ArraySlice<UInt8>) {
        let beforeLast = bytes.count > 1 ? bytes[bytes.endIndex - 2] : lastByte
        lastByte = bytes[bytes.endIndex - 1]
        offset += bytes.count
        if !isSkipping {
            line += bytes
            isSkipping = line.count > (isInHeader ? budget.headers : Self.longestBoundary)
        }
        if lastByte == ASCII.lineFeed { endLine(break: beforeLast == ASCII.carriageReturn ? 2 : 1) }
    }

    private var isInHeader: Bool { open[open.count - 1].body == nil }

    private mutating func endLine(break length: Int) {
        if isSkipping {
            if isInHeader { beginBody(isWhole: false) }
        } else if !takeBoundary(), isInHeader {
            takeHeaderLine()
        }
        line.removeAll(keepingCapacity: true)
        (isSkipping, lineStart, lastBreak) = (false, offset, length)
    }

    /// False where the line is no boundary of a part that is open. The outermost decides.
    private mutating func takeBoundary() -> Bool {
        guard line.count > 2, line[0] == UInt8(ascii: "-"), line[1] == UInt8(ascii: "-") else { return false }
        for level in open.indices {
            guard let delimiter = open[level].delimiter, let isLast = Self.match(line, delimiter) else { continue }
            while open.count > level + 1 { close(at: lineStart - lastBreak) }
            if isLast {
                open[level].delimiter = nil
            } else if budget.parts > 0 {
                budget.parts -= 1
                open.append(OpenPart(start: offset))
            } else {
                sawAll = false
            }
            return true
        }
        return false
    }

    /// `nil` where the line is no boundary; true for the closing one.
    private static func match(_ line: [UInt8], _ delimiter: [UInt8]) -> Bool? {
        guard line.starts(with: delimiter) else { return nil }
        let rest = line.dropFirst(delimiter.count)
        if rest.allSatisfy({ $0.isBlank || $0.isLineBreak }) { return false }
        let isLast = rest.starts(with: "--".utf8) && rest.dropFirst(2).allSatisfy { $0.isBlank || $0.isLineBreak }
        return isLast ? true : nil
    }

    private mutating func takeHeaderLine() {
        open[open.count - 1].header += line
        budget.headers -= line.count
        if open[open.count - 1].endsHeader(with: line) { beginBody(isWhole: true) }
    }

    private mutating func beginBody(isWhole: Bool) {
        let level = open.count - 1
        open[level].beginBody(mayHaveParts: level < budget.depth)
        let isUnderstood = open[level].delimiter != nil || open[level].contentType.boundary == nil
        sawAll = sawAll && isWhole && isUnderstood
    }

    private mutating func close(at end: Int) {
        let part = open.removeLast().closed(at: end)
        open[open.count - 1].parts.append(part)
    }
}

/// A part whose end has not come yet.
private struct OpenPart: Sendable {
    let start: Int
    var header: [UInt8] = []
    /// Where it begins; `nil` while the header comes.
    var body: Int?
    var contentType = ContentType(parsing: [])
    /// What its parts begin with; `nil` in a leaf, and behind the closing boundary.
    var delimiter: [UInt8]?
    var parts: [PartStructure] = []

    init(start: Int) { self.start = start }

    /// - Parameter line: the last one of `header`.
    func endsHeader(with line: [UInt8]) -> Bool {
        if line == ASCII.lineEnd || line == [ASCII.lineFeed] { return true }
        // Without a field in its first line there is no header.
        return header.count == line.count && HeaderBlock(parsing: line).fields.isEmpty
    }

    mutating func beginBody(mayHaveParts: Bool) {
        let block = HeaderBlock(parsing: header)
        body = start + block.bodyOffset
        contentType = ContentType(of: block)
        delimiter = mayHaveParts ? contentType.boundary.map { Array("--\($0)".utf8) } : nil
    }

    func closed(at end: Int) -> PartStructure {
        let end = max(start, end)
        let block = HeaderBlock(parsing: header.prefix(end - start))
        let begin = min(body ?? start + block.bodyOffset, end)
        return PartStructure(header: block, bodyRange: begin..<end, parts: parts)
    }
}
