import MailModel

/// The content behind DATA, from 354 to the reply about the message (RFC 5321 §4.1.1.4).
extension ServerSession {
    mutating func settlePlace(_ reply: Reply?) {
        let reply = reply ?? configuration.replies.startMail
        say(reply)
        state = reply.isRefusal ? .command(.ready) : .receiving(.init())
    }

    mutating func readContent(_ content: ServerState.Content) -> Bool {
        guard !input.isEmpty else { return false }
        var content = content
        var chunk: [UInt8] = []
        chunk.reserveCapacity(input.unread.count)
        let taken = content.decoder.decode(input.unread, into: &chunk)
        input.consume(taken)
        if !content.isDiscarding, exceedsLimit(content.decoder.octets) {
            content.isDiscarding = true
            emit(.abandonBody)
        }
        if !content.isDiscarding, !chunk.isEmpty { emit(.bodyChunk(chunk)) }
        state = .receiving(content)
        if content.decoder.isFinished { finish(content) }
        return true
    }

    private mutating func finish(_ content: ServerState.Content) {
        if content.isDiscarding {
            say(configuration.replies.messageTooLarge)
            state = .command(.ready)
        } else {
            ask(.verdict, .endOfBody)
        }
    }

    mutating func settleVerdict(_ reply: Reply?) {
        let reply = reply ?? configuration.replies.messageAccepted
        say(reply)
        if !reply.isRefusal { badCommands = 0 }
        state = .command(.ready)
    }
}
