// Cuts a structured field body into tokens (RFC 5322 §3.2; RFC 2045 §5.1 uses the same with other specials).

struct HeaderToken {
    enum Kind: Hashable {
        /// A run without specials and blanks; dots and 8-bit characters (RFC 6532) included.
        case atom
        case quotedString
        case comment
        /// `[192.0.2.1]`, with its brackets.
        case domainLiteral
        case special(UInt8)
        /// A quoted string, comment or literal without an end, or a character that may not stand here.
        case broken
    }

    let kind: Kind
    /// Without quotes, parentheses and escapes.
    let text: [UInt8]
    /// Where it stands, blanks around it left out.
    let range: Range<Int>

    func isSpecial(_ character: Unicode.Scalar) -> Bool { kind == .special(UInt8(ascii: character)) }
    var isWord: Bool { kind == .atom || kind == .quotedString }
}

struct HeaderLexer {
    private let bytes: [UInt8]
    private let specials: [UInt8]
    private var index = 0

    static func tokens(of bytes: [UInt8], specials: String) -> [HeaderToken] {
        var lexer = HeaderLexer(bytes: bytes, specials: Array(specials.utf8))
        var tokens: [HeaderToken] = []
        while let token = lexer.next() { tokens.append(token) }
        return tokens
    }

    private init(bytes: [UInt8], specials: [UInt8]) {
        self.bytes = bytes
        self.specials = specials
    }

    private mutating func next() -> HeaderToken? {
        while index < bytes.count, Self.isSpace(bytes[index]) { index += 1 }
        guard index < bytes.count else { return nil }
        let start = index
        index += 1
        switch bytes[start] {
        case ASCII.quote: return delimited(.quotedString, from: start, closing: ASCII.quote)
        case UInt8(ascii: "("): return delimited(.comment, from: start, closing: UInt8(ascii: ")"))
        case UInt8(ascii: "["): return delimited(.domainLiteral, from: start, closing: UInt8(ascii: "]"))
        case let byte where specials.contains(byte): return token(.special(byte), start, [byte])
        case let byte where Self.isStray(byte): return token(.broken, start, [byte])
        default: return atom(from: start)
        }
    }

    private mutating func atom(from start: Int) -> HeaderToken {
        while index < bytes.count, isAtomText(bytes[index]) { index += 1 }
        return token(.atom, start, Array(bytes[start..<index]))
    }

    private mutating func delimited(_ kind: HeaderToken.Kind, from start: Int, closing: UInt8) -> HeaderToken {
        var text: [UInt8] = kind == .domainLiteral ? [bytes[start]] : []
        var depth = 1
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == ASCII.backslash, index < bytes.count {
                text.append(bytes[index])
                index += 1
                continue
            }
            if kind == .comment, byte == UInt8(ascii: "(") { depth += 1 }
            if byte == closing { depth -= 1 }
            if depth == 0 { return token(kind, start, kind == .domainLiteral ? text + [byte] : text) }
            text.append(byte)
        }
        return token(.broken, start, Array(bytes[start...]))
    }

    private func token(_ kind: HeaderToken.Kind, _ start: Int, _ text: [UInt8]) -> HeaderToken {
        HeaderToken(kind: kind, text: text, range: start..<index)
    }

    private func isAtomText(_ byte: UInt8) -> Bool {
        !Self.isSpace(byte) && !Self.isStray(byte) && !specials.contains(byte) && !"\"([".utf8.contains(byte)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte.isBlank || byte.isLineBreak }

    /// Controls, and what only means something inside or at the end of something else.
    private static func isStray(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F || ")]\\".utf8.contains(byte) }
}
