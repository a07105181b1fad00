import MailModel

/// AUTH (RFC 4954): PLAIN and XOAUTH2 in one or two steps, LOGIN in two or three.
extension ServerSession {
    /// RFC 4954 §4.
    private static let maximumLine = 12_288

    var offersAuthentication: Bool {
        configuration.authentication != .off && (isSecure || configuration.allowsPlaintextAuthentication)
    }

    mutating func authenticate(_ name: String, _ response: [UInt8]?) {
        guard configuration.authentication != .off else {
            return complain(Command.reply(to: .notImplemented))
        }
        guard user == nil else { return complain(Reply(503, .init(5, 5, 1), "Already authenticated")) }
        guard offersAuthentication else { return complain(configuration.replies.encryptionRequired) }
        guard let mechanism = Mechanism(rawValue: name), configuration.mechanisms.contains(mechanism) else {
            return complain(configuration.replies.unknownMechanism)
        }
        let exchange = ServerState.Exchange(mechanism)
        if let response {
            accept(response, in: exchange)
        } else {
            challenge(mechanism == .login ? SASL.loginUserPrompt : "", then: exchange)
        }
    }

    mutating func readSASL(_ exchange: ServerState.Exchange) -> Bool {
        guard let line = input.nextLine(limit: Self.maximumLine) else { return false }
        state = .command(.ready)
        switch line {
        case .tooLong: complain(Reply(500, .init(5, 5, 6), "Authentication exchange line is too long"))
        case .line(let bytes): accept(bytes, in: exchange)
        }
        return true
    }

    private mutating func accept(_ response: [UInt8], in exchange: ServerState.Exchange) {
        if case .refused(let reply) = exchange { return refuse(reply) }
        if response == [UInt8(ascii: "*")] {
            return complain(configuration.replies.authenticationCancelled)
        }
        guard let message = Base64.decode(response) else {
            return complain(Reply(501, .init(5, 5, 2), "Cannot decode base64"))
        }
        switch exchange {
        case .plain: check(SASL.decodePlain(message))
        case .xoauth2: check(SASL.decodeXOAuth2(message))
        case .loginUser:
            let user = String(decoding: message, as: UTF8.self)
            challenge(SASL.loginPasswordPrompt, then: .loginPassword(user: user))
        case .loginPassword(let user):
            check(user.isEmpty ? nil : .login(user: user, password: String(decoding: message, as: UTF8.self)))
        case .refused(let reply): refuse(reply)
        }
    }

    private mutating func check(_ credentials: Credentials?) {
        guard let credentials else {
            return complain(Reply(501, .init(5, 5, 2), "Malformed authentication response"))
        }
        ask(.credentials(credentials), .authenticate(credentials))
    }

    private mutating func challenge(_ text: String, then exchange: ServerState.Exchange) {
        say(Reply(334, nil, Base64.encode(text.utf8)))
        state = .authenticating(exchange)
    }

    mutating func settleCredentials(_ credentials: Credentials, _ reply: Reply?) {
        let reply = reply ?? configuration.replies.authenticated
        state = .command(.ready)
        if !reply.isRefusal {
            user = credentials.user
            say(reply)
        } else if reply.class == .permanent, credentials.mechanism == .xoauth2,
            let explanation = configuration.xoauth2Challenge
        {
            challenge(explanation, then: .refused(reply))
        } else {
            refuse(reply)
        }
    }

    /// Only a final refusal is counted: trouble of our own is not the client's guessing.
    private mutating func refuse(_ reply: Reply) {
        say(reply)
        guard reply.class == .permanent else { return }
        failedAuthentications += 1
        guard failedAuthentications >= configuration.maxFailedAuthentications else { return }
        say(Reply(421, .init(4, 7, 0), "Too many failed authentications, closing connection"))
        end()
    }
}

extension ServerState.Exchange {
    fileprivate init(_ mechanism: Mechanism) {
        self =
            switch mechanism {
            case .plain: .plain
            case .login: .loginUser
            case .xoauth2: .xoauth2
            }
    }
}
