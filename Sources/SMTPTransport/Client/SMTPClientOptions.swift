import NIOCore
package import SMTPProtocol
package import TLS

/// Where a client connects to, and how.
package struct SMTPClientOptions: Sendable {
    package enum Security: Sendable {
        case off
        /// STARTTLS, or no session.
        case startTLS(TLSContext)
        /// TLS from the first byte.
        case implicit(TLSContext)
    }

    /// The server's name, which its certificate must be for, or its IP address.
    package var host: String
    package var port: Int
    /// The server's socket on this machine; host and port mean nothing then.
    package private(set) var localSocket: String?
    /// Our name in EHLO.
    package var hostname: String
    package var security: Security
    package var credentials: Credentials?
    package var timeouts = Timeouts()

    package init(host: String, port: Int, hostname: String, security: Security, credentials: Credentials? = nil) {
        self.host = host
        self.port = port
        self.hostname = hostname
        self.security = security
        self.credentials = credentials
    }

    /// To a server on this machine that listens on the socket at `path`.
    package init(localSocket path: String, hostname: String) {
        self.init(host: path, port: 0, hostname: hostname, security: .off)
        localSocket = path
    }

    /// How long to wait for what: RFC 5321 §4.5.3.2, shorter where nothing has been handed over yet.
    package struct Timeouts: Hashable, Sendable {
        package var connect = Duration.seconds(30)
        package var handshake = Duration.seconds(30)
        /// Greeting, EHLO, STARTTLS and AUTH.
        package var dialogue = Duration.seconds(60)
        /// MAIL, RCPT and DATA.
        package var envelope = Duration.seconds(300)
        /// For the far side to take one piece of the content.
        package var content = Duration.seconds(180)
        /// For the reply to the final dot; giving up too early makes duplicates.
        package var endOfData = Duration.seconds(600)
        /// For the server to answer QUIT and to close its side of the connection; after that it gets a reset.
        package var quit = Duration.seconds(5)

        package init() {}

        func limit(in phase: ClientPhase) -> Duration {
            switch phase {
            case .greeting, .hello, .startTLS, .authentication, .ready, .over: dialogue
            case .handshake: handshake
            case .mail, .recipients, .data: envelope
            case .body: content
            case .endOfData: endOfData
            case .quit: quit
            }
        }
    }
}

/// Why there is no session, or no longer one.
package enum SMTPClientError: Error, Sendable, CustomStringConvertible {
    /// No connection came about: nobody listens, no route, no such name.
    case unreachable(host: String, port: Int, reason: String)
    /// TLS failed before anything but greetings was said.
    case tlsFailed(TLSError)
    /// The dialogue failed.
    case session(ClientFailure)
    /// Nothing was said: there was no connection yet, or none free, when the task was cancelled or the pool shut down.
    case cancelled

    /// The message may have been accepted although no answer came.
    package var isOutcomeUnknown: Bool {
        switch self {
        case .unreachable, .tlsFailed, .cancelled: false
        case .session(let failure): failure.isOutcomeUnknown
        }
    }

    package var description: String {
        switch self {
        case .unreachable(let host, let port, let reason): "cannot connect to \(host) port \(port): \(reason)"
        case .tlsFailed(let error): "\(error)"
        case .session(let failure): "SMTP session failed in phase \(failure.phase.rawValue): \(failure.reason)"
        case .cancelled: "given up before there was a connection"
        }
    }
}
