import NIOCore

/// Plain text that waits for the end of the handshake, for a flush, or for room in the channel.
struct PendingWrites {
    private var writes = MarkedCircularBuffer<(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)>(
        initialCapacity: 4)

    var hasFlushed: Bool { writes.hasMark }

    mutating func append(_ bytes: ByteBuffer, promise: EventLoopPromise<Void>?) {
        writes.append((bytes, promise))
    }

    mutating func flush() { writes.mark() }

    /// The first flushed bytes, at most `limit`; with the write's promise when they are its last.
    mutating func takeFlushed(upTo limit: Int) -> (bytes: ByteBuffer, promise: EventLoopPromise<Void>?)? {
        guard writes.hasMark, let first = writes.first else { return nil }
        guard first.bytes.readableBytes > limit else { return writes.removeFirst() }
        guard let piece = writes[writes.startIndex].bytes.readSlice(length: limit) else { return nil }
        return (piece, nil)
    }

    /// Empties the queue and hands out the promises, so that failing them can re-enter safely.
    mutating func removeAll() -> [EventLoopPromise<Void>] {
        let promises = writes.compactMap(\.promise)
        writes = MarkedCircularBuffer(initialCapacity: 4)
        return promises
    }
}
