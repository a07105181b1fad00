import MailModel
import SMTPProtocol

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

    /// Refused before the greeting: a fault, or too many connections where the limit is held there.
    mutating func refusalAtConnect() -> Reply? {
        if let fault = smtpFault(.connect, mailbox: "") {
            return fault.hasReply ? fault.reply : Reply(421, .init(4, 3, 2), "The service is not available")
        }
        let limit = settings.limits.smtpSubmissions
        guard settings.smtp.refuseAt == .connect, limit > 0, counters.connections >= limit else { return nil }
        return concurrencyRefusal()
    }

    /// - Returns: `nil` where the credentials are good.
    mutating func authenticate(_ credentials: Credentials, connection: UInt64, at moment: Moment) -> Reply? {
        let host = settings.smtp.hostname
        guard let (tenant, mailbox) = directory.owner(of: credentials.user) else {
            return ExchangeReplies.unsuccessful(host)
        }
        if let fault = smtpFault(.auth, mailbox: mailbox.address), fault.hasReply { return fault.reply }
        guard tenant.smtpAuthentication else { return ExchangeReplies.disabled(for: "Tenant") }
        guard mailbox.smtpAuthentication else { return ExchangeReplies.disabled(for: "Mailbox") }
        var appID = ""
        switch credentials {
        case .plain(_, _, let password), .login(_, let password):
            if let refusal = refusal(ofPassword: password, tenant, mailbox) { return refusal }
        case .xoauth2(_, let token):
            guard let identity = try? tokens.check(token, for: .exchange, in: directory, at: moment.wall),
                identity.tenant.id == tenant.id, mayLogOn(identity, mailbox)
            else { return ExchangeReplies.unsuccessful(host) }
            appID = identity.app.clientID
        }
        return logOn(mailbox, appID, connection)
    }

    private func refusal(ofPassword password: String, _ tenant: Tenant, _ mailbox: Mailbox) -> Reply? {
        if tenant.basicAuthenticationRetired { return ExchangeReplies.basicRetired }
        guard tenant.basicAuthentication else { return ExchangeReplies.basicDisabled }
        guard !mailbox.password.isEmpty, mailbox.password == password else {
            return ExchangeReplies.wrongPassword(settings.smtp.hostname)
        }
        return nil
    }

    private func mayLogOn(_ identity: Identity, _ mailbox: Mailbox) -> Bool {
        mailbox.licensed
            && identity.app.holds(["SMTP.SendAsApp"], among: identity.roles, for: mailbox.address)
            && !identity.app.deniedMailboxes.matches(mailbox.address)
    }

    private mutating func logOn(_ mailbox: Mailbox, _ appID: String, _ connection: UInt64) -> Reply? {
        let address = mailbox.address.lowercased()
        let limit = settings.limits.smtpSubmissions
        if settings.smtp.refuseAt == .auth, limit > 0, counters[address].connections >= limit {
            counters.change(address) { $0.smtpThrottled += 1 }
            return concurrencyRefusal()
        }
        smtpConnections[connection] = SMTPConnection(mailbox: address, appID: appID)
        counters.change(address) { $0.connect() }
        return nil
    }

    mutating func checkSender(connection: UInt64) -> Reply? {
        let mailbox = smtpConnections[connection]?.mailbox ?? ""
        guard let fault = smtpFault(.mail, mailbox: mailbox), fault.hasReply else { return nil }
        return fault.reply
    }

    mutating func checkRecipient(_ recipient: Address, connection: UInt64) -> Reply? {
        let mailbox = smtpConnections[connection]?.mailbox ?? ""
        if let fault = smtpFault(.rcpt, mailbox: mailbox, recipient: recipient.description), fault.hasReply {
            return fault.reply
        }
        return settings.smtp.recipientRefusals.first { [$0.recipient].matches(recipient.description) }
            .map { ExchangeReplies.parse($0.reply) }
    }

    mutating func smtpFault(_ stage: FaultRule.Stage, mailbox: String, recipient: String = "") -> FaultRule? {
        faults.fault(for: .smtp, mailbox: mailbox, recipient: recipient, stage: stage, using: &random)
    }
}
