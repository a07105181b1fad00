import MailModel

/// The most that one attempt takes of a mailbox's limits where a message goes as a draft whose attachments follow: taken at
/// its start, kept to on its way; what it did not need comes back at its end.
package struct UploadAllowance: Hashable, Sendable {
    /// What Graph's upload sessions are given at a time, in octets, and a little more.
    private static let range: Int64 = 3_300_000
    /// Exchange takes 250 attachments, each of them at least one request; the rest is for what breaks.
    private static let attachments: Int64 = 300

    package var requests: Int64
    /// Of request bodies.
    package var octets: Int64

    /// - Parameter size: octets of the raw message. Its attachments in base 64 lose a quarter when they are taken out, and one
    ///   that comes in eight bits may have to be put into base 64; two ranges, or all of it where that is less, may
    ///   break and be sent again.
    package init(size: Int64) {
        let encoded = Int64(Base64.encodedLength(of: Int(size)))
        octets = encoded + min(encoded, 2 * Self.range)
        requests = Self.attachments + 2 * (octets / Self.range)
    }

    /// False, and nothing taken, where it does not suffice.
    package mutating func take(octets amount: Int) -> Bool {
        guard requests >= 1, octets >= Int64(amount) else { return false }
        requests -= 1
        octets -= Int64(amount)
        return true
    }
}
