// The few character sets that mail to and from Microsoft 365 is still written in.

/// A character set that can be decoded here; all others are left as they are by whoever meets them.
package enum Charset: Hashable, Sendable, CaseIterable {
    case utf8
    case usASCII
    /// Also stands for ISO 8859-1, whose C1 controls nobody means (WHATWG Encoding, §4.2).
    case windows1252
    case latin9

    /// Compares names without case.
    package init?(_ name: some StringProtocol) {
        switch name.lowercased() {
        case "utf-8", "utf8": self = .utf8
        case "us-ascii", "ascii", "ansi_x3.4-1968": self = .usASCII
        case "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "windows-1252", "cp1252": self = .windows1252
        case "iso-8859-15", "iso8859-15", "iso_8859-15", "latin-9", "latin9": self = .latin9
        default: return nil
        }
    }

    /// Never fails: malformed UTF-8 yields U+FFFD, 8-bit bytes in US-ASCII are guessed.
    package func decode(_ bytes: some Collection<UInt8>) -> String {
        switch self {
        case .utf8: String(decoding: bytes, as: UTF8.self)
        case .usASCII: Self.decodeLeniently(bytes)
        case .windows1252:
            Self.decode(bytes) { 0x80...0x9F ~= $0 ? Self.windowsC1[Int($0) - 0x80] : Unicode.Scalar($0) }
        case .latin9: Self.decode(bytes) { Self.latin9Differences[$0] ?? Unicode.Scalar($0) }
        }
    }

    /// UTF-8 where it is that (RFC 6532), else Windows-1252.
    package static func decodeLeniently(_ bytes: some Collection<UInt8>) -> String {
        String(validating: bytes, as: UTF8.self) ?? Charset.windows1252.decode(bytes)
    }

    private static func decode(_ bytes: some Collection<UInt8>, _ scalar: (UInt8) -> Unicode.Scalar) -> String {
        var text = String.UnicodeScalarView()
        for byte in bytes { text.append(scalar(byte)) }
        return String(text)
    }

    /// 0x80 to 0x9F; the five unassigned ones stay what they are.
    private static let windowsC1 = Array(
        "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ".unicodeScalars)

    private static let latin9Differences: [UInt8: Unicode.Scalar] = [
        0xA4: "€", 0xA6: "Š", 0xA8: "š", 0xB4: "Ž", 0xB8: "ž", 0xBC: "Œ", 0xBD: "œ", 0xBE: "Ÿ",
    ]
}
