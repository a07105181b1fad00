import MailModel

/// BDAT (RFC 3030 §2): content in counted chunks. A chunk that is refused is read to its end first, for its octets are on
/// their way already and are no commands.
extension ServerSession {
    mutating func bdat(_ size: Int, _ isLast: Bool, _ stage: ServerState.Stage) {
        guard configuration.capabilities.contains(.chunking) else {
            return complain(Command.reply(to: .notImplemented))
        }
        var chunk = ServerState.Chunk(remaining: size, isLast: isLast, use: .content(.init()))
        switch stage {
        case .greeted: drop(chunk, outOfOrder("Send EHLO first"), then: stage)
        case .ready: drop(chunk, outOfOrder("Need MAIL command"), then: stage)
        case .transaction where recipients.isEmpty: drop(chunk, outOfOrder("Need RCPT command"), then: stage)
        case .transaction where exceedsLimit(size): drop(chunk, configuration.replies.messageTooLarge, then: .ready)
        case .transaction(let transaction):
            let envelope = Envelope(sender: transaction.sender, recipients: recipients)
            ask(.place(chunk: chunk), .beginBody(envelope, transaction.parameters))
        case .chunks(let content):
            chunk.use = .content(content)
            state = .receivingChunk(chunk)
        }
    }

    /// In plaintext, where TLS is demanded.
    mutating func refuseInPlaintext(_ command: Command, _ stage: ServerState.Stage) {
        let refusal = configuration.replies.tlsRequired
        if case .bdat(let size, let isLast) = command, configuration.capabilities.contains(.chunking) {
            drop(.init(remaining: size, isLast: isLast, use: .content(.init())), refusal, then: stage)
        } else {
            complain(refusal)
        }
    }

    mutating func settlePlace(_ reply: Reply?, for chunk: ServerState.Chunk) {
        if let reply, reply.code == 421 {
            // The session ends with it: there is nothing to read first.
            say(reply)
        } else if let reply, reply.isRefusal {
            drop(chunk, reply, then: .ready)
        } else {
            state = .receivingChunk(chunk)
        }
    }

    private mutating func drop(_ chunk: ServerState.Chunk, _ refusal: Reply, then stage: ServerState.Stage) {
        var chunk = chunk
        chunk.use = .dropped(refusal, then: stage)
        state = .receivingChunk(chunk)
    }

    mutating func readChunk(_ chunk: ServerState.Chunk) -> Bool {
        var chunk = chunk
        let octets = input.unread.prefix(chunk.remaining)
        guard !octets.isEmpty || chunk.remaining == 0 else { return false }
        let count = octets.count
        if case .content(let content) = chunk.use {
            chunk.use = read(octets, content, isEnd: chunk.isLast && chunk.remaining == count)
        }
        input.consume(count)
        chunk.remaining -= count
        state = .receivingChunk(chunk)
        if chunk.remaining == 0 { finish(chunk) }
        return true
    }

    private mutating func read(
        _ octets: ArraySlice<UInt8>, _ content: ServerState.ChunkedContent, isEnd: Bool
    ) -> ServerState.Chunk.Use {
        var content = content
        var output: [UInt8] = []
        output.reserveCapacity(octets.count + 2)
        content.lines.encode(octets, into: &output)
        if isEnd { content.lines.endLine(into: &output) }
        content.octets += output.count
        if exceedsLimit(content.octets) {
            emit(.abandonBody)
            return .dropped(configuration.replies.messageTooLarge, then: .ready)
        }
        if !output.isEmpty { emit(.bodyChunk(output)) }
        return .content(content)
    }

    private mutating func finish(_ chunk: ServerState.Chunk) {
        switch chunk.use {
        case .dropped(let refusal, let stage):
            say(refusal)
            state = .command(stage)
        case .content where chunk.isLast: ask(.verdict, .endOfBody)
        case .content(let content):
            say(Reply(250, .init(2, 0, 0), "Chunk Ok"))
            state = .command(.chunks(content))
        }
    }
}

extension ServerState {
    /// A message has begun, and neither `endOfBody` nor `abandonBody` has been said of it.
    var hasContent: Bool {
        switch self {
        case .receiving(let content): !content.isDiscarding
        case .receivingChunk(let chunk): if case .content = chunk.use { true } else { false }
        case .command(.chunks): true
        case .connected, .command, .authenticating, .asking, .startingTLS, .over: false
        }
    }
}
