// One field of a message header as it came (RFC 5322 §2.2), or a line that is none.

/// The bytes are a slice of the message; nothing is decoded before it is asked for.
package struct HeaderField: Sendable {
    /// All bytes, folding and line end included.
    package let raw: ArraySlice<UInt8>
    private let nameLength: Int
    private let bodyOffset: Int

    /// - Parameters:
    ///   - nameLength: 0 for a line that is no field.
    ///   - bodyOffset: the count of bytes up to and including the colon.
    init(raw: ArraySlice<UInt8>, nameLength: Int, bodyOffset: Int) {
        self.raw = raw
        self.nameLength = nameLength
        self.bodyOffset = bodyOffset
    }

    /// True for a line without a field name: kept as it is, and understood by nobody.
    package var isOpaque: Bool { nameLength == 0 }

    /// As written; empty for an opaque line.
    package var name: String { String(decoding: raw.prefix(nameLength), as: UTF8.self) }

    /// Everything behind the colon, folding and line end included; the whole line where it is opaque.
    package var body: ArraySlice<UInt8> { raw.dropFirst(bodyOffset) }

    /// The body without line breaks and outer blanks (RFC 5322 §2.2.3).
    package var unfolded: [UInt8] { Array(body.trimmed().filter { !$0.isLineBreak }) }

    /// `unfolded` as text; bytes that are no UTF-8 are read as Windows-1252. Encoded words stay as they are.
    package var value: String { Charset.decodeLeniently(unfolded) }

    /// `value` with its encoded words decoded (RFC 2047).
    package var decodedValue: String { EncodedWord.decode(unfolded) }

    package var isBlank: Bool { body.allSatisfy { $0.isBlank || $0.isLineBreak } }

    /// Compares without case, as field names are.
    package func isNamed(_ other: String) -> Bool {
        nameLength == other.utf8.count && raw.prefix(nameLength).equalsIgnoringCase(other)
    }
}
