// Retry-After (RFC 9110 §10.2.3): seconds or a date. Microsoft has also documented a fraction of a second (`2.128`).

package import MailModel

package enum RetryAfter {
    package static let longest = Duration.seconds(86400)

    /// How long to wait from `now`, rounded up to the millisecond, within 0…24 h. `nil` where the text means nothing.
    package static func parse(_ text: String, now: Timestamp) -> Duration? {
        let words = text.utf8.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
        guard !words.isEmpty else { return nil }
        let wait = seconds(Array(words)) ?? HTTPDate.parse(Array(words), now: now).map { $0 - now }
        return wait.map { min(max($0, .zero), longest) }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// `120`, `2.128`; a negative number, which is nonsense but clear, is 0.
    private static func seconds(_ bytes: [UInt8]) -> Duration? {
        let negative = bytes.first == UInt8(ascii: "-")
        let parts = bytes.dropFirst(negative ? 1 : 0).split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, isNumber(whole), parts.dropFirst().allSatisfy(isNumber) else { return nil }
        if negative { return .zero }
        guard let count = Int(String(decoding: whole, as: UTF8.self)), count < 86400 else { return longest }
        return .milliseconds(count * 1000 + (parts.count > 1 ? milliseconds(parts[1]) : 0))
    }

    private static func isNumber(_ digits: ArraySlice<UInt8>) -> Bool {
        !digits.isEmpty && digits.allSatisfy { 0x30...0x39 ~= $0 }
    }

    /// A decimal fraction of a second, rounded up.
    private static func milliseconds(_ fraction: ArraySlice<UInt8>) -> Int {
        let leading = (fraction.prefix(3) + [0x30, 0x30, 0x30]).prefix(3)
        let count = leading.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return fraction.dropFirst(3).contains { $0 != 0x30 } ? count + 1 : count
    }
}

extension WireResponse {
    /// How long the far side asks to wait. A date is one of its clock, which its own `Date` tells; `now` stands in where it
    /// does not.
    func retryAfter(now: Timestamp) -> Duration? {
        header("Retry-After").flatMap { text in
            let told = header("Date").flatMap { HTTPDate.parse(Array($0.utf8), now: now) }
            return RetryAfter.parse(text, now: told ?? now)
        }
    }
}
