package import MailModel
package import SMTPProtocol
package import TLS

/// Who answers the questions of the sessions: users, senders, recipients, and what becomes of messages.
///
/// In every answer `nil` accepts with the configured words; a 2yz or 3yz reply accepts with these, 4yz and 5yz refuse, and
/// 421 also ends the session. A session's questions come one after the other; sessions run at the same time.
package protocol SMTPServerHandler: Sendable {
    associatedtype Sink: SMTPMessageSink

    /// Asked before the greeting: a reply is said in its place, whatever its code, and the connection is closed.
    func admit(_ context: SMTPContext) async -> Reply?
    /// Asked only where the configuration offers AUTH.
    func authenticate(_ credentials: Credentials, _ context: SMTPContext) async -> Reply?
    func checkSender(_ sender: Address?, _ parameters: MailParameters, _ context: SMTPContext) async -> Reply?
    func checkRecipient(_ recipient: Address, _ context: SMTPContext) async -> Reply?
    /// A message follows, for these recipients, all of them accepted.
    func beginBody(_ envelope: Envelope, _ parameters: MailParameters, _ context: SMTPContext) async -> BodyPlace<Sink>

    /// A connection has been let in.
    func connectionOpened(_ context: SMTPContext)
    /// Nothing more will be said on the connection. Told, exactly once, before our side of it is closed: a client that has
    /// seen the end may open its next connection at once, and whoever counts must not count both.
    func dialogueEnded(_ context: SMTPContext)
    /// The socket is closed.
    /// - Parameter error: what ended it, where that was not the dialogue: a lost connection, a failed handshake.
    func connectionClosed(_ context: SMTPContext, error: (any Error)?)
    /// A connection has been turned away before a word of it was read.
    func connectionRefused(_ peer: PeerAddress, _ reply: Reply)
}

extension SMTPServerHandler {
    package func admit(_ context: SMTPContext) async -> Reply? { nil }
    package func connectionOpened(_ context: SMTPContext) {}
    package func dialogueEnded(_ context: SMTPContext) {}
    package func connectionClosed(_ context: SMTPContext, error: (any Error)?) {}
    package func connectionRefused(_ peer: PeerAddress, _ reply: Reply) {}
}

package enum BodyPlace<Sink: SMTPMessageSink>: Sendable {
    case accepted(Sink)
    case refused(Reply)
}

/// Where one message goes while it arrives: writes, and then exactly one of `finish` and `abandon`.
///
/// Nothing more is read from the connection until a write has returned. Every call comes from the session's own task.
package protocol SMTPMessageSink: Sendable {
    /// Decoded content, every line ended by CRLF; a CRLF may be split between two pieces.
    /// - Throws: `SinkFailure`; the rest of the message is then read and dropped, `abandon` is called, and the client hears
    ///   the failure's reply behind the final dot.
    mutating func write(_ bytes: [UInt8]) async throws(SinkFailure)
    /// The message is complete. What is said here is said to the client: `nil` or a 250 only once the message is safe.
    mutating func finish() async -> Reply?
    /// The message will not be completed: the client has gone, or sent too much.
    mutating func abandon() async
}

/// A message cannot be stored; what its sender will be told.
package struct SinkFailure: Error, Hashable, Sendable {
    package let reply: Reply
    package init(_ reply: Reply) { self.reply = reply }
}

/// What is known about a connection when a question is asked.
package struct SMTPContext: Sendable {
    /// Counts the connections of a listener from 1.
    package let connection: UInt64
    package let peer: PeerAddress
    package let local: PeerAddress
    /// The name in EHLO or HELO: as it came, so not to be trusted.
    package internal(set) var clientName: String?
    /// `nil` while the connection is not encrypted.
    package internal(set) var tls: TLSInfo?
    /// The name the client has authenticated as.
    package internal(set) var user: String?
    /// On a local socket the account of the process at the other end, as the kernel knows it.
    package internal(set) var localUserID: UInt32?
    /// The word for a `Received` header's `with`, such as `ESMTPSA`; right from `beginBody` on.
    package internal(set) var protocolName = "SMTP"
    /// `nil` where there is no connection, as in tests.
    package internal(set) var line: ConnectionLine?

    package init(
        connection: UInt64, peer: PeerAddress, local: PeerAddress, clientName: String? = nil, tls: TLSInfo? = nil,
        user: String? = nil, localUserID: UInt32? = nil
    ) {
        self.connection = connection
        self.peer = peer
        self.local = local
        self.clientName = clientName
        self.tls = tls
        self.user = user
        self.localUserID = localUserID
    }
}
