package import DeliveryPolicy
import MailModel

/// A trial in force: which arm the messages that are accepted now belong to.
package struct RunningTrial: Hashable, Sendable {
    let mode: TrialSettings.Mode
    let assignment: TrialAssignment

    /// `nil` where the trial does not speak of the message.
    package func arm(of message: TrialCandidate) -> TrialArm? {
        let arm = assignment.arm(of: message)
        return switch mode {
        case .split: arm
        case .shadow: arm == .trial ? .shadow : nil
        }
    }
}
