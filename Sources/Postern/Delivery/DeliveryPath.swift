package import EmailLog
import GraphProtocol
package import MailModel
package import SMTPProtocol

/// One way out of the house.
package protocol DeliveryPath: Sendable {
    /// Attempts a message once. Never throws: whatever happened is an outcome.
    func deliver(_ message: QueuedMessage, body: MessageBody, memory: AttemptMemory) async -> Delivery

    /// After a reload: what the path before has in hand and is still good, such as a token, goes on being used.
    func takeOver(from old: any DeliveryPath) async
}

extension DeliveryPath {
    /// Nothing is in hand.
    package func takeOver(from old: any DeliveryPath) async {}
}

/// What came of one attempt.
package struct Delivery: Sendable {
    /// For all recipients; where they were answered differently, for the first of `parts`.
    package var outcome: Outcome
    /// Empty where all recipients share one fate; else each recipient stands in exactly one.
    package var parts: [SubmissionAnswer.RecipientGroup] = []
    /// False where nothing was tried, as without a token: a pause, and no attempt.
    package var isAttempt: Bool
    /// What it took of Microsoft's limits; `nil` where nothing can have reached it.
    package var cost: AttemptRecord.Cost?
    /// This path cannot carry the message as it is, and the route lets it go by the other.
    package var fallsBack = false
    /// What is left of a draft.
    package var draft = DraftTrace.unchanged
    /// Looking did not tell what has become of it, and a person is to decide.
    package var isHeld = false
    /// What the record of an accepted message says besides.
    package var note: String?

    package init(_ outcome: Outcome, isAttempt: Bool, cost: AttemptRecord.Cost? = nil) {
        self.outcome = outcome
        self.isAttempt = isAttempt
        self.cost = cost
    }

    /// - Parameter groups: at least one. Whom it was accepted for keep the message's row.
    package init(_ groups: [SubmissionAnswer.RecipientGroup], cost: AttemptRecord.Cost?) {
        let accepted = groups.filter { $0.outcome.refusal == nil }
        let ordered = accepted + groups.filter { $0.outcome.refusal != nil }
        self.init(ordered[0].outcome, isAttempt: true, cost: cost)
        if ordered.count > 1 { parts = ordered }
    }

    /// Nothing was tried, because there is no token.
    init(_ unavailable: TokenSource.Unavailable) {
        self.init(
            .deferred(unavailable.failure.explainedRefusal, retryAfter: unavailable.failure.retryAfter),
            isAttempt: false)
    }

    /// Nothing was tried, because it would be in vain.
    package init(fallingBackFor refusal: Refusal) {
        self.init(.rejected(refusal), isAttempt: false)
        fallsBack = true
    }

    /// What comes of a message whose body is gone or damaged, and of one that a store in trouble cannot read just now.
    init(unreadable error: EmailLogError) {
        let text = "The message cannot be read from the store: \(error)"
        switch error {
        case .bodyMissing, .bodyDamaged, .damaged, .noSuchMessage:
            self.init(.rejected(Refusal(scope: .message, cause: .malfunction, text: text)), isAttempt: true)
        default:
            let refusal = Refusal(scope: .message, cause: .unavailable, text: text)
            self.init(.deferred(refusal, retryAfter: nil), isAttempt: false)
        }
    }
}

extension TokenFailure {
    /// With what to do about it: the mail that waits says so.
    fileprivate var explainedRefusal: Refusal {
        var refusal = refusal
        refusal.text = "\(text). \(explanation)"
        return refusal
    }
}
