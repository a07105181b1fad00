package import MailModel

/// What the end of an attempt says about the mailbox and the route it went by.
package enum LaneEffect: Hashable, Sendable {
    /// They work: the message was accepted, or refused for its own sake.
    case healthy
    /// Nothing learned.
    case inconclusive
    /// The mailbox is to be left alone for a while.
    case pause(Refusal, retryAfter: Duration?)
    /// The way to the far side is in trouble.
    case routeFailure(Refusal, retryAfter: Duration?)
}

extension Refusal.Cause {
    /// Waits are long, and one attempt at a time finds out whether they are over.
    var needsOperator: Bool {
        switch self {
        case .unauthorized, .misconfigured, .quota: true
        case .rejected, .tooLarge, .unrepresentable, .throttled, .unavailable, .malfunction: false
        }
    }
}
