// What keeps a lost answer from becoming a second copy. Graph knows no idempotency key ("Best practices for working with
// Microsoft Graph": `client-request-id` only traces), so all there is are means of looking.

/// `exactly_once`
package enum ExactlyOnce: String, Hashable, Sendable, CaseIterable {
    /// `on_unknown` alone decides.
    case off
    /// The message is looked for in its mailbox before it is sent again.
    case lookup
    /// A draft is made and remembered before it is sent; an item that is sent once is no draft any more.
    case draft

    /// The most requests that one attempt makes: a look at a draft, a search, the creation of a draft, and the sending.
    package var requestsPerAttempt: Int {
        switch self {
        case .off: 1
        case .lookup: 3
        case .draft: 4
        }
    }

    /// Application permissions of Graph beside Mail.Send, any of which suffices ("Get message", "Create message").
    package var sufficientRoles: [String] {
        switch self {
        case .off: []
        case .lookup: ["Mail.Read", AppRole.drafts]
        case .draft: [AppRole.drafts]
        }
    }

    /// Whether a token says that its bearer may do what this takes; `nil` where it does not say, as where Exchange's RBAC for
    /// Applications decides.
    package func isPermitted(by claims: TokenClaims?) -> Bool? {
        guard self != .off else { return true }
        return AppRole.isGranted(anyOf: sufficientRoles, by: claims)
    }

    /// The exact next step where a permission is missing.
    package var permissionAdvice: String? {
        sufficientRoles.first.map { AppRole.advice(granting: $0, or: "exactly_once: off") }
    }
}
