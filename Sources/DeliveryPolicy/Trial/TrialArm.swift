package import MailModel

/// The side of a trial that a message stands on, as `email_log.trial` has it.
package enum TrialArm: String, Hashable, Sendable, CaseIterable {
    /// By the path that is tried.
    case trial
    /// By the path that is used anyway, and compared with.
    case control
    /// By the path that is used anyway, while the other is exercised besides and delivers nothing.
    case shadow
}

/// What the arm of a message depends on, all of it fixed when the message is accepted.
package struct TrialCandidate: Hashable, Sendable {
    package let id: QueueID
    /// As for the choice of its route: the header From, else the envelope's sender.
    package let sender: Address?
    package let recipients: [Address]
    package let priority: Priority

    package init(id: QueueID, sender: Address?, recipients: [Address], priority: Priority = .normal) {
        self.id = id
        self.sender = sender
        self.recipients = recipients
        self.priority = priority
    }
}
