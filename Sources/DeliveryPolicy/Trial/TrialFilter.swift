package import MailModel

/// Which messages a trial speaks of: those that every condition lets through. An empty condition lets all through.
package struct TrialFilter: Hashable, Sendable {
    package var senders: [SenderPattern]
    package var recipients: [RecipientDomain]
    package var priorities: Set<Priority>

    package init(senders: [SenderPattern] = [], recipients: [RecipientDomain] = [], priorities: Set<Priority> = []) {
        self.senders = senders
        self.recipients = recipients
        self.priorities = priorities
    }

    /// Of the recipients each must be in one of the domains: a trial for some domains is none for a message that goes
    /// elsewhere, too.
    package func admits(_ message: TrialCandidate) -> Bool {
        (senders.isEmpty || senders.contains { $0.matches(message.sender) })
            && (recipients.isEmpty
                || message.recipients.allSatisfy { address in recipients.contains { $0.holds(address) } })
            && (priorities.isEmpty || priorities.contains(message.priority))
    }
}

/// `contoso.com`, or `*.contoso.com` for all domains below it; compared without case.
package struct RecipientDomain: Hashable, Sendable, CustomStringConvertible {
    private let domain: String
    private let isParent: Bool

    /// `nil` where the text is none of the two forms.
    package init?(_ text: some StringProtocol) {
        let isParent = text.hasPrefix("*.")
        guard let address = try? Address(parsing: "x@\(isParent ? text.dropFirst(2) : text[...])") else { return nil }
        domain = address.domain
        self.isParent = isParent
    }

    package func holds(_ address: Address) -> Bool {
        isParent ? address.domain.hasSuffix(".\(domain)") : address.domain == domain
    }

    package var description: String { isParent ? "*.\(domain)" : domain }
}
