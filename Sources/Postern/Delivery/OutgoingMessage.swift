import EmailLog
import HTTPTransport
import MailModel

/// A message as Microsoft is to receive it: a header block of ours, and behind it the stored bytes from an offset on.
struct OutgoingMessage: Sendable {
    let header: [UInt8]
    let body: MessageBody
    /// Where the bytes below the header block begin in the stored message.
    let bodyOffset: Int

    init(header: [UInt8], body: MessageBody, bodyOffset: Int) {
        self.header = header
        self.body = body
        self.bodyOffset = bodyOffset
    }

    /// Octets of the whole message, before base 64.
    var size: Int { header.count + body.size - bodyOffset }

    /// Begins the message anew as base 64 without line breaks.
    func base64() -> any HTTPBodyStream { Base64Stream(self) }

    /// A multiple of 3, so that pieces of the body leave base 64 no remainder.
    fileprivate static let pieceLength = 48 * 1024

    /// The bytes from `offset` on: the rest of the header, or a piece of the body; empty only at the end.
    func piece(at offset: Int) throws(EmailLogError) -> [UInt8] {
        guard offset < size else { return [] }
        let headerLeft = header.count - offset
        if headerLeft > 0 { return Array(header.suffix(headerLeft).prefix(Self.pieceLength)) }
        let piece = try body.read(at: bodyOffset + offset - header.count, upTo: Self.pieceLength)
        guard !piece.isEmpty else { throw .other("the stored body has become shorter") }
        return piece
    }
}

/// Encodes piece by piece while the transfer thread pulls, so that a large message never stands in memory whole.
private final class Base64Stream: HTTPBodyStream {
    private let message: OutgoingMessage
    private var encoder = Base64.Encoder()
    private var offset = 0
    private var encoded: [UInt8] = []
    private var encodedOffset = 0

    init(_ message: OutgoingMessage) { self.message = message }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        // The end of the header may be too short a piece to yield anything before the body follows.
        while encodedOffset == encoded.count, offset < message.size { try encodeNextPiece() }
        let count = min(buffer.count, encoded.count - encodedOffset)
        encoded[encodedOffset..<encodedOffset + count].withUnsafeBytes { buffer.copyMemory(from: $0) }
        encodedOffset += count
        return count
    }

    private func encodeNextPiece() throws {
        encoded.removeAll(keepingCapacity: true)
        encodedOffset = 0
        let piece = try message.piece(at: offset)
        CrashPoint.reach(.bytesLeaving)
        offset += piece.count
        encoder.append(piece, to: &encoded)
        if offset >= message.size { encoder.finish(into: &encoded) }
    }
}
