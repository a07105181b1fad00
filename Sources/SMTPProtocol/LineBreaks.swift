/// The octets that framing turns on.
enum Octet {
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let dot = UInt8(ascii: ".")
    static let space = UInt8(ascii: " ")
    static let crlf: [UInt8] = [carriageReturn, lineFeed]
}

extension UnsafeRawBufferPointer {
    /// The position of the first CR or LF at or behind `start`; `count` where there is none.
    ///
    /// Eight octets a step while none of them is below 0x0E: content is mostly text, and this is the loop all of it passes through.
    func firstLineBreak(from start: Int) -> Int {
        var index = start
        while index + 8 <= count {
            let word = loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if Self.hasControl(word), let found = lineBreak(in: index..<index + 8) { return found }
            index += 8
        }
        return lineBreak(in: index..<count) ?? count
    }

    /// True where an octet of the word is below 0x0E: such an octet borrows from its high bit, others do not set it. A
    /// borrow may spill into the neighbour above, which costs a second look and nothing else.
    private static func hasControl(_ word: UInt64) -> Bool {
        (word &- 0x0E0E_0E0E_0E0E_0E0E) & ~word & 0x8080_8080_8080_8080 != 0
    }

    private func lineBreak(in range: Range<Int>) -> Int? {
        range.first { self[$0] == Octet.carriageReturn || self[$0] == Octet.lineFeed }
    }
}

/// Calls `body` with the octets in one piece, copying only where the collection cannot show them so.
func withBytes<Result>(of bytes: some Collection<UInt8>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    bytes.withContiguousStorageIfAvailable { body(UnsafeRawBufferPointer($0)) }
        ?? Array(bytes).withUnsafeBytes(body)
}
