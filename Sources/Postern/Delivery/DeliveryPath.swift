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
}
