/// Input that has not been read yet, and the lines in it (RFC 5321 §2.3.8, §4.5.3.1).
///
/// A command line ends with LF; a CR before it belongs to the end. That is lenient about bare LF, as other servers are: it
/// matters only in message content, which is read by `DataDecoder`.
struct LineBuffer: Sendable {
    enum Line: Hashable {
        /// Without its end.
        case line([UInt8])
        /// Longer than allowed; the line is dropped up to its end, and told of once.
        case tooLong
    }

    /// Storage above this is given back when the buffer runs empty.
    private static let keptCapacity = 64 * 1024

    private var bytes: [UInt8] = []
    private var start = 0
    /// No LF is in `bytes[start..<scanned]`.
    private var scanned = 0
    private var isDroppingLine = false

    /// Nothing is waiting, not even a part of a line.
    var isEmpty: Bool { start == bytes.count && !isDroppingLine }

    /// What is waiting.
    var unread: ArraySlice<UInt8> { bytes[start...] }

    mutating func append(_ chunk: some Collection<UInt8>) {
        if start > 0 { compact() }
        bytes.append(contentsOf: chunk)
    }

    /// Takes the next line; `nil` where its end has not come.
    ///
    /// - Parameter limit: octets, line end included.
    mutating func nextLine(limit: Int) -> Line? {
        while let end = bytes[scanned...].firstIndex(of: Octet.lineFeed) {
            let length = end + 1 - start
            let line = bytes[start..<end]
            consume(length)
            if isDroppingLine {
                isDroppingLine = false
                continue
            }
            guard length <= limit else { return .tooLong }
            return .line(Array(line.last == Octet.carriageReturn ? line.dropLast() : line))
        }
        scanned = bytes.count
        return dropOverlongPart(limit)
    }

    private mutating func dropOverlongPart(_ limit: Int) -> Line? {
        if isDroppingLine {
            consume(bytes.count - start)
            return nil
        }
        guard bytes.count - start >= limit else { return nil }
        consume(bytes.count - start)
        isDroppingLine = true
        return .tooLong
    }

    /// Drops octets from the front that somebody else has read.
    mutating func consume(_ count: Int) {
        start += count
        scanned = start
        guard start == bytes.count else { return }
        bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptCapacity)
        start = 0
        scanned = 0
    }

    mutating func removeAll() {
        consume(bytes.count - start)
        isDroppingLine = false
    }

    private mutating func compact() {
        bytes.removeSubrange(..<start)
        scanned -= start
        start = 0
    }
}
