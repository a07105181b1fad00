/// Looks up who is who among the tenants.
struct Directory: Sendable {
    var tenants: [Tenant]

    func tenant(named name: String) -> Tenant? { tenants.first { $0.isCalled(name) } }

    func app(_ clientID: String, in tenant: Tenant) -> App? {
        tenant.apps.first { $0.clientID.lowercased() == clientID.lowercased() }
    }

    func hasMailbox(_ address: String) -> Bool { tenants.contains { $0.mailbox(address) != nil } }

    /// The tenant and mailbox behind an address, for SMTP, where nothing else names the tenant.
    func owner(of address: String) -> (Tenant, Mailbox)? {
        for tenant in tenants {
            if let mailbox = tenant.mailbox(address) { return (tenant, mailbox) }
        }
        return nil
    }

    /// - Returns: the mailbox as it is now; `nil` where there is none of that address.
    mutating func changeMailbox(_ address: String, by changes: JSONValue) throws -> Mailbox? {
        for index in tenants.indices {
            guard let old = tenants[index].mailbox(address) else { continue }
            let new = try old.changed(by: changes)
            tenants[index].mailboxes.removeAll { $0.address.lowercased() == old.address.lowercased() }
            tenants[index].mailboxes.append(new)
            return new
        }
        return nil
    }

    mutating func changeApp(_ clientID: String, by changes: JSONValue) throws -> App? {
        for tenant in tenants.indices {
            let apps = tenants[tenant].apps
            guard let index = apps.firstIndex(where: { $0.clientID.lowercased() == clientID.lowercased() }) else {
                continue
            }
            tenants[tenant].apps[index] = try apps[index].changed(by: changes)
            return tenants[tenant].apps[index]
        }
        return nil
    }

    mutating func changeTenant(_ name: String, by changes: JSONValue) throws -> Tenant? {
        guard let index = tenants.firstIndex(where: { $0.isCalled(name) }) else { return nil }
        tenants[index] = try tenants[index].changed(by: changes)
        return tenants[index]
    }
}

extension Tenant {
    func isCalled(_ name: String) -> Bool {
        ([id] + domains).contains { $0.lowercased() == name.lowercased() }
    }

    /// By address or alias; where only a pattern fits, a mailbox with the defaults.
    func mailbox(_ name: String) -> Mailbox? {
        let name = name.lowercased()
        let listed = mailboxes.first { mailbox in
            ([mailbox.address] + mailbox.aliases).contains { $0.lowercased() == name }
        }
        if let listed { return listed }
        guard mailboxPatterns.matches(name) else { return nil }
        var mailbox = mailboxDefaults
        mailbox.address = name
        return mailbox
    }
}
