/// A range of IP addresses in CIDR form, `127.0.0.0/8` or `::1/128` (RFC 4632, RFC 4291 §2.3).
package struct Network: Hashable, Sendable, CustomStringConvertible {
    private let bytes: [UInt8]
    private let prefix: Int
    package let description: String

    package static let loopback = ["127.0.0.0/8", "::1/128"].compactMap { Network($0) }

    /// `nil` where the text is no address with an optional prefix length within range.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bytes = IPAddress(String(parts[0]))?.bytes else { return nil }
        let length = parts.count == 2 ? Int(parts[1]) : bytes.count * 8
        guard let length, 0...(bytes.count * 8) ~= length else { return nil }
        self.bytes = bytes
        prefix = length
        description = String(text)
    }

    /// An IPv4 address mapped into IPv6 (`::ffff:127.0.0.1`) counts as the IPv4 address.
    package func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == bytes.count else { return false }
        let whole = prefix / 8
        guard address.bytes.prefix(whole) == bytes.prefix(whole) else { return false }
        let rest = prefix % 8
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
        return address.bytes[whole] & mask == bytes[whole] & mask
    }
}

/// An IPv4 or IPv6 address by its bytes; a mapped IPv4 address is the IPv4 address.
package struct IPAddress: Hashable, Sendable {
    package let bytes: [UInt8]

    package init?(_ text: String) {
        guard let bytes = text.contains(":") ? Self.version6(text) : Self.version4(text) else { return nil }
        let mappedPrefix: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]
        self.bytes = bytes.count == 16 && Array(bytes.prefix(12)) == mappedPrefix ? Array(bytes.suffix(4)) : bytes
    }

    private static func version4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { $0.allSatisfy(\.isASCII) && !$0.hasPrefix("+") ? UInt8($0) : nil }
        return parts.count == 4 && bytes.count == 4 ? bytes : nil
    }

    /// RFC 4291 §2.2: groups of hexadecimal digits, one `::`, and perhaps an IPv4 address at the end. A zone is left out.
    private static func version6(_ text: String) -> [UInt8]? {
        let address = text.prefix { $0 != "%" }
        guard let gap = address.firstRange(of: "::") else {
            return groups(address).flatMap { $0.count == 16 ? $0 : nil }
        }
        guard let head = groups(address[..<gap.lowerBound]), let tail = groups(address[gap.upperBound...]) else {
            return nil
        }
        let missing = 16 - head.count - tail.count
        return missing >= 2 ? head + Array(repeating: 0, count: missing) + tail : nil
    }

    private static func groups(_ text: Substring) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var bytes: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains("."), let ending = version4(part) {
                bytes += ending
            } else {
                guard 1...4 ~= part.count, part.allSatisfy(\.isHexDigit), let group = UInt16(part, radix: 16) else {
                    return nil
                }
                bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
            }
        }
        return bytes
    }
}

/// Where a listener listens: `127.0.0.1:2525` or `[::1]:2525`.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    package let host: String
    /// 0 lets the system choose one.
    package let port: Int

    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        let name = text[..<colon]
        let bracketed = name.hasPrefix("[") && name.hasSuffix("]")
        let host = bracketed ? String(name.dropFirst().dropLast()) : String(name)
        guard bracketed == host.contains(":"), IPAddress(host) != nil else { return nil }
        self.host = host
        self.port = Int(port)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
