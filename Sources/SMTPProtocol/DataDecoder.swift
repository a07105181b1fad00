/// Reads the content behind DATA: finds its end, takes the dot-stuffing off, and makes every line end a CRLF (RFC 5321 §4.5.2, §2.3.8).
///
/// Only CRLF `.` CRLF ends the data. A bare CR or LF becomes CRLF in the output, but never counts as a line end when the
/// final dot is looked for, nor when a dot is taken off: what a strict server and a lenient one would read differently is
/// how a second message is smuggled into the first.
package struct DataDecoder: Sendable {
    /// Where the octets read so far have left us. A CR or dot named here has not reached the output yet.
    private enum Position {
        /// At the start, or behind a true CRLF.
        case lineStart
        case text
        /// A CR ended the last chunk.
        case carriageReturn
        /// A dot at the start of a line.
        case dot
        /// That dot and a CR.
        case dotCarriageReturn
    }

    private var position = Position.lineStart
    /// Decoded octets so far: the message size as RFC 1870 §3 counts it.
    package private(set) var octets = 0
    /// The final dot has been read; nothing more may be decoded.
    package private(set) var isFinished = false

    package init() {}

    /// Decodes a chunk up to the end of the data or of the chunk.
    ///
    /// - Returns: how many octets were taken. Fewer than there are only where the data end: the rest is the next command.
    package mutating func decode(_ chunk: some Collection<UInt8>, into output: inout [UInt8]) -> Int {
        precondition(!isFinished, "decoding behind the final dot")
        let before = output.count
        let taken = withBytes(of: chunk) { decode($0, into: &output) }
        octets += output.count - before
        return taken
    }

    private mutating func decode(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) -> Int {
        var cursor = Cursor()
        while cursor.index < input.count, !isFinished {
            switch position {
            case .lineStart: startLine(input, &cursor, &output)
            case .text: passText(input, &cursor, &output)
            case .carriageReturn: resolveCarriageReturn(input, &cursor, &output)
            case .dot: resolveDot(input, &cursor)
            case .dotCarriageReturn: resolveDotCarriageReturn(input, &cursor, &output)
            }
        }
        cursor.copy(input, to: &output)
        return cursor.index
    }

    private mutating func startLine(_ input: UnsafeRawBufferPointer, _ cursor: inout Cursor, _ output: inout [UInt8]) {
        position = .text
        guard input[cursor.index] == Octet.dot else { return }
        cursor.copy(input, to: &output)
        cursor.skip(1)
        position = .dot
    }

    /// A CRLF found whole is left in the run, so that ordinary text is copied in one piece.
    private mutating func passText(_ input: UnsafeRawBufferPointer, _ cursor: inout Cursor, _ output: inout [UInt8]) {
        cursor.index = input.firstLineBreak(from: cursor.index)
        guard cursor.index < input.count else { return }
        let following = cursor.index + 1
        if input[cursor.index] == Octet.carriageReturn, following < input.count,
            input[following] == Octet.lineFeed
        {
            cursor.index += 2
            position = .lineStart
            return
        }
        cursor.copy(input, to: &output)
        if input[cursor.index] == Octet.carriageReturn, following == input.count {
            position = .carriageReturn
        } else {
            output.append(contentsOf: Octet.crlf)
        }
        cursor.skip(1)
    }

    private mutating func resolveCarriageReturn(
        _ input: UnsafeRawBufferPointer, _ cursor: inout Cursor, _ output: inout [UInt8]
    ) {
        output.append(contentsOf: Octet.crlf)
        position = .text
        guard input[cursor.index] == Octet.lineFeed else { return }
        cursor.skip(1)
        position = .lineStart
    }

    private mutating func resolveDot(_ input: UnsafeRawBufferPointer, _ cursor: inout Cursor) {
        position = .text
        guard input[cursor.index] == Octet.carriageReturn else { return }
        cursor.skip(1)
        position = .dotCarriageReturn
    }

    private mutating func resolveDotCarriageReturn(
        _ input: UnsafeRawBufferPointer, _ cursor: inout Cursor, _ output: inout [UInt8]
    ) {
        if input[cursor.index] == Octet.lineFeed {
            cursor.skip(1)
            isFinished = true
        } else {
            output.append(contentsOf: Octet.crlf)
            position = .text
        }
    }
}

/// A place in a chunk, and the run before it that has not been copied yet.
private struct Cursor {
    var index = 0
    private var runStart = 0

    mutating func copy(_ input: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        if runStart < index { output.append(contentsOf: input[runStart..<index]) }
        runStart = index
    }

    /// Passes over octets that do not belong into the output; what came before them has been copied.
    mutating func skip(_ count: Int) {
        index += count
        runStart = index
    }
}
