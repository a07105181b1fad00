import Foundation
import MailModel

/// The column `recipients`: a JSON array of strings (RFC 8259), so that SQLite's `json_each` works on it.
enum JSONArray {
    static func encode(_ addresses: [Address]) -> String {
        "[\(addresses.map { "\"\(escape($0.description))\"" }.joined(separator: ","))]"
    }

    /// As stored; empty where the text is no array of strings.
    static func strings(_ text: String) -> [String] {
        (try? JSONDecoder().decode([String].self, from: Data(text.utf8))) ?? []
    }

    /// `nil` where the text is no array of addresses.
    static func decode(_ text: String) -> [Address]? {
        let strings = strings(text)
        let addresses = strings.compactMap { try? Address(parsing: $0) }
        return !addresses.isEmpty && addresses.count == strings.count ? addresses : nil
    }

    private static func escape(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) else {
            return text
        }
        return text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            case "\u{0}"..<" ":
                "\\u\(String(repeating: "0", count: scalar.value < 16 ? 3 : 2))\(String(scalar.value, radix: 16))"
            default: String(scalar)
            }
        }.joined()
    }
}
