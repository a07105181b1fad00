import MailModel
import SMTPProtocol
import SMTPTransport
import TLS

/// Exchange Online's client submission host (`smtp.office365.com:587`): STARTTLS, then XOAUTH2 or LOGIN, then mail.
struct ExchangeHost: SMTPServerHandler {
    let core: EmulatorCore

    func admit(_ context: SMTPContext) async -> Reply? {
        await core.carryOut(core.withState { $0.admit(context.connection) }, on: context.line)
    }

    func authenticate(_ credentials: Credentials, _ context: SMTPContext) async -> Reply? {
        let moment = core.moment()
        let verdict = core.withState { $0.authenticate(credentials, connection: context.connection, at: moment) }
        return await core.carryOut(verdict, on: context.line)
    }

    func checkSender(_ sender: Address?, _ parameters: MailParameters, _ context: SMTPContext) async -> Reply? {
        let verdict = core.withState { $0.checkSender(sender, connection: context.connection) }
        return await core.carryOut(verdict, on: context.line)
    }

    func checkRecipient(_ recipient: Address, _ context: SMTPContext) async -> Reply? {
        let verdict = core.withState { $0.checkRecipient(recipient, connection: context.connection) }
        return await core.carryOut(verdict, on: context.line)
    }

    func beginBody(
        _ envelope: Envelope, _ parameters: MailParameters, _ context: SMTPContext
    ) async -> BodyPlace<ExchangeInbox> {
        let moment = core.moment()
        let submission = core.withState { $0.beginSubmission(envelope, connection: context.connection, at: moment) }
        return .accepted(ExchangeInbox(core: core, submission: submission, line: context.line))
    }

    func connectionOpened(_ context: SMTPContext) { core.withState { $0.openSMTP(context.connection) } }

    func dialogueEnded(_ context: SMTPContext) { core.withState { $0.closeSMTP(context.connection) } }

    /// For each connection anew, so that switches turned while the emulator runs take effect.
    func settings(tls: TLSContext) -> SMTPServerSettings {
        let (smtp, limits) = core.withState { ($0.settings.smtp, $0.settings.limits) }
        var settings = SMTPServerSettings(session: configuration(smtp, limits))
        settings.tls = tls
        settings.maxConnections = 10_000
        return settings
    }

    private func configuration(_ smtp: SMTPSettings, _ limits: PublishedLimits) -> ServerConfiguration {
        var session = ServerConfiguration(hostname: smtp.hostname)
        session.greeting = "\(smtp.hostname) Microsoft ESMTP MAIL Service ready at \(core.moment().wall.mailDate)"
        session.hello = "\(smtp.hostname) Hello [127.0.0.1]"
        session.capabilities = [
            .size, .pipelining, .dsn, .enhancedStatusCodes, .startTLS, .auth, .eightBitMIME, .chunking,
            .smtpUTF8,
        ]
        // Announced by the host; a mailbox's own, smaller limit is held at the end of DATA.
        session.maxMessageSize = 157_286_400
        session.maxRecipients = limits.recipientsPerMessage
        session.authentication = smtp.allowsAnonymous ? .optional : .required
        session.mechanisms = [.login, .xoauth2]
        session.allowsPlaintextAuthentication = smtp.allowsPlaintextAuth
        session.tls = smtp.offersSTARTTLS ? .offered : .off
        session.replies = replies(smtp)
        return session
    }

    private func replies(_ smtp: SMTPSettings) -> ServerReplies {
        var replies = ServerReplies()
        let unrecognized = Reply(504, .init(5, 7, 4), "Unrecognized authentication type")
        replies.senderAccepted = Reply(250, .init(2, 1, 0), "Sender OK")
        replies.recipientAccepted = Reply(250, .init(2, 1, 5), "Recipient OK")
        replies.startMail = Reply(354, nil, "Start mail input; end with <CRLF>.<CRLF>")
        replies.bye = Reply(221, .init(2, 0, 0), "Service closing transmission channel")
        replies.startTLS = Reply(220, .init(2, 0, 0), "SMTP server ready")
        replies.authenticated = Reply(235, .init(2, 7, 0), "Authentication successful")
        replies.authenticationCancelled = ExchangeReplies.unsuccessful(smtp.hostname)
        replies.authenticationRequired = ExchangeReplies.unauthenticated(smtp.hostname)
        replies.unknownMechanism = unrecognized
        replies.encryptionRequired = unrecognized
        return replies
    }
}

/// Collects a message, and answers its final dot after the time that processing takes.
struct ExchangeInbox: SMTPMessageSink {
    let core: EmulatorCore
    let submission: Submission
    let line: ConnectionLine?
    private var bytes: [UInt8] = []

    init(core: EmulatorCore, submission: Submission, line: ConnectionLine?) {
        self.core = core
        self.submission = submission
        self.line = line
    }

    mutating func write(_ bytes: [UInt8]) async throws(SinkFailure) { self.bytes += bytes }

    mutating func finish() async -> Reply? {
        let latency = core.withState { $0.latency(of: submission) }
        // Where the wait is cut short the emulator is stopping, and what the client hears no longer matters.
        try? await core.clock.sleep(latency)
        let moment = core.moment()
        let verdict = core.withState { $0.complete(submission, bytes, at: moment) }
        let reply = await core.carryOut(verdict, on: line)
        end(verdict)
        return reply
    }

    mutating func abandon() async { end(nil) }

    private func end(_ verdict: SMTPVerdict?) {
        let moment = core.moment()
        core.withState { $0.end(submission, verdict, bytes: bytes.count, at: moment) }
    }
}
