// Non-ASCII text in headers, `=?utf-8?Q?J=C3=BCrgen?=`: the reader (RFC 2047 §2, §4, §6.2; RFC 2231 §5 for the language).

import MailModel

/// One encoded word found in header text.
package struct EncodedWord {
    private let charset: Charset
    private let bytes: [UInt8]
    private let end: Int

    /// Decodes all encoded words; blanks between adjacent ones vanish, so that a text may be cut anywhere. What cannot be
    /// decoded, and words in an unknown character set, stay as they are.
    package static func decode(_ text: some Collection<UInt8>) -> String {
        let text = Array(text)
        var joiner = Joiner()
        var index = 0
        var plainStart = 0
        while index + 1 < text.count {
            if let word = EncodedWord(in: text, at: index) {
                joiner.append(plain: text[plainStart..<index], before: word)
                joiner.append(word)
                index = word.end
                plainStart = index
            } else {
                index += 1
            }
        }
        joiner.append(plain: text[plainStart...], before: nil)
        return joiner.result
    }

    package static func decode(_ text: String) -> String { decode(Array(text.utf8)) }

    private init?(in text: [UInt8], at start: Int) {
        guard text[start] == UInt8(ascii: "="), text[start + 1] == UInt8(ascii: "?") else { return nil }
        var rest = text[(start + 2)...]
        guard let name = Self.takePiece(of: &rest, atMost: 60), let encoding = Self.takePiece(of: &rest, atMost: 1),
            let content = Self.takePiece(of: &rest, atMost: .max), rest.first == UInt8(ascii: "="),
            let charset = Charset(String(decoding: name.prefix { $0 != UInt8(ascii: "*") }, as: UTF8.self)),
            let bytes = Self.decode(content, encoding: encoding.first)
        else { return nil }
        self.charset = charset
        self.bytes = bytes
        end = rest.startIndex + 1
    }

    /// What stands before the next question mark. Bounded, so that a header full of beginnings is still read in one go.
    private static func takePiece(of rest: inout ArraySlice<UInt8>, atMost limit: Int) -> ArraySlice<UInt8>? {
        let piece = rest.prefix(limit).prefix { $0 != UInt8(ascii: "?") && !$0.isBlank }
        guard piece.endIndex < rest.endIndex, rest[piece.endIndex] == UInt8(ascii: "?") else { return nil }
        rest = rest[(piece.endIndex + 1)...]
        return piece
    }

    private static func decode(_ text: ArraySlice<UInt8>, encoding: UInt8?) -> [UInt8]? {
        switch encoding?.lowercased {
        case UInt8(ascii: "b"): Base64.decode(Self.padded(text))
        case UInt8(ascii: "q"): QuotedPrintable.decode(text.map { $0 == UInt8(ascii: "_") ? ASCII.space : $0 })
        default: nil
        }
    }

    /// Many writers leave the padding out.
    private static func padded(_ text: ArraySlice<UInt8>) -> [UInt8] {
        text + Array(repeating: UInt8(ascii: "="), count: (4 - text.count % 4) % 4)
    }

    /// Words in the same character set are joined before they are decoded: some writers cut characters in two.
    private struct Joiner {
        var result = ""
        private var charset: Charset?
        private var pending: [UInt8] = []

        mutating func append(plain: ArraySlice<UInt8>, before word: EncodedWord?) {
            if charset != nil, word != nil, plain.allSatisfy(\.isBlank) { return }
            flush()
            result += Charset.decodeLeniently(plain)
        }

        mutating func append(_ word: EncodedWord) {
            if charset != word.charset { flush() }
            charset = word.charset
            pending += word.bytes
        }

        private mutating func flush() {
            if let charset { result += charset.decode(pending) }
            charset = nil
            pending = []
        }
    }
}
