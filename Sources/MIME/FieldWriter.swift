// Writes header fields, folded (RFC 5322 §2.1.1, §2.2.3): lines of at most 78 characters wherever a blank allows it.

/// Collects one field from pieces that must not be cut.
struct FieldWriter {
    private var bytes: [UInt8]
    private var column: Int
    private var isFirst = true

    init(name: String) {
        bytes = Array(name.utf8) + [UInt8(ascii: ":")]
        column = bytes.count
    }

    /// Appends a piece behind a blank, on a new line where it would not fit on this one.
    mutating func append(_ piece: String) {
        let length = piece.utf8.count
        if !isFirst, column + 1 + length > 78 {
            bytes += ASCII.lineEnd
            column = 0
        }
        bytes.append(ASCII.space)
        bytes += piece.utf8
        column += 1 + length
        isFirst = false
    }

    /// The whole field with its line end.
    func finish() -> [UInt8] { bytes + ASCII.lineEnd }

    /// A field of plain words: `Subject` and most others (RFC 5322 §2.2.1). Text that is not plain ASCII becomes encoded
    /// words, line breaks included, so that no text can start a field of its own.
    static func unstructured(_ name: String, _ text: String) -> [UInt8] {
        var writer = FieldWriter(name: name)
        for piece in words(of: text) ?? EncodedWord.encode(text) { writer.append(piece) }
        return writer.finish()
    }

    /// `nil` where the text needs encoding. Blanks beyond the first stay with the word before them.
    private static func words(of text: String) -> [String]? {
        guard text.utf8.allSatisfy(\.isPrintable), !text.contains("=?"), text.utf8.first != ASCII.space else {
            return nil
        }
        var words: [String] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if word.isEmpty, !words.isEmpty { words[words.count - 1] += " " } else { words.append(String(word)) }
        }
        return words.allSatisfy { $0.utf8.count <= 900 } ? words : nil
    }
}
