/// Writes the content behind DATA: dot-stuffing, and CRLF line ends throughout (RFC 5321 §4.5.2, §2.3.8).
///
/// Bare CR and LF become CRLF here too, so that no receiver can take them for the end of the data. Where content goes in
/// chunks, the line ends are made in the same way, and dots are left alone.
package struct DataEncoder: Sendable {
    private enum Position {
        case lineStart, text
        /// A CR ended the last piece; it has been written as CRLF, and an LF to come belongs to it.
        case carriageReturn
    }

    private var position = Position.lineStart
    private let stuffsDots: Bool

    package init() { self.init(stuffsDots: true) }

    init(stuffsDots: Bool) { self.stuffsDots = stuffsDots }

    /// Appends the wire form of the next piece of content to `output`.
    package mutating func encode(_ content: some Collection<UInt8>, into output: inout [UInt8]) {
        withBytes(of: content) { encode($0, into: &output) }
    }

    /// Appends what ends the data: CRLF where the last line lacks it, and the final dot.
    package mutating func finish(into output: inout [UInt8]) {
        endLine(into: &output)
        output.append(Octet.dot)
        output.append(contentsOf: Octet.crlf)
    }

    /// Appends CRLF where the last line lacks it.
    mutating func endLine(into output: inout [UInt8]) {
        if position == .text { output.append(contentsOf: Octet.crlf) }
        position = .lineStart
    }

    private mutating func encode(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        var index = 0
        var runStart = 0
        if position == .carriageReturn, let first = input.first {
            position = .lineStart
            if first == Octet.lineFeed {
                index = 1
                runStart = 1
            }
        }
        while index < input.count {
            if stuffsDots, position == .lineStart, input[index] == Octet.dot {
                output.append(contentsOf: input[runStart..<index])
                output.append(Octet.dot)
                runStart = index
            }
            index = input.firstLineBreak(from: index)
            position = .text
            guard index < input.count else { break }
            passLineBreak(input, &index, &runStart, &output)
        }
        output.append(contentsOf: input[runStart..<index])
    }

    /// A CRLF found whole is left in the run, so that ordinary text is copied in one piece.
    private mutating func passLineBreak(
        _ input: UnsafeRawBufferPointer, _ index: inout Int, _ runStart: inout Int,
        _ output: inout [UInt8]
    ) {
        let isCarriageReturn = input[index] == Octet.carriageReturn
        let isLast = index + 1 == input.count
        position = .lineStart
        if isCarriageReturn, !isLast, input[index + 1] == Octet.lineFeed {
            index += 2
            return
        }
        output.append(contentsOf: input[runStart..<index])
        output.append(contentsOf: Octet.crlf)
        if isCarriageReturn, isLast { position = .carriageReturn }
        index += 1
        runStart = index
    }
}
