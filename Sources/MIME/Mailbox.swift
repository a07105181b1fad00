// One element of an address list: `Name <local@domain>`, `local@domain (Name)` and their obsolete relatives
// (RFC 5322 §3.4, §3.4.1, §4.4).

import MailModel

/// `nil` for tokens in which no single mailbox can be found for certain.
struct Mailbox {
    let named: NamedAddress
    /// False for a form outside the grammar that other readers may take differently.
    let isWellFormed: Bool

    init?(_ tokens: [HeaderToken]) {
        let comment = tokens.last { $0.kind == .comment }
        let tokens = tokens.filter { $0.kind != .comment }
        guard !tokens.contains(where: { $0.kind == .broken }) else { return nil }
        let found = tokens.contains { $0.isSpecial("<") } ? Self.inAngles(tokens) : Self.bare(tokens)
        guard let found else { return nil }
        let name = found.phrase.isEmpty ? comment.map { EncodedWord.decode($0.text) } : Self.text(of: found.phrase)
        named = NamedAddress(displayName: name.flatMap { $0.isEmpty ? nil : $0 }, address: found.address)
        isWellFormed = found.isWellFormed
    }

    private typealias Finding = (phrase: ArraySlice<HeaderToken>, address: Address, isWellFormed: Bool)

    /// An unquoted `@` in the name is against the grammar, but so common that readers agree on it.
    private static func inAngles(_ tokens: [HeaderToken]) -> Finding? {
        guard let open = tokens.firstIndex(where: { $0.isSpecial("<") }) else { return nil }
        let close = tokens.firstIndex { $0.isSpecial(">") } ?? tokens.endIndex
        let rest = tokens[close...].dropFirst()
        guard open < close, !tokens[(open + 1)...].contains(where: { $0.isSpecial("<") }),
            !rest.contains(where: { $0.isSpecial("@") || $0.isSpecial(">") }),
            let inside = withoutRoute(tokens[(open + 1)..<close]),
            let found = bare(Array(inside)), found.phrase.isEmpty
        else { return nil }
        let phrase = tokens[..<open]
        let isWellFormed =
            close < tokens.endIndex && rest.isEmpty && phrase.allSatisfy { $0.isWord || $0.isSpecial("@") }
        return (phrase, found.address, isWellFormed)
    }

    private static func withoutRoute(_ tokens: ArraySlice<HeaderToken>) -> ArraySlice<HeaderToken>? {
        guard tokens.first?.isSpecial("@") == true else { return tokens }
        return tokens.firstIndex { $0.isSpecial(":") }.map { tokens[($0 + 1)...] }
    }

    /// `local@domain`, with blanks around dots and `@` (RFC 5322 §4.4), and leniently with a name in front.
    private static func bare(_ tokens: [HeaderToken]) -> Finding? {
        let specials = tokens.indices.filter { !tokens[$0].isWord && tokens[$0].kind != .domainLiteral }
        guard specials.count == 1, let at = specials.first, tokens[at].isSpecial("@"), at > 0 else { return nil }
        let localStart = startOfRun(tokens[..<at])
        let local = tokens[localStart..<at]
        let domain = tokens[(at + 1)...]
        guard local.allSatisfy(\.isWord), isLoose(tokens[..<localStart], before: tokens[localStart]),
            let domainText = text(ofDomain: domain),
            let address = try? Address(parsing: text(ofLocalPart: local) + "@" + domainText)
        else { return nil }
        return (tokens[..<localStart], address, localStart == 0)
    }

    /// The words at the end that dots hold together.
    private static func startOfRun(_ tokens: ArraySlice<HeaderToken>) -> Int {
        var start = tokens.endIndex - 1
        while start > tokens.startIndex, areJoined(tokens[start - 1], tokens[start]) { start -= 1 }
        return start
    }

    private static func areJoined(_ left: HeaderToken, _ right: HeaderToken) -> Bool {
        let dot = UInt8(ascii: ".")
        return left.kind == .atom && left.text.last == dot || right.kind == .atom && right.text.first == dot
    }

    /// A name must be set apart by a blank: `"a"b@c` is nobody.
    private static func isLoose(_ phrase: ArraySlice<HeaderToken>, before token: HeaderToken) -> Bool {
        guard let last = phrase.last else { return true }
        return last.range.upperBound < token.range.lowerBound && phrase.allSatisfy(\.isWord)
    }

    private static func text(ofDomain tokens: ArraySlice<HeaderToken>) -> String? {
        guard let first = tokens.first else { return nil }
        if first.kind == .domainLiteral {
            return tokens.count == 1 ? String(validating: first.text, as: UTF8.self) : nil
        }
        guard tokens.allSatisfy({ $0.kind == .atom }), startOfRun(tokens) == tokens.startIndex else { return nil }
        return String(validating: tokens.flatMap(\.text), as: UTF8.self)
    }

    private static func text(ofLocalPart tokens: ArraySlice<HeaderToken>) -> String {
        let bytes = tokens.flatMap(\.text)
        let isPlain = tokens.allSatisfy { $0.kind == .atom }
        return isPlain ? String(decoding: bytes, as: UTF8.self) : QuotedString.encode(bytes)
    }

    private static func text(of phrase: ArraySlice<HeaderToken>) -> String {
        var bytes: [UInt8] = []
        var end: Int?
        for token in phrase {
            if let end, end < token.range.lowerBound { bytes.append(ASCII.space) }
            bytes += token.text
            end = token.range.upperBound
        }
        return EncodedWord.decode(bytes)
    }
}

/// `"…"` with escapes (RFC 5322 §3.2.4).
enum QuotedString {
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var quoted = [ASCII.quote]
        for byte in bytes {
            if byte == ASCII.quote || byte == ASCII.backslash { quoted.append(ASCII.backslash) }
            quoted.append(byte)
        }
        quoted.append(ASCII.quote)
        return String(decoding: quoted, as: UTF8.self)
    }
}
