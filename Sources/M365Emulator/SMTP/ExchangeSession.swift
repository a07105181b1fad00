import MailModel
import SMTPProtocol

/// A connection's state as far as limits look at it.
struct SMTPConnection: Sendable {
    /// It was greeted, not turned away.
    var isAdmitted = false
    /// Once it has authenticated.
    var mailbox = ""
    var appID = ""
    /// The app came in by the role its token names, which opens no mailbox by itself.
    var needsFullAccess = false
}

/// The questions of an SMTP session before there is a message: who is it, and may these addresses be used?
extension EmulatorState {
    mutating func openSMTP(_ connection: UInt64) {
        counters.connected()
        smtpConnections[connection] = SMTPConnection()
    }

    mutating func closeSMTP(_ connection: UInt64) {
        counters.disconnected()
        guard let session = smtpConnections.removeValue(forKey: connection), !session.mailbox.isEmpty else { return }
        counters.change(session.mailbox) { $0.connections -= 1 }
    }

    /// Before the greeting: a fault, or too many connections where the limit is held there.
    mutating func admit(_ connection: UInt64) -> SMTPVerdict {
        verdict(.connect, mailbox: "") { $0.refusalAtConnect(connection) }
    }

    private mutating func refusalAtConnect(_ connection: UInt64) -> Reply? {
        let limit = settings.limits.smtpSubmissions
        let open = smtpConnections.values.count { $0.isAdmitted }
        if settings.smtp.refuseAt == .connect, limit > 0, open >= limit { return concurrencyRefusal() }
        smtpConnections[connection]?.isAdmitted = true
        return nil
    }

    mutating func authenticate(_ credentials: Credentials, connection: UInt64, at moment: Moment) -> SMTPVerdict {
        guard let (tenant, mailbox) = directory.owner(of: credentials.user) else {
            return SMTPVerdict(reply: ExchangeReplies.unsuccessful(settings.smtp.hostname))
        }
        return verdict(.auth, mailbox: mailbox.address) {
            $0.check(credentials, tenant, mailbox, connection, at: moment)
        }
    }

    /// - Returns: `nil` where the credentials are good.
    private mutating func check(
        _ credentials: Credentials, _ tenant: Tenant, _ mailbox: Mailbox, _ connection: UInt64, at moment: Moment
    ) -> Reply? {
        guard tenant.smtpAuthentication else { return ExchangeReplies.disabled(for: "Tenant") }
        guard mailbox.smtpAuthentication else { return ExchangeReplies.disabled(for: "Mailbox") }
        var session = SMTPConnection(isAdmitted: true, mailbox: mailbox.address.lowercased())
        switch credentials {
        case .plain(_, _, let password), .login(_, let password):
            if let refusal = refusal(ofPassword: password, tenant, mailbox) { return refusal }
        case .xoauth2(_, let token):
            guard let identity = try? tokens.check(token, for: .exchange, in: directory, at: moment.wall),
                identity.tenant.id == tenant.id, mayLogOn(identity, mailbox)
            else { return ExchangeReplies.unsuccessful(settings.smtp.hostname) }
            session.appID = identity.app.clientID
            session.needsFullAccess = identity.roles.contains(Self.smtpRole)
        }
        return logOn(session, connection)
    }

    private func refusal(ofPassword password: String, _ tenant: Tenant, _ mailbox: Mailbox) -> Reply? {
        if tenant.basicAuthenticationRetired { return ExchangeReplies.basicRetired }
        guard tenant.basicAuthentication else { return ExchangeReplies.basicDisabled }
        guard !mailbox.password.isEmpty, mailbox.password == password else {
            return ExchangeReplies.wrongPassword(settings.smtp.hostname)
        }
        return nil
    }

    private static let smtpRole = "SMTP.SendAsApp"

    private func mayLogOn(_ identity: Identity, _ mailbox: Mailbox) -> Bool {
        mailbox.licensed
            && identity.app.holds([Self.smtpRole], among: identity.roles, for: mailbox.address)
            && !identity.app.deniedMailboxes.matches(mailbox.address)
    }

    private mutating func logOn(_ session: SMTPConnection, _ connection: UInt64) -> Reply? {
        let address = session.mailbox
        let limit = settings.limits.smtpSubmissions
        if settings.smtp.refuseAt == .auth, limit > 0, counters[address].connections >= limit {
            counters.change(address) { $0.smtpThrottled += 1 }
            return concurrencyRefusal()
        }
        smtpConnections[connection] = session
        counters.change(address) { $0.connect() }
        return nil
    }

    mutating func checkSender(_ sender: Address?, connection: UInt64) -> SMTPVerdict {
        let mailbox = smtpConnections[connection]?.mailbox ?? ""
        return verdict(.mail, mailbox: mailbox) { $0.refusal(ofSender: sender, mailbox) }
    }

    private func refusal(ofSender sender: Address?, _ name: String) -> Reply? {
        guard settings.smtp.senderRefusedAt == .mail, let sender, let (_, mailbox) = directory.owner(of: name),
            !mailbox.mayAppear(as: sender.description)
        else { return nil }
        return ExchangeReplies.noPermissionForSender
    }

    mutating func checkRecipient(_ recipient: Address, connection: UInt64) -> SMTPVerdict {
        let mailbox = smtpConnections[connection]?.mailbox ?? ""
        return verdict(.rcpt, mailbox: mailbox, recipient: recipient.description) { state in
            state.settings.smtp.recipientRefusals.first { [$0.recipient].matches(recipient.description) }
                .map { ExchangeReplies.parse($0.reply) }
        }
    }
}
