package import EmailLog
package import MailModel

/// An alert as configured: when it opens, and who hears of it besides the log.
package struct Alert: Hashable, Sendable {
    package var name: String
    package var condition: AlertCondition
    package var webhook: Webhook?
    package var email: Address?
    /// The program and its arguments; empty where none is to be run.
    package var command: [String] = []

    package struct Webhook: Hashable, Sendable {
        package enum Format: String, CaseIterable, Sendable { case teams, slack, json }

        /// Whoever knows it may post: a secret.
        package var url: Secret
        package var format: Format = .json
    }

    package var channels: [AlertNotification.Channel] {
        AlertNotification.Channel.allCases.filter { channel in
            switch channel {
            case .webhook: webhook != nil
            case .email: email != nil
            case .command: !command.isEmpty
            }
        }
    }

    /// In force where the file has no `alerts`: they are heard of in the log alone.
    package static let defaults = [
        Alert(name: "failed", condition: .count(.failed, atLeast: 1, within: .seconds(900))),
        Alert(name: "set_aside", condition: .count(.setAside, atLeast: 1, within: .seconds(3600))),
        Alert(name: "queue_age", condition: .queueAge(over: .seconds(900))),
        Alert(name: "token_error", condition: .tokenError),
        Alert(name: "trial_rollback", condition: .trialRollback),
        Alert(name: "secret_expires", condition: .secretExpires(within: .seconds(7 * 86400))),
    ]
}
