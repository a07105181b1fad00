import MailModel

/// From the greeting to `ready`: EHLO, STARTTLS, EHLO again, AUTH (RFC 5321 §3.1, §3.2; RFC 3207 §4; RFC 4954 §4).
extension ClientSession {
    mutating func sayHello() {
        send("EHLO \(configuration.hostname)")
        state = .awaiting(.ehlo)
    }

    mutating func handleSetup(_ step: ClientState.Step, _ reply: Reply) {
        switch (step, reply.class) {
        case (.greeting, .positive): sayHello()
        case (.ehlo, .positive):
            capabilities = ServerCapabilities(lines: reply.lines)
            secure()
        case (.ehlo, .permanent):
            // RFC 5321 §3.2: an old server. Where TLS or AUTH is wanted, their absence is noticed next.
            send("HELO \(configuration.hostname)")
            state = .awaiting(.helo)
        case (.helo, .positive): secure()
        case (.startTLS, .positive): beginHandshake()
        case (.greeting, .transient), (.greeting, .permanent), (.ehlo, .transient), (.helo, .transient),
            (.helo, .permanent), (.startTLS, .transient), (.startTLS, .permanent):
            fail(.refused(reply))
        case (.authentication, .positive): becomeReady()
        case (.authentication(let responses, let mechanism), .intermediate):
            respond(responses, mechanism, reply)
        case (.authentication, .transient), (.authentication, .permanent):
            fail(.authenticationRefused(withoutCredentials(reply), challenge: nil))
        case (.refusedAuthentication(let challenge), .transient),
            (.refusedAuthentication(let challenge), .permanent):
            fail(.authenticationRefused(withoutCredentials(reply), challenge: challenge))
        case (.greeting, .intermediate), (.ehlo, .intermediate), (.helo, .intermediate),
            (.startTLS, .intermediate),
            (.refusedAuthentication, .positive), (.refusedAuthentication, .intermediate), (.quit, _):
            fail(.unexpectedReply(reply))
        }
    }

    private mutating func secure() {
        guard configuration.tls == .startTLS, !isSecure else { return authenticate() }
        guard capabilities.startTLS else { return fail(.tlsNotOffered) }
        send("STARTTLS")
        state = .awaiting(.startTLS)
    }

    private mutating func beginHandshake() {
        state = .handshake
        guard parser.isEmpty else { return fail(.plaintextInjected) }
        emit(.startTLS)
    }

    private mutating func becomeReady() {
        state = .ready
        emit(.ready)
    }
}

// MARK: AUTH

extension ClientSession {
    /// Octets of a command line, line end included (RFC 5321 §4.5.3.1.4).
    private static let maximumLine = 512

    private mutating func authenticate() {
        guard let wanted = configuration.credentials else { return becomeReady() }
        guard let credentials = wanted.fitting(capabilities.mechanisms) else {
            return fail(.mechanismNotOffered(capabilities.mechanisms))
        }
        let response = Base64.encode(SASL.initialResponse(of: credentials))
        switch credentials {
        case .plain: sendPlain(response)
        case .login(_, let password):
            send("AUTH LOGIN")
            expect([response, Base64.encode(password.utf8)], .login)
        case .xoauth2:
            // Never at once: a token makes the line longer than a command may be (RFC 4954 §4).
            send("AUTH XOAUTH2")
            expect([response], .xoauth2)
        }
    }

    /// Some servers repeat the line they refuse, and what they say is kept in logs.
    private func withoutCredentials(_ reply: Reply) -> Reply {
        guard configuration.credentials?.areRepeated(in: reply.text) ?? false else { return reply }
        return Reply(reply.code, reply.status, "(words left out: they repeat the credential)")
    }

    private mutating func sendPlain(_ response: String) {
        let line = "AUTH PLAIN \(response)"
        let fits = line.utf8.count + 2 <= Self.maximumLine
        send(fits ? line : "AUTH PLAIN")
        expect(fits ? [] : [response], .plain)
    }

    private mutating func expect(_ responses: [String], _ mechanism: Mechanism) {
        state = .awaiting(.authentication(responses: responses, mechanism: mechanism))
    }

    private mutating func respond(_ responses: [String], _ mechanism: Mechanism, _ reply: Reply) {
        if let response = responses.first {
            send(response)
            expect(Array(responses.dropFirst()), mechanism)
        } else if mechanism == .xoauth2 {
            // A second 334 explains the refusal; an empty line asks for the refusal itself.
            send("")
            let challenge = Base64.decode(reply.text).map { String(decoding: $0, as: UTF8.self) }
            state = .awaiting(.refusedAuthentication(challenge: challenge ?? reply.text))
        } else {
            fail(.unexpectedReply(reply))
        }
    }
}

extension Credentials {
    /// These credentials in a mechanism the server offers: a password serves PLAIN and LOGIN alike.
    fileprivate func fitting(_ offered: [String]) -> Credentials? {
        if offered.contains(mechanism.rawValue) { return self }
        return switch self {
        case .plain("", let user, let password) where offered.contains(Mechanism.login.rawValue):
            .login(user: user, password: password)
        case .login(let user, let password) where offered.contains(Mechanism.plain.rawValue):
            .plain(authorization: "", user: user, password: password)
        case .plain, .login, .xoauth2: nil
        }
    }
}
