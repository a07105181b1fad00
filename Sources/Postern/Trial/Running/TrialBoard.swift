import DeliveryPolicy
import NIOConcurrencyHelpers

/// The trials in force, by route: whoever conducts them writes here, and each acceptance reads, so that a change takes effect
/// with the next message.
final class TrialBoard: Sendable {
    private let trials = NIOLockedValueBox<[String: RunningTrial]>([:])

    func show(_ running: [String: RunningTrial]) { trials.withLockedValue { $0 = running } }

    /// `nil` where the route has no trial in force, or it does not speak of the message.
    func arm(of message: TrialCandidate, on route: String) -> TrialArm? {
        trials.withLockedValue { $0[route] }?.arm(of: message)
    }
}
