// Non-ASCII text in headers: the writer (RFC 2047 §2, §4, §5 (3)). UTF-8 only.

import MailModel

extension EncodedWord {
    /// The text as encoded words of at most 75 characters each, to be set apart by folding or a blank. No character is cut.
    ///
    /// Only what is safe inside a display name stands for itself, so that the words fit any place in a header. Of the two
    /// encodings the shorter is taken.
    package static func encode(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        let asQ = bytes.reduce(0) { $0 + quoted($1).count }
        let usesQ = asQ <= Base64.encodedLength(of: bytes.count)
        return chunks(of: text, usesQ: usesQ).map { chunk in
            usesQ
                ? "=?utf-8?Q?\(String(decoding: chunk.flatMap(quoted), as: UTF8.self))?="
                : "=?utf-8?B?\(Base64.encode(chunk))?="
        }
    }

    /// 75 characters less the frame `=?utf-8?Q??=`.
    private static let capacity = 63

    private static func chunks(of text: String, usesQ: Bool) -> [[UInt8]] {
        var chunks: [[UInt8]] = []
        var current: [UInt8] = []
        var length = 0
        for scalar in text.unicodeScalars {
            let bytes = Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            let added = usesQ ? bytes.reduce(0) { $0 + quoted($1).count } : bytes.count
            let next = usesQ ? length + added : Base64.encodedLength(of: length + added)
            if next > capacity {
                chunks.append(current)
                (current, length) = ([], 0)
            }
            current += bytes
            length += added
        }
        return current.isEmpty ? chunks : chunks + [current]
    }

    private static func quoted(_ byte: UInt8) -> [UInt8] {
        if byte == ASCII.space { return [UInt8(ascii: "_")] }
        if byte.isLetter || byte.isDigit || "!*+-/".utf8.contains(byte) { return [byte] }
        return [UInt8(ascii: "=")] + [UInt8].hex(byte)
    }
}
