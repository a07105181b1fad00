/// The name of a message from its acceptance on: given in the SMTP reply, key of `email_log`, value of `X-Postern-Id`.
///
/// Nine characters of milliseconds since 1970 and five of a counter, in Crockford's base 32 (lower case, no i, l, o, u), so
/// that ids sort by time and can be read out on the telephone. Parts of a split message carry `-2`, `-3`, … behind it.
package struct QueueID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    init(milliseconds: Int64, counter: UInt32) {
        var text: [UInt8] = []
        text.reserveCapacity(14)
        Self.encode(UInt64(max(0, milliseconds)), digits: 9, into: &text)
        Self.encode(UInt64(counter), digits: 5, into: &text)
        rawValue = String(decoding: text, as: UTF8.self)
    }

    /// The id of the `number`th part of a split message; the first part keeps the id itself.
    package func part(_ number: Int) -> QueueID {
        number <= 1 ? self : QueueID(rawValue: "\(rawValue)-\(number)")
    }

    package var description: String { rawValue }
    package static func < (left: QueueID, right: QueueID) -> Bool { left.rawValue < right.rawValue }

    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    private static func encode(_ value: UInt64, digits: Int, into text: inout [UInt8]) {
        for digit in 1...digits { text.append(alphabet[Int(value >> UInt64((digits - digit) * 5)) & 31]) }
    }
}

/// Makes ids that are unique and ascending within a process; across processes the random start of each millisecond's
/// counter keeps them apart, and the store's primary key has the last word.
package struct QueueIDGenerator: Sendable {
    private var lastMilliseconds: Int64 = .min
    private var counter: UInt32 = 0

    package init() {}

    /// - Parameter now: a clock that steps back is followed only once it has caught up.
    package mutating func next(at now: Timestamp, using random: inout some RandomNumberGenerator) -> QueueID {
        if now.milliseconds > lastMilliseconds {
            lastMilliseconds = now.milliseconds
            counter = .random(in: 0..<(1 << 20), using: &random)
        } else {
            advance()
        }
        return QueueID(milliseconds: lastMilliseconds, counter: counter)
    }

    private mutating func advance() {
        counter += 1
        guard counter == 1 << 25 else { return }
        counter = 0
        lastMilliseconds += 1
    }
}
