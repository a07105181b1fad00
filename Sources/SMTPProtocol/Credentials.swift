import MailModel

/// A SASL mechanism (RFC 4422) this house speaks, by its registered name.
package enum Mechanism: String, Hashable, Sendable, CaseIterable {
    /// RFC 4616.
    case plain = "PLAIN"
    /// draft-murchison-sasl-login: no standard, yet the one old clients know.
    case login = "LOGIN"
    /// OAuth 2.0 bearer tokens as Google and Microsoft take them.
    case xoauth2 = "XOAUTH2"
}

/// What a client proves itself with. Prints without its secret.
package enum Credentials: Hashable, Sendable {
    /// - Parameter authorization: whom to act as; empty for the user itself.
    case plain(authorization: String, user: String, password: String)
    case login(user: String, password: String)
    /// - Parameter token: an OAuth 2.0 access token.
    case xoauth2(user: String, token: String)

    package var mechanism: Mechanism {
        switch self {
        case .plain: .plain
        case .login: .login
        case .xoauth2: .xoauth2
        }
    }

    package var user: String {
        switch self {
        case .plain(_, let user, _), .login(let user, _), .xoauth2(let user, _): user
        }
    }
}

extension Credentials {
    /// Whether a text holds the secret, as it is or as it goes over the wire.
    func areRepeated(in text: String) -> Bool {
        [secret, Base64.encode(secret.utf8), Base64.encode(SASL.initialResponse(of: self))].contains { repeated in
            repeated.utf8.count >= 4 && text.contains(repeated)
        }
    }

    private var secret: String {
        switch self {
        case .plain(_, _, let password), .login(_, let password): password
        case .xoauth2(_, let token): token
        }
    }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(mechanism.rawValue) \(user) ***" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
