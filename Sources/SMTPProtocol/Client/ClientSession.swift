package import MailModel

/// The client's side of an SMTP connection, without the connection: bytes in, actions out (RFC 5321 and extensions).
///
/// The owner pulls `next()` until it gives `nil`: then input is wanted. After `ready` it calls `deliver` or `quit`; a
/// delivery ends in `finished`, after which the session is ready again, or in `failed`, after which it is over.
package struct ClientSession: Sendable {
    package enum Action: Hashable, Sendable {
        /// Write and flush.
        case send([UInt8])
        /// Begin the TLS handshake, then `tlsEstablished()`; or `tlsInjected()` where plaintext was found waiting.
        case startTLS
        /// Greeted, encrypted and authenticated as configured: `deliver` or `quit`.
        case ready
        /// The server waits for the content: stream it through a `DataEncoder`, with `bodySent()` before its last octets
        /// leave; or `bodyFailed()`.
        case sendBody
        /// The server waits for a chunk: take one from a `ChunkEncoder`, with `chunkSent` before its octets leave; or
        /// `bodyFailed()`. Comes again until the last.
        case sendChunk
        /// What the server said about the message, or why it was not offered; the session is ready for another.
        case finished(DeliveryReport)
        /// The session is over for this reason; `close` follows.
        case failed(ClientFailure)
        /// Close the connection once everything is written. The last action.
        case close
    }

    let configuration: ClientConfiguration
    var state = ClientState.awaiting(.greeting)
    var parser = ReplyParser()
    private var actions: [Action] = []

    /// What the server announced last; nothing before EHLO.
    package internal(set) var capabilities = ServerCapabilities()
    package internal(set) var isSecure: Bool
    /// A transaction was begun and not ended: RSET comes before the next.
    var needsReset = false

    /// - Parameter isSecure: whether the connection is encrypted from its first byte.
    package init(_ configuration: ClientConfiguration, isSecure: Bool = false) {
        self.configuration = configuration
        self.isSecure = isSecure
    }

    /// What the session is waiting for; chooses the timeout (RFC 5321 §4.5.3.2).
    package var phase: ClientPhase { state.phase }
}

// MARK: Events

extension ClientSession {
    package mutating func receive(_ bytes: some Collection<UInt8>) {
        switch state {
        case .handshake: tlsInjected()
        case .over: break
        case .awaiting, .ready, .transacting, .sendingBody, .sendingChunks, .awaitingVerdict: parser.append(bytes)
        }
    }

    /// The next thing to do; `nil`: wait for input, or for the owner's next wish.
    package mutating func next() -> Action? {
        while actions.isEmpty, advance() {}
        return actions.isEmpty ? nil : actions.removeFirst()
    }

    /// Begins a transaction; only when ready, and with at least one recipient.
    package mutating func deliver(_ envelope: Envelope, _ traits: MessageTraits) {
        guard case .ready = state else {
            precondition(phase == .over, "a delivery while the session is not ready")
            return
        }
        begin(envelope, traits)
    }

    /// The content is written but for its last octets, the final dot; from here on only the server knows what became of it.
    package mutating func bodySent() {
        guard case .sendingBody(let transaction) = state else {
            precondition(phase == .over, "content nobody asked for")
            return
        }
        state = .awaitingVerdict(transaction)
    }

    /// A chunk is framed and about to leave; with the last one, only the server knows from here on what became of the message.
    package mutating func chunkSent(isLast: Bool) {
        guard case .sendingChunks(var transaction) = state, transaction.chunks?.isAsked == true else {
            precondition(phase == .over, "a chunk nobody asked for")
            return
        }
        transaction.chunks?.sent()
        if isLast { state = .awaitingVerdict(transaction) } else { askForChunk(transaction) }
    }

    /// The content could not be read to its end: the connection is dropped without the final dot or the last chunk, so nothing
    /// is delivered.
    package mutating func bodyFailed() { fail(.bodyFailed) }

    /// Ends the session politely; before it is ready, at once.
    package mutating func quit() {
        switch state {
        case .ready:
            send("QUIT")
            state = .awaiting(.quit)
        case .over: break
        case .awaiting, .handshake, .transacting, .sendingBody, .sendingChunks, .awaitingVerdict: end()
        }
    }

    /// The handshake is done: what the server said before is forgotten (RFC 3207 §4.2).
    package mutating func tlsEstablished() {
        guard case .handshake = state else {
            precondition(phase == .over, "a handshake nobody asked for")
            return
        }
        isSecure = true
        capabilities = ServerCapabilities()
        sayHello()
    }

    /// Plaintext was found behind the server's answer to STARTTLS (the attack of CVE-2011-0411).
    package mutating func tlsInjected() { fail(.plaintextInjected) }

    /// The server was silent for too long.
    package mutating func timeout() { fail(.timeout) }

    /// The connection is gone, or TLS failed.
    package mutating func peerClosed() { fail(.connectionClosed) }
}

// MARK: What the tables in the other files use

extension ClientSession {
    /// Takes one reply, where there is one.
    private mutating func advance() -> Bool {
        guard phase != .over, phase != .handshake else { return false }
        do {
            guard let reply = try parser.next() else { return false }
            handle(reply)
        } catch {
            fail(.malformedReply(error.text))
        }
        return true
    }

    /// The table: every state times every kind of reply.
    private mutating func handle(_ reply: Reply) {
        switch (state, reply.class) {
        case (.awaiting(.quit), _): end()
        case (_, .transient) where reply.code == 421: fail(.refused(reply))
        case (.awaiting(let step), _): handleSetup(step, reply)
        case (.transacting(let transaction), _): handleTransaction(transaction, reply)
        case (.sendingChunks(let transaction), _): handleChunk(transaction, reply)
        case (.awaitingVerdict(let transaction), _): conclude(transaction, reply)
        case (.sendingBody, .transient), (.sendingBody, .permanent): fail(.refused(reply))
        case (.sendingBody, .positive), (.sendingBody, .intermediate), (.ready, _), (.handshake, _):
            fail(.unexpectedReply(reply))
        case (.over, _): break
        }
    }

    mutating func send(_ line: String) { emit(.send(Array("\(line)\r\n".utf8))) }

    mutating func emit(_ action: Action) { actions.append(action) }

    mutating func fail(_ reason: ClientFailure.Reason) {
        let failure = ClientFailure(phase, reason)
        guard failure.phase != .over else { return }
        if failure.phase != .quit { emit(.failed(failure)) }
        if reason.leavesDialogue, failure.phase != .body { send("QUIT") }
        end()
    }

    private mutating func end() {
        state = .over
        emit(.close)
    }
}

extension ClientFailure.Reason {
    /// The server still listens, so that a QUIT is polite.
    fileprivate var leavesDialogue: Bool {
        switch self {
        case .refused(let reply): reply.code != 421
        case .authenticationRefused, .tlsNotOffered, .mechanismNotOffered: true
        case .plaintextInjected, .malformedReply, .unexpectedReply, .timeout, .connectionClosed,
            .bodyFailed:
            false
        }
    }
}
