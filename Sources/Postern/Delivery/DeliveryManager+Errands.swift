import DeliveryPolicy
import EmailLog
import MailModel

/// What is done in a mailbox beside its mail.
extension DeliveryManager {
    /// Books what an errand took, and what its answers say about the mailbox and Graph.
    func finished(_ errand: Errand, _ effect: LaneEffect, _ cost: ShadowResult.Cost) {
        scheduler.finished(
            errand, effect, reachedFarSide: cost.requests > 0,
            usage: Usage(
                requests: Int64(cost.requests), isSubmitted: cost.messages > 0,
                octets: Int64(Base64.encodedLength(of: cost.bytes))),
            at: clocks.instant(), using: &random)
        bell.ring()
    }
}

extension LaneEffect {
    /// Of an outcome that is no message's. Only what asks everybody to wait is taken for more than this errand's own
    /// trouble: that a draft may not be made says nothing about sending.
    init(ofErrand outcome: Outcome) {
        switch outcome {
        case .accepted, .rejected: self = .healthy
        case .deferred(let refusal, let wait): self.init(ofErrand: refusal, retryAfter: wait)
        case .unknown(let refusal): self.init(ofErrand: refusal, retryAfter: nil)
        }
    }

    init(ofErrand refusal: Refusal, retryAfter: Duration?) {
        guard refusal.cause == .throttled || refusal.cause == .unavailable else {
            self = .inconclusive
            return
        }
        switch refusal.scope {
        case .mailbox: self = .pause(refusal, retryAfter: retryAfter)
        case .route: self = .routeFailure(refusal, retryAfter: retryAfter)
        case .recipient, .message: self = .inconclusive
        }
    }
}

extension SweptDraft {
    var effect: LaneEffect {
        switch state {
        case .gone: .healthy
        case .failed(let refusal, let wait): LaneEffect(ofErrand: refusal, retryAfter: wait)
        }
    }
}
