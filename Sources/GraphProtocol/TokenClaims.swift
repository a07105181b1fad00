// What a token says of itself, for diagnostics only ("Access token claims reference"). Entra's tokens are opaque by
// contract, so nothing in delivery rests on this, and no signature is verified.

package import MailModel

package struct TokenClaims: Hashable, Sendable {
    package let audience: String?
    package let issuer: String?
    /// `appid` of version 1 tokens, `azp` of version 2.
    package let clientID: String?
    package let tenant: String?
    package let roles: [String]
    package let expiresAt: Timestamp?
    /// `app` for an application's own token.
    package let identityType: String?
    package let applicationName: String?

    /// `nil` for a token that is no JSON Web Token (RFC 7519), as an issuer may give at any time.
    package init?(_ token: AccessToken) {
        let parts = token.text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64.decodeURL(parts[1].prefix { $0 != "=" }),
            let claims = JSONValue(bytes), case .object = claims
        else { return nil }
        audience = claims["aud"]?.string ?? claims["aud"]?.elements.first?.string
        issuer = claims["iss"]?.string
        clientID = claims["appid"]?.string ?? claims["azp"]?.string
        tenant = claims["tid"]?.string
        roles = claims["roles"]?.elements.compactMap(\.string) ?? []
        expiresAt = claims["exp"]?.integer.map { Timestamp(secondsSince1970: Int64(clamping: $0)) }
        identityType = claims["idtyp"]?.string
        applicationName = claims["app_displayname"]?.string
    }
}

/// Whether a token lets its bearer send, as far as the token itself can tell.
package struct SendingVerdict: Hashable, Sendable {
    package enum Answer: String, Hashable, Sendable {
        case yes
        /// The token does not say: Exchange decides.
        case undecided
        /// It is not a token for this.
        case no
    }

    package let answer: Answer
    /// One or two sentences for people.
    package let text: String

    /// - Parameter claims: `nil` for an opaque token.
    package init(claims: TokenClaims?, audience: Audience) {
        let role = audience.sendingRole
        guard let claims else {
            answer = .undecided
            text = "The token cannot be read, so its roles are not known. A test message will tell."
            return
        }
        if claims.roles.contains(role) {
            answer = .yes
            text = Self.granted(audience)
        } else if let type = claims.identityType, type != "app" {
            answer = .no
            text = "This is a \(type)'s token, not an application's. Check the credential."
        } else {
            answer = .undecided
            text = Self.missing(role, claims.roles)
        }
    }

    private static func granted(_ audience: Audience) -> String {
        switch audience {
        case .graph: "Yes: Mail.Send is granted, for every mailbox of the tenant."
        case .exchangeSMTP:
            "Yes: SMTP.SendAsApp is granted, for the mailboxes on which the application has full access in Exchange."
        }
    }

    private static func missing(_ role: String, _ roles: [String]) -> String {
        let found = roles.isEmpty ? "" : " (it has \(roles.sorted().joined(separator: ", ")))"
        return "No \(role) role in the token\(found): either nothing is consented, or Exchange's RBAC for Applications "
            + "decides, and then this is normal. Look with Test-ServicePrincipalAuthorization, or send a test message."
    }
}
