// Finds the parts between boundary lines (RFC 2046 §5.1.1).

struct BoundaryScan {
    private let delimiter: [UInt8]

    init(_ boundary: String) { delimiter = Array("--\(boundary)".utf8) }

    /// Ranges of the parts; preamble and epilogue are left out, and a missing closing boundary is forgiven.
    func parts(of body: ArraySlice<UInt8>, atMost limit: Int) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var open: Int?
        var index = body.startIndex
        while index < body.endIndex, parts.count < limit {
            let end = body[index...].firstIndex(of: ASCII.lineFeed).map { $0 + 1 } ?? body.endIndex
            if let isLast = match(body[index..<end]) {
                if let open { parts.append(open..<max(open, contentEnd(body, before: index))) }
                open = isLast ? nil : end
                if isLast { break }
            }
            index = end
        }
        if let open, parts.count < limit { parts.append(open..<body.endIndex) }
        return parts
    }

    /// `nil` where the line is no boundary; true for the closing one.
    private func match(_ line: ArraySlice<UInt8>) -> Bool? {
        guard line.starts(with: delimiter) else { return nil }
        let rest = line.dropFirst(delimiter.count)
        if rest.allSatisfy({ $0.isBlank || $0.isLineBreak }) { return false }
        let isLast = rest.starts(with: "--".utf8) && rest.dropFirst(2).allSatisfy { $0.isBlank || $0.isLineBreak }
        return isLast ? true : nil
    }

    private func contentEnd(_ body: ArraySlice<UInt8>, before boundary: Int) -> Int {
        guard boundary > body.startIndex, body[boundary - 1] == ASCII.lineFeed else { return boundary }
        let hasReturn = boundary - 1 > body.startIndex && body[boundary - 2] == ASCII.carriageReturn
        return boundary - (hasReturn ? 2 : 1)
    }
}
