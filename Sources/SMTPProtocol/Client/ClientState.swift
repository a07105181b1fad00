import MailModel

/// Where a client session stands, and what may come next.
enum ClientState: Sendable {
    /// One command, or the connection itself, awaits its reply while the session is set up. → awaiting, handshake, ready, over
    case awaiting(Step)
    /// The TLS handshake is the owner's. → awaiting, over
    case handshake
    /// → transacting, awaiting(quit), over
    case ready
    /// Between MAIL and the reply to DATA, or to the last RCPT. → sendingBody, sendingChunks, awaitingVerdict, ready, over
    case transacting(ClientTransaction)
    /// The owner writes the content. → awaitingVerdict, over
    case sendingBody(ClientTransaction)
    /// The owner writes chunks, and earlier ones are answered. → awaitingVerdict, ready, over
    case sendingChunks(ClientTransaction)
    /// The final dot or the last chunk is out. → ready, over
    case awaitingVerdict(ClientTransaction)
    case over

    enum Step: Sendable {
        case greeting, ehlo, helo, startTLS
        /// - Parameter responses: in base 64, for the 334s to come.
        case authentication(responses: [String], mechanism: Mechanism)
        /// XOAUTH2's explanation has been answered; the 535 is due.
        case refusedAuthentication(challenge: String)
        case quit
    }

    var phase: ClientPhase {
        switch self {
        case .awaiting(let step): step.phase
        case .handshake: .handshake
        case .ready: .ready
        case .transacting(let transaction): transaction.phase
        case .sendingBody, .sendingChunks: .body
        case .awaitingVerdict: .endOfData
        case .over: .over
        }
    }
}

extension ClientState.Step {
    fileprivate var phase: ClientPhase {
        switch self {
        case .greeting: .greeting
        case .ehlo, .helo: .hello
        case .startTLS: .startTLS
        case .authentication, .refusedAuthentication: .authentication
        case .quit: .quit
        }
    }
}
