import MailModel

/// One message: MAIL, RCPT, DATA in one go where the server has PIPELINING, else one by one (RFC 5321 §3.3, RFC 2920 §3.1).
/// Where the server has CHUNKING, no DATA is said, and content follows once a recipient has been accepted.
extension ClientSession {
    mutating func begin(_ envelope: Envelope, _ traits: MessageTraits) {
        precondition(!envelope.recipients.isEmpty, "a message for nobody")
        if let limit = capabilities.size, traits.size > limit {
            return emit(.finished(DeliveryReport(.tooLarge(limit: limit))))
        }
        let needsUTF8 = traits.hasUTF8Headers || envelope.needsUTF8
        if needsUTF8, !capabilities.smtpUTF8 { return emit(.finished(DeliveryReport(.needsUTF8))) }

        let transaction = ClientTransaction(
            envelope: envelope, mailCommand: mailCommand(envelope.sender, traits, needsUTF8),
            reset: needsReset, window: chunkWindow)
        needsReset = false
        state = .transacting(transaction)
        send((capabilities.pipelining ? transaction.steps : [transaction.current]).map(\.command))
    }

    /// 8-bit content goes to a server without 8BITMIME as it is: converting it would break signatures, and such servers
    /// pass it on.
    private func mailCommand(_ sender: Address?, _ traits: MessageTraits, _ needsUTF8: Bool) -> String {
        var command = "MAIL FROM:<\(sender?.description ?? "")>"
        if capabilities.announcesSize { command += " SIZE=\(traits.size)" }
        if traits.isEightBit, capabilities.eightBitMIME { command += " BODY=8BITMIME" }
        if needsUTF8 { command += " SMTPUTF8" }
        return command
    }

    private mutating func send(_ commands: [String]) { send(commands.joined(separator: "\r\n")) }

    mutating func handleTransaction(_ transaction: ClientTransaction, _ reply: Reply) {
        var transaction = transaction
        switch (transaction.current, reply.class) {
        case (.reset, .positive): proceed(transaction)
        case (.mail, .positive), (.mail, .transient), (.mail, .permanent):
            transaction.mailReply = reply
            proceed(transaction)
        case (.recipient(let address), .positive), (.recipient(let address), .transient),
            (.recipient(let address), .permanent):
            transaction.recipients.append(.init(address, reply))
            proceed(transaction)
        case (.data, .intermediate): sendBody(transaction)
        case (.data, .transient), (.data, .permanent):
            finish(transaction, transaction.refusal ?? .refused(.data, reply))
        case (.reset, .transient), (.reset, .permanent): fail(.refused(reply))
        case (.reset, .intermediate), (.mail, .intermediate), (.recipient, .intermediate),
            (.data, .positive):
            fail(.unexpectedReply(reply))
        }
    }

    private mutating func proceed(_ transaction: ClientTransaction) {
        var transaction = transaction
        transaction.position += 1
        state = .transacting(transaction)
        guard !transaction.isComplete else { return beginChunks(transaction) }
        guard !capabilities.pipelining else { return }
        if let refusal = transaction.refusal, transaction.isRefusalFinal {
            finish(transaction, refusal)
        } else {
            send(transaction.current.command)
        }
    }

    /// A server may say 354 though it has refused everybody, where DATA was sent ahead: then it gets an empty message, which goes
    /// to nobody (RFC 2920 §3.1).
    private mutating func sendBody(_ transaction: ClientTransaction) {
        if transaction.refusal == nil {
            state = .sendingBody(transaction)
            emit(.sendBody)
        } else {
            state = .awaitingVerdict(transaction)
            send(".")
        }
    }

    mutating func conclude(_ transaction: ClientTransaction, _ reply: Reply) {
        if transaction.chunks != nil {
            concludeChunks(transaction, reply)
        } else if let refusal = transaction.refusal {
            finish(transaction, refusal)
        } else {
            judge(transaction, reply)
        }
    }

    /// The word about the whole message.
    mutating func judge(_ transaction: ClientTransaction, _ reply: Reply) {
        switch reply.class {
        case .positive: finish(transaction, .accepted(reply))
        case .transient, .permanent: finish(transaction, .refused(.message, reply))
        case .intermediate: fail(.unexpectedReply(reply))
        }
    }

    mutating func finish(_ transaction: ClientTransaction, _ conclusion: DeliveryReport.Conclusion) {
        needsReset = transaction.isOpen(after: conclusion)
        state = .ready
        emit(.finished(transaction.report(conclusion)))
    }
}

extension Envelope {
    fileprivate var needsUTF8: Bool {
        sender?.needsUTF8 == true || recipients.contains(where: \.needsUTF8)
    }
}
