import MailModel

/// A directory: its apps, and its mailboxes with what they are allowed.
package struct Tenant: Settings {
    /// A GUID.
    package var id = "00000000-0000-0000-0000-000000000000"
    /// The names it may be called by in place of the id.
    package var domains: [String] = []
    package var apps: [App] = []
    package var mailboxes: [Mailbox] = []
    /// Every address that one of these patterns fits is a mailbox, with `mailboxDefaults`.
    package var mailboxPatterns: [String] = []
    package var mailboxDefaults = Mailbox()
    /// Off: LOGIN is refused with 535 5.7.139 `basic authentication is disabled`.
    package var basicAuthentication = true
    /// Basic authentication has been removed for good: 550 5.7.30.
    package var basicAuthenticationRetired = false
    /// Off: AUTH is refused with 535 5.7.139 `SmtpClientAuthentication is disabled for the Tenant`.
    package var smtpAuthentication = true
    package var restriction = Restriction.none

    package init() {}
    package static var elements: [String: any Settings.Type] {
        ["apps": App.self, "mailboxes": Mailbox.self, "mailboxDefaults": Mailbox.self]
    }

    /// `contoso.onmicrosoft.com` with one app that may do everything; any address at contoso.com is a mailbox.
    package static var demo: Tenant {
        var app = App()
        app.clientID = "11111111-1111-1111-1111-111111111111"
        app.name = "Postern demo"
        app.secrets = [App.Secret(value: "demo-secret")]
        app.managedIdentity = true
        var tenant = Tenant()
        tenant.id = "22222222-2222-2222-2222-222222222222"
        tenant.domains = ["contoso.onmicrosoft.com", "contoso.com"]
        tenant.apps = [app]
        tenant.mailboxPatterns = ["*@contoso.com"]
        tenant.mailboxDefaults.password = "demo-password"
        return tenant
    }
}

/// An app registration and its service principal.
package struct App: Settings {
    package var clientID = ""
    /// The service principal's object id; empty: derived from the client id.
    package var objectID = ""
    package var name = "app"
    package var enabled = true
    package var secrets: [Secret] = []
    /// PEM texts, for client assertions.
    package var certificates: [String] = []
    package var federatedCredentials: [FederatedCredential] = []
    /// Consented in Entra for Microsoft Graph: tenant-wide, and in the token.
    package var graphRoles = ["Mail.Send", "Mail.ReadWrite"]
    /// Consented in Entra for Office 365 Exchange Online.
    package var exchangeRoles = ["SMTP.SendAsApp"]
    /// Given by RBAC for Applications: not in the token, and only for the mailboxes of `scope`.
    package var scopedRoles: [String] = []
    package var scope: [String] = []
    /// The mailboxes it has FullAccess to, which its mail by SMTP needs where `exchangeRoles` lets it in.
    package var fullAccess = ["*"]
    /// An application access policy denies the mailboxes of these patterns.
    package var deniedMailboxes: [String] = []
    /// The managed identity endpoint gives tokens for this app.
    package var managedIdentity = false

    package init() {}
    package static var elements: [String: any Settings.Type] {
        ["secrets": Secret.self, "federatedCredentials": FederatedCredential.self]
    }

    package struct Secret: Settings {
        package var value = ""
        /// `2026-12-31` or `2026-12-31T23:59:59`; empty: never.
        package var expires = ""

        package init() {}
        package init(value: String, expires: String = "") { (self.value, self.expires) = (value, expires) }

        func hasExpired(at now: Timestamp) -> Bool { Timestamp(expires).map { $0 <= now } ?? false }
    }

    /// Another issuer's tokens that stand in for a secret.
    package struct FederatedCredential: Settings {
        package var issuer = ""
        package var subject = ""
        package var audience = "api://AzureADTokenExchange"
        /// PEM of a certificate whose key signs with RS256 or PS256; empty: see `sharedKey`.
        package var certificate = ""
        /// Text of the key for HS256; with neither, the signature is not looked at.
        package var sharedKey = ""

        package init() {}
    }

    /// A role of the token, or one given for this mailbox alone.
    func holds(_ roles: [String], among consented: [String], for mailbox: String) -> Bool {
        if roles.contains(where: consented.contains) { return true }
        return roles.contains(where: scopedRoles.contains) && scope.matches(mailbox)
    }
}

package struct Mailbox: Settings {
    package var address = ""
    package var aliases: [String] = []
    /// Patterns of other addresses this mailbox may send as.
    package var sendAs: [String] = []
    /// For LOGIN and PLAIN; empty: none fits.
    package var password = ""
    package var smtpAuthentication = true
    /// Its quota is used up.
    package var full = false
    package var restriction = Restriction.none
    /// Without a licence there is no mailbox for Graph: 404 `MailboxNotEnabledForRESTAPI`.
    package var licensed = true

    package init() {}

    func mayAppear(as sender: String) -> Bool {
        let sender = sender.lowercased()
        return ([address] + aliases).contains { $0.lowercased() == sender } || sendAs.matches(sender)
    }
}

extension [String] {
    /// True where one of the patterns fits the address.
    func matches(_ address: String) -> Bool {
        let parsed = try? Address(parsing: address)
        return contains { SenderPattern($0)?.matches(parsed) ?? false }
    }
}
