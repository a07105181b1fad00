import MailModel

/// The table of commands (RFC 5321 §4.1.4, §4.3.2): every stage times every command.
extension ServerSession {
    /// The first octet of a TLS record that carries a handshake (RFC 8446 §5.1).
    private static let tlsHandshake: UInt8 = 0x16

    mutating func readCommand(_ stage: ServerState.Stage) -> Bool {
        if input.unread.first == Self.tlsHandshake {
            say(Reply(554, .init(5, 5, 1), "TLS where a command was expected"))
            end()
            return true
        }
        guard let line = input.nextLine(limit: CommandLimit.octets(for: input.unread)) else {
            return false
        }
        switch line {
        case .tooLong: complain(Reply(500, .init(5, 5, 2), "Line too long"))
        case .line(let bytes): parse(bytes, stage)
        }
        return true
    }

    private mutating func parse(_ line: [UInt8], _ stage: ServerState.Stage) {
        do {
            let command = try Command(parsing: line)
            if needsTLS(command) {
                refuseInPlaintext(command, stage)
            } else {
                perform(command, stage)
            }
        } catch {
            complain(Command.reply(to: error))
            if error == .crossProtocol { end() }
        }
    }

    private mutating func perform(_ command: Command, _ stage: ServerState.Stage) {
        switch (stage, command) {
        case (_, .ehlo(let name)): greet(name, extended: true)
        case (_, .helo(let name)): greet(name, extended: false)
        case (_, .noop): say(Reply(250, .init(2, 0, 0), "Ok"))
        case (_, .help):
            say(Reply(214, .init(2, 0, 0), "EHLO HELO MAIL RCPT DATA RSET NOOP VRFY AUTH STARTTLS QUIT"))
        case (_, .vrfy):
            say(Reply(252, .init(2, 1, 5), "Cannot VRFY user, but will accept mail and attempt delivery"))
        case (_, .expn): complain(Command.reply(to: .notImplemented))
        case (_, .bdat(let size, let isLast)): bdat(size, isLast, stage)
        case (_, .quit):
            say(configuration.replies.bye)
            end()

        case (.greeted, .rset): say(Reply(250, .init(2, 0, 0), "Ok"))
        case (.ready, .rset), (.transaction, .rset), (.chunks, .rset):
            abandonContent()
            say(Reply(250, .init(2, 0, 0), "Ok"))
            state = .command(.ready)

        case (.ready, .startTLS): startTLS()
        case (.ready, .auth(let mechanism, let response)): authenticate(mechanism, response)
        case (.ready, .mail(let sender, let parameters)): mail(sender, parameters)
        case (.transaction(let transaction), .rcpt(let path, let usesDSN)):
            rcpt(path, usesDSN, transaction)
        case (.transaction(let transaction), .data): data(transaction)

        case (.greeted, .mail), (.greeted, .rcpt), (.greeted, .data), (.greeted, .auth),
            (.greeted, .startTLS):
            complain(outOfOrder("Send EHLO first"))
        case (.ready, .rcpt), (.ready, .data): complain(outOfOrder("Need MAIL command"))
        case (.transaction, .mail), (.chunks, .mail): complain(outOfOrder("Nested MAIL command"))
        case (.chunks, .rcpt), (.chunks, .data), (.chunks, .auth), (.chunks, .startTLS):
            complain(outOfOrder("The last BDAT is due"))
        case (.transaction, .auth): complain(outOfOrder("AUTH not permitted during a mail transaction"))
        case (.transaction, .startTLS):
            complain(outOfOrder("STARTTLS not permitted during a mail transaction"))
        }
    }

    func outOfOrder(_ text: String) -> Reply { Reply(503, .init(5, 5, 1), text) }

    /// RFC 3207 §4: in plaintext, where TLS is demanded, little is heard.
    func needsTLS(_ command: Command) -> Bool {
        guard configuration.tls == .required, !isSecure else { return false }
        return switch command {
        case .ehlo, .helo, .noop, .rset, .startTLS, .quit: false
        case .mail, .rcpt, .data, .bdat, .vrfy, .expn, .help, .auth: true
        }
    }
}

// MARK: EHLO and STARTTLS

extension ServerSession {
    private mutating func greet(_ name: String, extended: Bool) {
        abandonContent()
        clientName = name
        isExtended = extended
        state = .command(.ready)
        let extensions = extended ? configuration.capabilities.compactMap(line) : []
        say(Reply(250, nil, lines: [configuration.hello] + extensions))
    }

    private func line(for capability: Capability) -> String? {
        switch capability {
        case .size: "SIZE \(configuration.maxMessageSize)"
        case .pipelining: "PIPELINING"
        case .dsn: "DSN"
        case .enhancedStatusCodes: "ENHANCEDSTATUSCODES"
        case .startTLS: offersTLS ? "STARTTLS" : nil
        case .auth:
            offersAuthentication
                ? (["AUTH"] + configuration.mechanisms.map(\.rawValue)).joined(separator: " ") : nil
        case .eightBitMIME: "8BITMIME"
        case .smtpUTF8: "SMTPUTF8"
        case .chunking: "CHUNKING"
        case .help: "HELP"
        case .other(let text): text
        }
    }

    private var offersTLS: Bool { configuration.tls != .off && !isSecure }

    private mutating func startTLS() {
        guard offersTLS else {
            complain(isSecure ? outOfOrder("TLS is active already") : Command.reply(to: .notImplemented))
            return
        }
        state = .startingTLS
        guard input.isEmpty else {
            tlsInjected()
            return
        }
        emit(.startTLS(goAhead: configuration.replies.startTLS.encoded))
    }
}

// MARK: The mail transaction

extension ServerSession {
    private mutating func mail(_ sender: Address?, _ parameters: MailParameters) {
        if configuration.authentication == .required, user == nil {
            complain(configuration.replies.authenticationRequired)
        } else if !announces(parameters) {
            complain(Command.reply(to: .unknownParameter))
        } else if let size = parameters.size, exceedsLimit(size) {
            say(configuration.replies.messageTooLarge)
        } else if sender?.needsUTF8 == true, !parameters.smtpUTF8 {
            say(Self.needsUTF8)
        } else {
            let transaction = ServerState.Transaction(sender: sender, parameters: parameters)
            ask(.sender(transaction), .checkSender(sender, parameters))
        }
    }

    private static let needsUTF8 = Reply(553, .init(5, 6, 7), "Address needs SMTPUTF8")

    /// Whether everything the parameters use was in the EHLO answer. SIZE is let through: it is only an estimate.
    private func announces(_ parameters: MailParameters) -> Bool {
        func has(_ capability: Capability) -> Bool { configuration.capabilities.contains(capability) }
        let isBodyKnown =
            switch parameters.body {
            case nil: true
            case .sevenBit, .eightBitMIME: has(.eightBitMIME)
            case .binaryMIME: false
            }
        let usesDSN = parameters.ret != nil || parameters.envelopeID != nil
        return isBodyKnown && (!parameters.smtpUTF8 || has(.smtpUTF8)) && (!usesDSN || has(.dsn))
            && (parameters.auth == nil || configuration.authentication != .off)
    }

    func exceedsLimit(_ octets: Int) -> Bool {
        configuration.maxMessageSize > 0 && octets > configuration.maxMessageSize
    }

    private mutating func rcpt(_ path: Command.ForwardPath, _ usesDSN: Bool, _ transaction: ServerState.Transaction) {
        if usesDSN, !configuration.capabilities.contains(.dsn) {
            complain(Command.reply(to: .unknownParameter))
        } else if recipients.count >= configuration.maxRecipients {
            say(configuration.replies.tooManyRecipients)
        } else if let address = address(of: path) {
            if address.needsUTF8, !transaction.parameters.smtpUTF8 {
                say(Self.needsUTF8)
            } else {
                ask(.recipient(address, transaction), .checkRecipient(address))
            }
        } else {
            complain(Command.reply(to: .badRecipient))
        }
    }

    private func address(of path: Command.ForwardPath) -> Address? {
        switch path {
        case .mailbox(let address): address
        case .postmaster: try? Address(parsing: "postmaster@\(configuration.hostname)")
        }
    }

    private mutating func data(_ transaction: ServerState.Transaction) {
        guard !recipients.isEmpty else {
            say(Reply(554, .init(5, 5, 1), "No valid recipients"))
            return
        }
        let envelope = Envelope(sender: transaction.sender, recipients: recipients)
        ask(.place(chunk: nil), .beginBody(envelope, transaction.parameters))
    }

    mutating func settleSender(_ transaction: ServerState.Transaction, _ reply: Reply?) {
        let reply = reply ?? configuration.replies.senderAccepted
        say(reply)
        recipients = []
        state = .command(reply.isRefusal ? .ready : .transaction(transaction))
    }

    mutating func settleRecipient(_ address: Address, _ transaction: ServerState.Transaction, _ reply: Reply?) {
        let reply = reply ?? configuration.replies.recipientAccepted
        if !reply.isRefusal { recipients.append(address) }
        say(reply)
        state = .command(.transaction(transaction))
    }
}

/// How long a command line may be (RFC 5321 §4.5.3.1.4).
private enum CommandLimit {
    private static let ordinary = 512
    /// What the extensions add to MAIL and RCPT: SIZE, BODY, SMTPUTF8, AUTH and DSN, 500 octets the longest value.
    private static let withParameters = 2048
    /// RFC 4954 §4.
    private static let sasl = 12_288

    static func octets(for line: ArraySlice<UInt8>) -> Int {
        switch String(decoding: line.prefix(4), as: UTF8.self).uppercased() {
        case "AUTH": sasl
        case "MAIL", "RCPT": withParameters
        default: ordinary
        }
    }
}
