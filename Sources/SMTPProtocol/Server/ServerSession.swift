package import MailModel

/// The server's side of an SMTP connection, without the connection: bytes in, actions out (RFC 5321 and extensions).
///
/// The owner pulls `next()` until it gives `nil`: then more input, or the answer to the last question, is wanted. It begins
/// with the greeting. A question is answered with `resume`, at once or later; input that arrives in between waits here, so
/// the order of pipelined commands holds (RFC 2920).
package struct ServerSession: Sendable {
    package enum Action: Hashable, Sendable {
        /// Write and flush: one reply or several.
        case send([UInt8])
        /// A question: are these right?
        case authenticate(Credentials)
        /// A question: may mail from this sender (`nil`: the null path) come in?
        case checkSender(Address?, MailParameters)
        /// A question: may mail go to this recipient?
        case checkRecipient(Address)
        /// A question: is there a place for this message? Once accepted, `bodyChunk`s follow, and then exactly one of
        /// `endOfBody` and `abandonBody`.
        case beginBody(Envelope, MailParameters)
        /// Decoded content, every line ended by CRLF; never empty. A CRLF may be split between two chunks.
        case bodyChunk([UInt8])
        /// A question: is the message safe? The answer is what the client hears about it.
        case endOfBody
        /// The message will not be completed: discard what came of it.
        case abandonBody
        /// Write these bytes in plaintext and begin the handshake in the same breath, then `tlsEstablished()`; or
        /// `tlsInjected()` *instead of* writing, where plaintext was found waiting behind the command.
        case startTLS(goAhead: [UInt8])
        /// Close the connection once everything is written. The last action.
        case close
    }

    let configuration: ServerConfiguration
    var state = ServerState.connected
    var input = LineBuffer()
    /// Replies not yet handed out.
    private var output: [UInt8] = []
    private var actions: [Action] = []

    /// The name the client gave in EHLO or HELO: as it came, so not to be trusted, but free of control characters.
    package internal(set) var clientName: String?
    /// The name the client has authenticated as.
    package internal(set) var user: String?
    package private(set) var isSecure: Bool
    var isExtended = false
    /// The accepted recipients of the transaction under way.
    var recipients: [Address] = []
    var badCommands = 0
    var failedAuthentications = 0
    private var isShuttingDown = false

    /// - Parameter isSecure: whether the connection is encrypted from its first byte.
    package init(_ configuration: ServerConfiguration, isSecure: Bool = false) {
        self.configuration = configuration
        self.isSecure = isSecure
    }

    /// The word for a `Received` header's `with` (RFC 3848, RFC 6531 §4.3): `SMTP`, `ESMTP`, `ESMTPSA`, `UTF8SMTPSA`, …
    package func protocolName(for parameters: MailParameters) -> String {
        guard isExtended else { return "SMTP" }
        let base = parameters.smtpUTF8 ? "UTF8SMTP" : "ESMTP"
        return base + (isSecure ? "S" : "") + (user == nil ? "" : "A")
    }
}

// MARK: Events

extension ServerSession {
    /// Takes over a chunk of input.
    package mutating func receive(_ bytes: some Collection<UInt8>) {
        switch state {
        case .connected, .command, .authenticating, .asking, .receiving, .receivingChunk: input.append(bytes)
        case .startingTLS: tlsInjected()
        case .over: break
        }
    }

    /// The next thing to do; `nil`: wait for input, or for the answer to the open question.
    package mutating func next() -> Action? {
        while actions.isEmpty, advance() {}
        guard let action = actions.first else { return flush() }
        if action.endsPlaintext, let said = flush() { return said }
        actions.removeFirst()
        return action
    }

    /// Answers the open question.
    ///
    /// - Parameter reply: `nil` accepts with the configured words; 2yz or 3yz accepts with these words, 4yz or 5yz refuses, and
    ///   421 also ends the session. Ignored once the session is over.
    package mutating func resume(_ reply: Reply? = nil) {
        switch state {
        case .asking(let question): settle(question, reply)
        case .over: break
        case .connected, .command, .authenticating, .receiving, .receivingChunk, .startingTLS:
            preconditionFailure("an answer without a question")
        }
    }

    /// The handshake asked for by `startTLS` is done: everything said before is forgotten (RFC 3207 §4.2).
    package mutating func tlsEstablished() {
        switch state {
        case .startingTLS:
            isSecure = true
            isExtended = false
            clientName = nil
            user = nil
            state = .command(.greeted)
        case .over: break
        case .connected, .command, .authenticating, .asking, .receiving, .receivingChunk:
            preconditionFailure("a handshake nobody asked for")
        }
    }

    /// Plaintext was found behind the STARTTLS command: 554 and the end (the attack of CVE-2011-0411).
    package mutating func tlsInjected() {
        guard case .startingTLS = state else { return }
        say(Reply(554, .init(5, 5, 0), "Plaintext behind STARTTLS refused"))
        end()
    }

    /// The client was silent for too long: 421 and the end. Without effect while a question is open.
    package mutating func timeout() {
        switch state {
        case .connected, .command, .authenticating, .receiving, .receivingChunk:
            say(configuration.replies.timeout)
            end()
        case .startingTLS: end()
        case .asking, .over: break
        }
    }

    /// The service stops: 421 and the end, once no message and no question is under way.
    package mutating func shutdown() { isShuttingDown = true }

    /// The client has gone, or TLS failed: nothing more is said, and a message under way is abandoned.
    package mutating func peerClosed() {
        guard !isOver else { return }
        output = []
        end()
    }
}

// MARK: What the tables in the other files use

extension ServerSession {
    private var isOver: Bool {
        if case .over = state { true } else { false }
    }

    /// Does one step with the input there is; false where there is nothing to do.
    private mutating func advance() -> Bool {
        switch state {
        case .command where isShuttingDown && !state.hasContent, .authenticating where isShuttingDown:
            say(configuration.replies.shutdown)
            end()
            return true
        case .connected:
            say(Reply(220, nil, configuration.greeting))
            state = .command(.greeted)
            return true
        case .command(let stage): return readCommand(stage)
        case .authenticating(let exchange): return readSASL(exchange)
        case .receiving(let content): return readContent(content)
        case .receivingChunk(let chunk): return readChunk(chunk)
        case .asking, .startingTLS, .over: return false
        }
    }

    private mutating func settle(_ question: ServerState.Question, _ reply: Reply?) {
        switch question {
        case .credentials(let credentials): settleCredentials(credentials, reply)
        case .sender(let transaction): settleSender(transaction, reply)
        case .recipient(let address, let transaction): settleRecipient(address, transaction, reply)
        case .place(nil): settlePlace(reply)
        case .place(let chunk?): settlePlace(reply, for: chunk)
        case .verdict: settleVerdict(reply)
        }
        if reply?.code == 421 { end() }
    }

    mutating func say(_ reply: Reply) { reply.encode(into: &output) }

    mutating func emit(_ action: Action) { actions.append(action) }

    /// Asks the owner; input waits until the answer.
    mutating func ask(_ question: ServerState.Question, _ action: Action) {
        state = .asking(question)
        actions.append(action)
    }

    /// Says what is wrong, and ends with a client that does nothing else.
    mutating func complain(_ reply: Reply) {
        say(reply)
        badCommands += 1
        guard badCommands >= configuration.maxBadCommands else { return }
        say(Reply(421, .init(4, 7, 0), "Too many errors, closing connection"))
        end()
    }

    mutating func end() {
        guard !isOver else { return }
        abandonContent()
        state = .over
        input.removeAll()
        actions.append(.close)
    }

    /// Where a message has begun and will not be completed.
    mutating func abandonContent() {
        if state.hasContent { actions.append(.abandonBody) }
    }

    private mutating func flush() -> Action? {
        guard !output.isEmpty else { return nil }
        defer { output = [] }
        return .send(output)
    }
}

extension ServerSession.Action {
    /// What has been said must be on its way before this.
    fileprivate var endsPlaintext: Bool {
        switch self {
        case .startTLS, .close: true
        case .send, .authenticate, .checkSender, .checkRecipient, .beginBody, .bodyChunk, .endOfBody,
            .abandonBody:
            false
        }
    }
}
