import DeliveryPolicy
import EmailLog
import GraphProtocol
import MailModel

extension DeliveryRoute {
    /// What becomes of a message whose attempt was cut off by the end of its process. What the message needs to be taken
    /// apart leaves a draft, whatever the mode.
    func recovery(by path: Path, at now: Timestamp) -> RecoveryPolicy {
        let next: RecoveryPolicy.Next =
            switch lostAnswers.policy(by: path) {
            case .hold: .hold
            case .retry: .retry(at: now + schedule.backoff.first)
            }
        guard path == .graph else { return RecoveryPolicy(next) }
        return RecoveryPolicy(
            next, mayLeaveDraft: lostAnswers.mode == .draft || limits.lane.uploadsAbove != nil,
            cost: { .cutOff(recipients: $0, size: $1, uploadsAbove: limits.lane.uploadsAbove) })
    }
}

extension RecoveryPolicy {
    /// Where the route is not configured: whatever it was when the attempt began.
    static func unconfigured(by path: Path, at now: Timestamp) -> RecoveryPolicy {
        let next = Next.retry(at: now + .seconds(15))
        guard path == .graph else { return RecoveryPolicy(next) }
        return RecoveryPolicy(
            next, mayLeaveDraft: true, cost: { .cutOff(recipients: $0, size: $1, uploadsAbove: 0) })
    }
}

extension AttemptRecord.Cost {
    /// As much as an attempt by Graph can have taken, with the steps of the mode that has the most: another may have been
    /// configured then.
    fileprivate static func cutOff(recipients: Int, size: Int, uploadsAbove: Int64?) -> Self {
        let bound = AttemptBound(
            size: Int64(size), steps: Int64(ExactlyOnce.draft.requestsPerAttempt), uploadsAbove: uploadsAbove)
        return Self(
            requests: Int(bound.requests), recipients: recipients, externalRecipients: recipients,
            bytes: Int(bound.rawOctets))
    }
}
