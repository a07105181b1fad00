// Splits a message into its header and its body without changing a byte (RFC 5322 §2.1, with the obsolete forms of §4).
// This runs once for every message that is accepted.

/// The header of a message: fields in order, each with the bytes it came in. Reading never fails:
///
/// - A line that is no field is kept in its place as an opaque one; reading goes on to the empty line.
/// - Where already the first line is no field (and no mbox `From ` line), there is no header: all is body.
/// - Lines may end in a bare LF; `Name :` with a blank before the colon is a field (RFC 5322 §4.5).
/// - A line of blanks alone continues the field before it.
package struct HeaderBlock: Sendable {
    package let fields: [HeaderField]
    /// Offset of the first byte of the body, counted from the first byte given; the count of all bytes where the empty
    /// line is missing.
    package let bodyOffset: Int
    /// False where the given bytes end before the empty line. Of a whole message that means: it has no body.
    package let isComplete: Bool

    package init(parsing bytes: [UInt8]) { self.init(parsing: bytes[...]) }

    package init(parsing bytes: ArraySlice<UInt8>) {
        var scan = bytes.withUnsafeBufferPointer { buffer in
            var scan = Scan()
            scan.run(over: buffer)
            return scan
        }
        if scan.marks.first?.nameLength == 0, !Self.isMboxLine(bytes) {
            scan = Scan(marks: [], bodyOffset: 0, isComplete: bytes.contains(ASCII.lineFeed))
        }
        fields = scan.marks.map { mark in
            let raw = bytes[(bytes.startIndex + mark.start)..<(bytes.startIndex + mark.end)]
            return HeaderField(raw: raw, nameLength: mark.nameLength, bodyOffset: mark.bodyOffset)
        }
        bodyOffset = scan.bodyOffset
        isComplete = scan.isComplete
    }

    package func first(named name: String) -> HeaderField? { fields.first { $0.isNamed(name) } }
    package func all(named name: String) -> [HeaderField] { fields.filter { $0.isNamed(name) } }

    /// The separator line of an mbox file in front of the header (RFC 4155): no part of the message, but kept.
    package var mboxLine: HeaderField? { fields.first.flatMap { $0.isOpaque ? $0 : nil } }

    private static func isMboxLine(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.starts(with: "From ".utf8) || bytes.starts(with: ">From ".utf8)
    }
}

/// Where fields begin and end, as offsets; kept apart from slices so that the loop touches nothing that is counted.
private struct Scan {
    struct Mark {
        let start: Int
        var end: Int
        let nameLength: Int
        let bodyOffset: Int
    }

    var marks: [Mark] = []
    var bodyOffset = 0
    var isComplete = false

    mutating func run(over bytes: UnsafeBufferPointer<UInt8>) {
        marks.reserveCapacity(24)
        while bodyOffset < bytes.count {
            let start = bodyOffset
            let end = Self.endOfLine(in: bytes, from: start)
            bodyOffset = end
            if Self.isEmptyLine(bytes, start, end) {
                isComplete = true
                return
            }
            if bytes[start].isBlank, !marks.isEmpty {
                marks[marks.count - 1].end = end
            } else {
                marks.append(Self.mark(in: bytes, from: start, to: end))
            }
        }
    }

    private static func endOfLine(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var index = start
        while index < bytes.count {
            index += 1
            if bytes[index - 1] == ASCII.lineFeed { return index }
        }
        return index
    }

    private static func isEmptyLine(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        switch end - start {
        case 1: bytes[start] == ASCII.lineFeed
        case 2: bytes[start] == ASCII.carriageReturn && bytes[start + 1] == ASCII.lineFeed
        default: false
        }
    }

    private static func mark(in bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Mark {
        var index = start
        while index < end, bytes[index].isFieldNameText { index += 1 }
        let nameLength = index - start
        while index < end, bytes[index].isBlank { index += 1 }
        guard nameLength > 0, index < end, bytes[index] == UInt8(ascii: ":") else {
            return Mark(start: start, end: end, nameLength: 0, bodyOffset: 0)
        }
        return Mark(start: start, end: end, nameLength: nameLength, bodyOffset: index + 1 - start)
    }
}
