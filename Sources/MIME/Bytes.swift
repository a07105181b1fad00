// ASCII as RFC 5322 §2.2 and §3.2 divide it. Header text is handled as bytes: CR LF is one `Character` in Swift, and
// what arrives need not be valid UTF-8.

enum ASCII {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let lineEnd: [UInt8] = [carriageReturn, lineFeed]
}

extension UInt8 {
    /// WSP of RFC 5234.
    var isBlank: Bool { self == ASCII.space || self == ASCII.tab }
    var isLineBreak: Bool { self == ASCII.carriageReturn || self == ASCII.lineFeed }
    var isDigit: Bool { 0x30...0x39 ~= self }
    var isLetter: Bool { 0x41...0x5A ~= self || 0x61...0x7A ~= self }
    /// Visible characters and the blank.
    var isPrintable: Bool { 0x20...0x7E ~= self }
    /// `ftext`: what a field name is made of (RFC 5322 §3.6.8).
    var isFieldNameText: Bool { 0x21...0x7E ~= self && self != UInt8(ascii: ":") }
    /// `atext` of RFC 5322 §3.2.3, without the 8-bit characters of RFC 6532.
    var isAtomText: Bool { isLetter || isDigit || "!#$%&'*+-/=?^_`{|}~".utf8.contains(self) }
    /// `token` characters of RFC 2045 §5.1.
    var isTokenText: Bool { 0x21...0x7E ~= self && !"()<>@,;:\\\"/[]?=".utf8.contains(self) }
    var lowercased: UInt8 { 0x41...0x5A ~= self ? self | 0x20 : self }

    var hexDigitValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x37
        case 0x61...0x66: self - 0x57
        default: nil
        }
    }
}

extension BidirectionalCollection where Element == UInt8, SubSequence: BidirectionalCollection {
    /// Without the blanks and line breaks at both ends.
    func trimmed() -> SubSequence {
        let head = self.drop { $0.isBlank || $0.isLineBreak }
        guard let last = head.lastIndex(where: { !$0.isBlank && !$0.isLineBreak }) else { return head.prefix(0) }
        return head[...last]
    }
}

extension Sequence where Element == UInt8 {
    /// Compares without the case of ASCII letters.
    func equalsIgnoringCase(_ text: String) -> Bool {
        elementsEqual(text.utf8) { $0.lowercased == $1.lowercased }
    }

    /// `=3D`'s and `%3D`'s two digits.
    static func hex(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
