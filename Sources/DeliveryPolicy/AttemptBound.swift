import MailModel

/// The most that may have been taken of a mailbox's limits by Graph where nobody knows what was: a token that is renewed on
/// the way repeats a request, with what it carries.
package struct AttemptBound: Hashable, Sendable {
    package let requests: Int64
    /// Of request bodies.
    package let octets: Int64

    /// - Parameters:
    ///   - size: octets of the raw message.
    ///   - steps: requests that are made once each, beside those that put a large message together.
    ///   - uploadsAbove: as in `LaneLimits`.
    package init(size: Int64, steps: Int64, uploadsAbove: Int64?) {
        let allowance = uploadsAbove.flatMap { size > $0 ? UploadAllowance(size: size) : nil }
        requests = steps + 1 + (allowance?.requests ?? 0)
        octets = allowance?.octets ?? 2 * Int64(Base64.encodedLength(of: Int(size)))
    }

    /// The octets as the log keeps them: before base 64, which makes four of three.
    package var rawOctets: Int64 { (octets * 3 + 3) / 4 }
}
