/// A mailbox as SMTP and message headers name it: `local-part@domain` (RFC 5321 §2.3.11, §4.1.2; RFC 6531 for UTF-8).
///
/// Two addresses are equal when they differ only in case: RFC 5321 §2.4 leaves the case of a local part to its host, and
/// Exchange, the only host Postern delivers to, ignores it.
package struct Address: Sendable {
    package enum ParseError: Error, Hashable, Sendable {
        case empty
        case missingAt
        case invalidLocalPart
        case invalidDomain
        case tooLong
    }

    /// Without quotes and escapes: `a b` for the wire's `"a b"`.
    package let localPart: String
    /// A domain name in lower case, or an address literal in brackets.
    package let domain: String

    /// Parses a bare address as written in a path or a header, without angle brackets or comments.
    ///
    /// Lengths follow RFC 5321 §4.5.3.1: at most 64 octets before the `@`, 255 behind it, 254 in all.
    package init(parsing text: some StringProtocol) throws(ParseError) {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= 254 else { throw .tooLong }
        guard let at = bytes.lastIndex(of: UInt8(ascii: "@")) else { throw .missingAt }
        guard let local = LocalPart.decode(bytes[..<at]) else { throw .invalidLocalPart }
        guard at <= 66, local.utf8.count <= 64 else { throw .tooLong }
        let host = bytes[(at + 1)...]
        guard DomainName.isValid(host) else { throw .invalidDomain }
        localPart = local
        domain = String(decoding: host, as: UTF8.self).lowercased()
    }

    private init(localPart: String, domain: String) {
        self.localPart = localPart
        self.domain = domain
    }

    /// The same address in the one spelling that all others come to.
    package var lowercased: Address { Address(localPart: localPart.lowercased(), domain: domain) }

    /// The same text for all spellings that differ only in case.
    package var folded: String { "\(localPart.lowercased())@\(domain)" }

    /// True where the address can only be sent with SMTPUTF8 (RFC 6531).
    package var needsUTF8: Bool { !localPart.utf8.allSatisfy { $0 < 0x80 } || !domain.utf8.allSatisfy { $0 < 0x80 } }

    /// For log lines below `debug`: the first letter and the domain, `a…@contoso.com`.
    package var redacted: String {
        let isPlain = localPart.utf8.prefix(2).allSatisfy { $0 < 0x80 }
        // Where no other character can be part of the first letter, there is no need to look for its end.
        let letter = isPlain ? String(localPart.unicodeScalars.prefix(1)) : String(localPart.prefix(1))
        return letter + "…@" + domain
    }
}

extension Address: Hashable {
    package static func == (left: Address, right: Address) -> Bool {
        left.domain == right.domain
            && (left.localPart == right.localPart || left.localPart.lowercased() == right.localPart.lowercased())
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(domain)
        hasher.combine(mayHaveCase ? localPart.lowercased() : localPart)
    }
}

extension Address {
    /// Nearly all mailboxes are written without such letters, and need not be made anew for each look into a table.
    private var mayHaveCase: Bool {
        for byte in localPart.utf8 where byte >= 0x80 || 0x41...0x5A ~= byte { return true }
        return false
    }
}

extension Address: CustomStringConvertible {
    /// As written on the wire, quoted where the local part needs it.
    package var description: String { "\(LocalPart.encode(localPart))@\(domain)" }
}

/// The text before the `@`: a dot-atom or a quoted string (RFC 5321 §4.1.2).
private enum LocalPart {
    static func decode(_ bytes: ArraySlice<UInt8>) -> String? {
        guard let first = bytes.first else { return nil }
        let text = first == UInt8(ascii: "\"") ? unquote(bytes) : (isDotAtom(bytes) ? Array(bytes) : nil)
        return text.flatMap { String(validating: $0, as: UTF8.self) }
    }

    static func encode(_ text: String) -> String {
        if isDotAtom(Array(text.utf8)[...]) { return text }
        let escaped = text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
        return "\"\(escaped)\""
    }

    /// Lenient about dots at the ends and in a row: such mailboxes exist, and the host decides.
    private static func isDotAtom(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { isAtomText($0) || $0 == UInt8(ascii: ".") }
    }

    private static func isAtomText(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...0xFF: true
        default: "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
        }
    }

    private static func unquote(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        guard bytes.count >= 2, bytes.last == UInt8(ascii: "\"") else { return nil }
        var result: [UInt8] = []
        var escaped = false
        for byte in bytes.dropFirst().dropLast() {
            guard byte >= 0x20, byte != 0x7F else { return nil }
            if !escaped, byte == UInt8(ascii: "\"") { return nil }
            if !escaped, byte == UInt8(ascii: "\\") {
                escaped = true
                continue
            }
            result.append(byte)
            escaped = false
        }
        return escaped ? nil : result
    }
}

/// The text behind the `@`: a domain name or an address literal (RFC 5321 §4.1.2, §4.1.3).
private enum DomainName {
    static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, bytes.count <= 255 else { return false }
        if first == UInt8(ascii: "[") { return isLiteral(bytes) }
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(isLabel)
    }

    private static func isLiteral(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count > 2, bytes.last == UInt8(ascii: "]") else { return false }
        return bytes.dropFirst().dropLast().allSatisfy { 0x21...0x7E ~= $0 && !"[]\\".utf8.contains($0) }
    }

    /// Underscores are let through: internal host names have them.
    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        guard let first = label.first, let last = label.last, label.count <= 63 else { return false }
        let hyphen = UInt8(ascii: "-")
        return first != hyphen && last != hyphen
            && label.allSatisfy { isLetterOrDigit($0) || $0 == hyphen || $0 == UInt8(ascii: "_") }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...0xFF: true
        default: false
        }
    }
}
