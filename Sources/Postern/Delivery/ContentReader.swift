import EmailLog
import HTTPTransport
import MIME

/// The octets of a part with its transfer encoding taken away, read from the store as they are wanted. A value: a copy goes
/// on from where it was taken.
struct ContentReader: Sendable {
    enum Failure: Error {
        case unreadable(EmailLogError)
        /// Not what the part's transfer encoding promises.
        case damaged
    }

    private static let pieceLength = 48 * 1024

    private let body: MessageBody
    private let end: Int
    private var offset: Int
    private var decoder: TransferDecoder
    /// Decoded, and handed out up to `used`.
    private var piece: [UInt8] = []
    private var used = 0
    private var isFinished = false
    /// Octets handed out.
    private(set) var position = 0

    init(_ content: DecomposedMessage.Content, of body: MessageBody) {
        self.body = body
        (offset, end) = (content.range.lowerBound, content.range.upperBound)
        decoder = TransferDecoder(content.encoding)
    }

    /// Up to `count` octets; none only at the end.
    mutating func read(upTo count: Int) throws(Failure) -> ArraySlice<UInt8> {
        while used == piece.count, !isFinished { try decodePiece() }
        let octets = piece[used..<used + min(count, piece.count - used)]
        used += octets.count
        position += octets.count
        return octets
    }

    /// - Parameter target: not before `position`.
    mutating func skip(to target: Int) throws(Failure) {
        while position < target { if try read(upTo: target - position).isEmpty { return } }
    }

    /// What is left.
    mutating func readAll() throws(Failure) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let octets = try read(upTo: .max)
            if octets.isEmpty { return all }
            all += octets
        }
    }

    /// How much is left.
    func count() throws(Failure) -> Int {
        var reader = self
        while try !reader.read(upTo: .max).isEmpty {}
        return reader.position - position
    }

    private mutating func decodePiece() throws(Failure) {
        piece.removeAll(keepingCapacity: true)
        used = 0
        let encoded = try encodedPiece()
        offset += encoded.count
        do {
            try decoder.append(encoded, to: &piece)
            isFinished = offset >= end
            if isFinished { try decoder.finish(into: &piece) }
        } catch {
            throw .damaged
        }
    }

    private func encodedPiece() throws(Failure) -> [UInt8] {
        do throws(EmailLogError) {
            let encoded = try body.read(at: offset, upTo: min(Self.pieceLength, end - offset))
            guard !encoded.isEmpty || offset >= end else { throw .other("the stored body has become shorter") }
            return encoded
        } catch {
            throw .unreadable(error)
        }
    }
}

extension ContentReader {
    /// So many octets from here on, for the transfer thread.
    func stream(_ count: Int) -> any HTTPBodyStream { ContentStream(self, count) }
}

private final class ContentStream: HTTPBodyStream {
    private var reader: ContentReader
    private var left: Int

    init(_ reader: ContentReader, _ count: Int) { (self.reader, left) = (reader, count) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let octets = try reader.read(upTo: min(buffer.count, left))
        CrashPoint.reach(.bytesLeaving)
        octets.withUnsafeBytes { buffer.copyMemory(from: $0) }
        left -= octets.count
        return octets.count
    }
}
