/// A limit's name, as the configuration spells it.
package enum LimitName: String, Hashable, Sendable, CaseIterable {
    case messages = "messages_per_mailbox"
    case recipients = "recipients_per_mailbox"
    case requests = "requests_per_mailbox"
    case upload = "upload_per_mailbox"
    case externalRecipients = "external_recipients"
}

/// How much of a limit is used.
package struct LimitUse: Hashable, Sendable {
    package let name: LimitName
    /// What was taken in the last window, or is being taken.
    package let used: Int64
    package let rate: Rate

    package init(_ name: LimitName, used: Int64, of rate: Rate) {
        self.name = name
        self.used = used
        self.rate = rate
    }

    /// Of a hundred; more than that where a limit was lowered.
    package var percent: Int { Int(used * 100 / rate.amount) }
}
