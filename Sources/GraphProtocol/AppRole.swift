// Application permissions of Graph beside Mail.Send, and how they are granted ("Microsoft Graph permissions reference"; "Role
// Based Access Control for Applications in Exchange Online").

package enum AppRole {
    /// Making drafts and bringing attachments to them ("Create message", "attachment: createUploadSession").
    package static let drafts = "Mail.ReadWrite"

    /// Whether a token says that its bearer has any of these; `nil` where it does not say, as where Exchange's RBAC for
    /// Applications decides.
    package static func isGranted(anyOf roles: [String], by claims: TokenClaims?) -> Bool? {
        guard let granted = claims?.roles else { return nil }
        if roles.contains(where: granted.contains) { return true }
        return granted.contains("Mail.Send") ? false : nil
    }

    /// The exact next step where one is missing.
    ///
    /// - Parameter alternative: the setting that does without, such as `exactly_once: off`.
    package static func advice(granting role: String, or alternative: String) -> String {
        "Grant the application \(role): in Entra, API permissions > Microsoft Graph > Application permissions > "
            + "\(role), then Grant admin consent; or for some mailboxes only, in Exchange, `New-ManagementRoleAssignment "
            + "-App <client id> -Role \"Application \(role)\" -CustomResourceScope <scope>`. It takes up to two hours. Or set "
            + "`\(alternative)`."
    }
}
