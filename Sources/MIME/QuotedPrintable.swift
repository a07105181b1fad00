// The quoted-printable transfer encoding (RFC 2045 §6.7).

package enum QuotedPrintable {
    /// Encodes text whose lines end in CRLF, LF or CR; the result's lines end in CRLF and hold at most 76 characters.
    /// A last line without an end gets none.
    package static func encode(text bytes: some Collection<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + bytes.count / 8)
        for (number, line) in lines(of: Array(bytes)).enumerated() {
            if number > 0 { output += ASCII.lineEnd }
            append(line, to: &output)
        }
        return output
    }

    /// Tolerant: an `=` without two digits behind it stands for itself; blanks before a line end were added in transit.
    package static func decode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        let bytes = Array(bytes)
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            index += decodeOne(bytes[index...], into: &output)
        }
        return output
    }

    /// Returns the count of bytes consumed.
    private static func decodeOne(_ rest: ArraySlice<UInt8>, into output: inout [UInt8]) -> Int {
        let first = rest[rest.startIndex]
        if first == UInt8(ascii: "=") {
            let pair = rest.dropFirst().prefix(2).compactMap(\.hexDigitValue)
            if pair.count == 2 {
                output.append(pair[0] << 4 | pair[1])
                return 3
            }
            if let length = lengthOfLineEnd(rest.dropFirst(), allowsEnd: true) { return 1 + length }
        } else if first.isBlank {
            let blanks = rest.prefix(while: \.isBlank)
            if lengthOfLineEnd(rest.dropFirst(blanks.count), allowsEnd: false) == nil { output += blanks }
            return blanks.count
        }
        output.append(first)
        return 1
    }

    /// Blanks, if any, and a line break; `nil` where something else comes first.
    private static func lengthOfLineEnd(_ rest: ArraySlice<UInt8>, allowsEnd: Bool) -> Int? {
        let line = rest.drop(while: \.isBlank)
        let blanks = rest.count - line.count
        if line.isEmpty { return allowsEnd ? blanks : nil }
        if line.starts(with: ASCII.lineEnd) { return blanks + 2 }
        return line.first == ASCII.lineFeed ? blanks + 1 : nil
    }

    private static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        var index = 0
        while index < bytes.count {
            defer { index += 1 }
            guard bytes[index].isLineBreak else { continue }
            lines.append(bytes[start..<index])
            if bytes[index...].starts(with: ASCII.lineEnd) { index += 1 }
            start = index + 1
        }
        return lines + [bytes[start...]]
    }

    private static func append(_ line: ArraySlice<UInt8>, to output: inout [UInt8]) {
        var column = 0
        for index in line.indices {
            let isLast = index == line.endIndex - 1
            let symbol = encode(line[index], isLast: isLast)
            if column + symbol.count > (isLast ? 76 : 75) {
                output += [UInt8(ascii: "=")] + ASCII.lineEnd
                column = 0
            }
            output += symbol
            column += symbol.count
        }
    }

    private static func encode(_ byte: UInt8, isLast: Bool) -> [UInt8] {
        let standsForItself = byte.isBlank ? !isLast : byte.isPrintable && byte != UInt8(ascii: "=")
        return standsForItself ? [byte] : [UInt8(ascii: "=")] + [UInt8].hex(byte)
    }
}

extension QuotedPrintable {
    /// Decodes a stream piece by piece, line by line: only the end of a line tells which blanks before it count.
    package struct Decoder: Sendable {
        /// A line longer than this is decoded before its end; RFC 2045 allows 76 characters.
        private static let longestLine = 64 * 1024
        private var line: [UInt8] = []

        package init() {}

        package mutating func append(_ text: some Collection<UInt8>, to output: inout [UInt8]) {
            line.append(contentsOf: text)
            let end = line.lastIndex(of: ASCII.lineFeed).map { $0 + 1 } ?? 0
            let cut = line.count - end > Self.longestLine ? max(end, safeCut) : end
            guard cut > 0 else { return }
            output += QuotedPrintable.decode(line[..<cut])
            line.removeFirst(cut)
        }

        package mutating func finish(into output: inout [UInt8]) {
            output += QuotedPrintable.decode(line)
            line = []
        }

        /// No escape, and no blank that may turn out to stand before a line end, reaches beyond it.
        private var safeCut: Int {
            var cut = line.count - 3
            while cut > 1, line[cut - 1].isBlank || line[(cut - 2)..<cut].contains(UInt8(ascii: "=")) { cut -= 1 }
            return cut > 1 ? cut : 0
        }
    }
}
