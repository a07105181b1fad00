import EmailLog
import SMTPProtocol

/// A message on its way into a DATA or BDAT: read from the store piece by piece, as the connection takes it.
struct MessagePieces: AsyncSequence, AsyncIteratorProtocol {
    private let message: OutgoingMessage
    private var offset = 0

    init(_ message: OutgoingMessage) { self.message = message }

    func makeAsyncIterator() -> MessagePieces { self }

    mutating func next() async throws -> [UInt8]? {
        let piece = try message.piece(at: offset)
        CrashPoint.reach(.bytesLeaving)
        offset += piece.count
        return piece.isEmpty ? nil : piece
    }
}

extension OutgoingMessage {
    /// What MAIL has to say about it. Reads the whole message.
    func traits() throws(EmailLogError) -> MessageTraits {
        let hasUTF8Headers = header.contains { $0 > 0x7F }
        let hasEightBitBody = try isEightBit(from: header.count)
        return MessageTraits(
            size: size, isEightBit: hasUTF8Headers || hasEightBitBody, hasUTF8Headers: hasUTF8Headers)
    }

    /// What keeps the message from being read to its end.
    func damage() -> EmailLogError? {
        do throws(EmailLogError) {
            var offset = 0
            while offset < size { offset += try piece(at: offset).count }
            return nil
        } catch {
            return error
        }
    }

    private func isEightBit(from start: Int) throws(EmailLogError) -> Bool {
        var offset = start
        while offset < size {
            let piece = try piece(at: offset)
            if piece.contains(where: { $0 > 0x7F }) { return true }
            offset += piece.count
        }
        return false
    }
}
