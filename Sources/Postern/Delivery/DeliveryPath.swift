import EmailLog
import MailModel

/// One way out of the house.
protocol DeliveryPath: Sendable {
    /// Attempts a message once. Never throws: whatever happened is an outcome.
    func deliver(_ message: QueuedMessage, body: MessageBody) async -> Delivery
}

/// What came of one attempt.
struct Delivery: Sendable {
    var outcome: Outcome
    /// False where nothing was tried, as without a token: a pause, and no attempt.
    var isAttempt: Bool
    /// What it took of Microsoft's limits; `nil` where nothing can have reached it.
    var cost: AttemptRecord.Cost?

    init(_ outcome: Outcome, isAttempt: Bool, cost: AttemptRecord.Cost? = nil) {
        self.outcome = outcome
        self.isAttempt = isAttempt
        self.cost = cost
    }

    /// What comes of a message whose body is gone or damaged, and of one that a store in trouble cannot read just now.
    init(unreadable error: EmailLogError) {
        let text = "The message cannot be read from the store: \(error)"
        switch error {
        case .bodyMissing, .bodyDamaged, .noSuchMessage:
            self.init(.rejected(Refusal(scope: .message, cause: .malfunction, text: text)), isAttempt: true)
        default:
            let refusal = Refusal(scope: .message, cause: .unavailable, text: text)
            self.init(.deferred(refusal, retryAfter: nil), isAttempt: false)
        }
    }
}
