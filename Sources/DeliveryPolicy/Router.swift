package import MailModel

/// Which route a message takes, and through which mailbox it is sent.
package struct Router: Hashable, Sendable {
    package struct MailboxRule: Hashable, Sendable {
        package let senders: SenderPattern
        package let mailbox: Address

        package init(senders: SenderPattern, mailbox: Address) {
            self.senders = senders
            self.mailbox = mailbox
        }
    }

    package struct Rule: Hashable, Sendable {
        package let name: String
        package let senders: [SenderPattern]
        /// Where no rule of `mailboxes` fits; `nil`: the sender's own.
        package let mailbox: Address?
        package let mailboxes: [MailboxRule]

        package init(name: String, senders: [SenderPattern], mailbox: Address? = nil, mailboxes: [MailboxRule] = []) {
            self.name = name
            self.senders = senders
            self.mailbox = mailbox
            self.mailboxes = mailboxes
        }
    }

    package enum Routing: Hashable, Sendable {
        case lane(LaneKey)
        /// No route takes this sender.
        case noRoute
        /// The route takes it, but the message names no sender whose mailbox it could use.
        case noMailbox(route: String)
    }

    private let rules: [Rule]

    /// - Parameter rules: in order of precedence.
    package init(_ rules: [Rule]) { self.rules = rules }

    /// The sender is the header From, else the envelope's; the first route that matches takes the message. Of its
    /// mailbox rules the most specific one wins, of equals the first.
    package func route(headerFrom: Address?, envelopeSender: Address?) -> Routing {
        let sender = headerFrom ?? envelopeSender
        guard let rule = rules.first(where: { $0.senders.contains { $0.matches(sender) } }) else { return .noRoute }
        guard let mailbox = Self.mailbox(for: sender, of: rule) else { return .noMailbox(route: rule.name) }
        return .lane(LaneKey(route: rule.name, mailbox: mailbox))
    }

    private static func mailbox(for sender: Address?, of rule: Rule) -> Address? {
        let fitting = rule.mailboxes.filter { $0.senders.matches(sender) }
        let highest = fitting.map(\.senders.specificity).max()
        let special = fitting.first { $0.senders.specificity == highest }
        return special?.mailbox ?? rule.mailbox ?? sender
    }
}
