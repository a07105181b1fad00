/// Base 64 of RFC 4648: the standard alphabet (§4) for MIME, SASL and Graph, the URL-safe one (§5) for JSON Web Tokens.
package enum Base64 {
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var encoder = Encoder()
        var output: [UInt8] = []
        output.reserveCapacity(encodedLength(of: bytes.count))
        encoder.append(bytes, to: &output)
        encoder.finish(into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// URL-safe and without padding, as JWS wants it (RFC 7515 §2).
    package static func encodeURL(_ bytes: some Collection<UInt8>) -> String {
        String(encode(bytes).prefix { $0 != "=" }.map { $0 == "+" ? "-" : ($0 == "/" ? "_" : $0) })
    }

    /// The length of the encoded text, padding included.
    package static func encodedLength(of count: Int) -> Int { (count + 2) / 3 * 4 }

    /// Decodes the standard alphabet, strict about padding and stray characters; line breaks and blanks are skipped.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        decode(text, using: standardValues, isPadded: true)
    }

    package static func decode(_ text: String) -> [UInt8]? { decode(Array(text.utf8)) }

    /// Decodes the URL-safe alphabet without padding.
    package static func decodeURL(_ text: some StringProtocol) -> [UInt8]? {
        decode(Array(text.utf8), using: urlValues, isPadded: false)
    }

    private static func decode(_ text: some Collection<UInt8>, using values: [UInt8], isPadded: Bool) -> [UInt8]? {
        var decoder = Decoder(values: values, isPadded: isPadded)
        var output: [UInt8] = []
        output.reserveCapacity(text.count / 4 * 3 + 3)
        return decoder.append(text, to: &output) && decoder.finish(into: &output) ? output : nil
    }

    /// Marks in the tables of values for what is no digit.
    private static let invalid: UInt8 = 255, padding: UInt8 = 254, space: UInt8 = 253

    private static let standardAlphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let standardValues = values(of: standardAlphabet, spaces: [0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D])
    private static let urlValues = values(of: standardAlphabet.dropLast(2) + Array("-_".utf8), spaces: [])

    private static func values(of alphabet: [UInt8], spaces: [UInt8]) -> [UInt8] {
        var table = [UInt8](repeating: invalid, count: 256)
        for (value, symbol) in alphabet.enumerated() { table[Int(symbol)] = UInt8(value) }
        for symbol in spaces { table[Int(symbol)] = space }
        table[Int(UInt8(ascii: "="))] = padding
        return table
    }
}

extension Base64 {
    /// Encodes a stream piece by piece, so that a large message never stands in memory whole.
    package struct Encoder: Sendable {
        private var pending: [UInt8] = []

        package init() {}

        package mutating func append(_ bytes: some Collection<UInt8>, to output: inout [UInt8]) {
            var rest = bytes[...]
            if !pending.isEmpty {
                let missing = rest.prefix(3 - pending.count)
                pending.append(contentsOf: missing)
                rest = rest.dropFirst(missing.count)
                guard pending.count == 3 else { return }
                Self.encodeTriples(pending, to: &output)
            }
            let whole = rest.count / 3 * 3
            if rest.prefix(whole).withContiguousStorageIfAvailable({ Self.encodeTriples($0, to: &output) }) == nil {
                Self.encodeTriples(Array(rest.prefix(whole)), to: &output)
            }
            pending = Array(rest.dropFirst(whole))
        }

        /// Writes what is left, padded; the encoder is empty afterwards.
        package mutating func finish(into output: inout [UInt8]) {
            guard !pending.isEmpty else { return }
            let padding = 3 - pending.count
            Self.encodeTriples(pending + Array(repeating: 0, count: padding), to: &output)
            output.replaceSubrange((output.count - padding)..., with: repeatElement(UInt8(ascii: "="), count: padding))
            pending = []
        }

        private static func encodeTriples(_ bytes: some RandomAccessCollection<UInt8>, to output: inout [UInt8]) {
            var index = bytes.startIndex
            while index < bytes.endIndex {
                let second = bytes.index(after: index)
                let third = bytes.index(after: second)
                let word = UInt32(bytes[index]) << 16 | UInt32(bytes[second]) << 8 | UInt32(bytes[third])
                for shift in [18, 12, 6, 0] as [UInt32] {
                    output.append(Base64.standardAlphabet[Int(word >> shift & 63)])
                }
                index = bytes.index(after: third)
            }
        }
    }
}

extension Base64 {
    /// Decodes a stream piece by piece: strict about padding and stray characters, while line breaks and blanks are skipped.
    package struct Decoder: Sendable {
        private let values: [UInt8]
        private let isPadded: Bool
        private var accumulator: UInt32 = 0
        private var digits = 0
        private var pads = 0

        /// For the standard alphabet.
        package init() { self.init(values: Base64.standardValues, isPadded: true) }

        fileprivate init(values: [UInt8], isPadded: Bool) {
            self.values = values
            self.isPadded = isPadded
        }

        /// False where the text is not base 64 any more; the decoder is of no use then.
        package mutating func append(_ text: some Collection<UInt8>, to output: inout [UInt8]) -> Bool {
            text.withContiguousStorageIfAvailable { take($0, &output) }
                ?? Array(text).withUnsafeBufferPointer { take($0, &output) }
        }

        private mutating func take(_ text: UnsafeBufferPointer<UInt8>, _ output: inout [UInt8]) -> Bool {
            values.withUnsafeBufferPointer { values in
                for byte in text {
                    let value = values[Int(byte)]
                    if value < 64, pads == 0 {
                        accumulator = accumulator << 6 | UInt32(value)
                        digits += 1
                        if digits & 3 == 0 { writeTriple(to: &output) }
                    } else if value == Base64.padding {
                        pads += 1
                    } else if value != Base64.space {
                        return false
                    }
                }
                return true
            }
        }

        private func writeTriple(to output: inout [UInt8]) {
            output.append(UInt8(truncatingIfNeeded: accumulator >> 16))
            output.append(UInt8(truncatingIfNeeded: accumulator >> 8))
            output.append(UInt8(truncatingIfNeeded: accumulator))
        }

        /// Writes what the last, incomplete group of digits holds. False where it is no whole one.
        package mutating func finish(into output: inout [UInt8]) -> Bool {
            let rest = digits % 4
            guard rest != 1, pads == (isPadded ? (4 - rest) % 4 : 0) else { return false }
            let bits = accumulator << UInt32((4 - rest) * 6)
            if rest > 1 { output.append(UInt8(truncatingIfNeeded: bits >> 16)) }
            if rest > 2 { output.append(UInt8(truncatingIfNeeded: bits >> 8)) }
            return true
        }
    }
}
