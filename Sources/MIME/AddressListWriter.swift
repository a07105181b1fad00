// Writes To, Cc, Bcc and From (RFC 5322 §3.4): names quoted or encoded as they need it, folded between addresses.

import MailModel

package enum AddressListWriter {
    /// The whole field, line end included. Addresses outside ASCII are written as UTF-8 (RFC 6532).
    package static func field(_ name: String, _ list: [NamedAddress]) -> [UInt8] {
        var writer = FieldWriter(name: name)
        for (number, entry) in list.enumerated() {
            var pieces = pieces(of: entry)
            if number < list.count - 1 { pieces[pieces.count - 1] += "," }
            for piece in pieces { writer.append(piece) }
        }
        return writer.finish()
    }

    private static func pieces(of entry: NamedAddress) -> [String] {
        guard let name = entry.displayName, !name.isEmpty else { return [entry.address.description] }
        return phrase(name) + ["<\(entry.address)>"]
    }

    /// Names that look like encoded words are encoded again: many readers decode them even inside quotes.
    private static func phrase(_ name: String) -> [String] {
        guard name.utf8.allSatisfy(\.isPrintable), name.utf8.count <= 70, !name.contains("=?") else {
            return EncodedWord.encode(name)
        }
        let words = name.split(separator: " ", omittingEmptySubsequences: false)
        let isPhrase = words.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(\.isAtomText) }
        return isPhrase ? words.map(String.init) : [QuotedString.encode(name.utf8)]
    }
}
