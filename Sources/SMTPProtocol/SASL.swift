import MailModel

/// The messages of the SASL mechanisms PLAIN (RFC 4616), LOGIN and XOAUTH2, before base 64.
package enum SASL {
    static let loginUserPrompt = "Username:"
    static let loginPasswordPrompt = "Password:"

    /// What the client says first, or at once with AUTH.
    package static func initialResponse(of credentials: Credentials) -> [UInt8] {
        switch credentials {
        case .plain(let authorization, let user, let password):
            Array("\(authorization)\0\(user)\0\(password)".utf8)
        case .login(let user, _): Array(user.utf8)
        case .xoauth2(let user, let token):
            Array("user=\(user)\u{1}auth=Bearer \(token)\u{1}\u{1}".utf8)
        }
    }

    /// Reads PLAIN's message: authorization NUL user NUL password; `nil` where it is not that, or the user is empty.
    package static func decodePlain(_ message: [UInt8]) -> Credentials? {
        let parts = message.split(separator: 0, omittingEmptySubsequences: false)
            .compactMap { String(validating: $0, as: UTF8.self) }
        guard parts.count == 3, !parts[1].isEmpty else { return nil }
        return .plain(authorization: parts[0], user: parts[1], password: parts[2])
    }

    /// Reads XOAUTH2's message: `user=` and `auth=Bearer `, each ended by 0x01, and one more 0x01.
    package static func decodeXOAuth2(_ message: [UInt8]) -> Credentials? {
        guard message.suffix(2) == [1, 1],
            let text = String(validating: message.dropLast(2), as: UTF8.self)
        else {
            return nil
        }
        var user: String?
        var token: String?
        for field in text.split(separator: "\u{1}") {
            if field.hasPrefix("user=") { user = String(field.dropFirst(5)) }
            if field.lowercased().hasPrefix("auth=bearer ") { token = String(field.dropFirst(12)) }
        }
        guard let user, !user.isEmpty, let token, !token.isEmpty else { return nil }
        return .xoauth2(user: user, token: token)
    }
}
