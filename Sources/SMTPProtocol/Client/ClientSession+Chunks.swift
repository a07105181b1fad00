import MailModel

/// Content in chunks (RFC 3030 §2): BDAT is answered each time, and where the server has PIPELINING several are on their way
/// at once. After a refusal nothing more is sent but what had left already, and the transaction ends with RSET.
extension ClientSession {
    /// Chunks on their way at once: with 64 KiB each, enough for a far server, and little to throw away after a refusal.
    private static let pipelinedChunks = 8

    /// `nil`: the content goes behind DATA.
    var chunkWindow: Int? {
        guard capabilities.chunking else { return nil }
        return capabilities.pipelining ? Self.pipelinedChunks : 1
    }

    mutating func beginChunks(_ transaction: ClientTransaction) {
        if let refusal = transaction.refusal {
            finish(transaction, refusal)
        } else {
            askForChunk(transaction)
        }
    }

    mutating func askForChunk(_ transaction: ClientTransaction) {
        var transaction = transaction
        if let chunks = transaction.chunks, chunks.hasRoom, !chunks.isAsked {
            transaction.chunks?.isAsked = true
            emit(.sendChunk)
        }
        state = .sendingChunks(transaction)
    }

    /// A reply while there is more to send. A refusal that comes while the owner is at the next chunk finds it half written,
    /// as one in the middle of DATA does.
    mutating func handleChunk(_ transaction: ClientTransaction, _ reply: Reply) {
        var transaction = transaction
        guard var chunks = transaction.chunks, chunks.outstanding > 0, reply.class != .intermediate else {
            return fail(.unexpectedReply(reply))
        }
        chunks.answered(reply)
        transaction.chunks = chunks
        if let refusal = chunks.refusal {
            if chunks.isAsked { return fail(.refused(refusal)) }
            if chunks.outstanding == 0 { return finish(transaction, .refused(.message, refusal)) }
        }
        askForChunk(transaction)
    }

    /// A reply after the last chunk: to one before it, or the word about the message. A server that accepts the last chunk
    /// though it has refused another holds who knows what.
    mutating func concludeChunks(_ transaction: ClientTransaction, _ reply: Reply) {
        var transaction = transaction
        guard var chunks = transaction.chunks, reply.class != .intermediate else {
            return fail(.unexpectedReply(reply))
        }
        let isLast = chunks.outstanding == 1
        let earlier = chunks.refusal
        chunks.answered(reply)
        transaction.chunks = chunks
        if !isLast {
            state = .awaitingVerdict(transaction)
        } else if let earlier {
            reply.isRefusal ? finish(transaction, .refused(.message, earlier)) : fail(.unexpectedReply(reply))
        } else {
            judge(transaction, reply)
        }
    }
}
