import MailModel

/// When mail that may take either path leaves the primary for the other (`fallback`).
package struct FallbackRule: Hashable, Sendable {
    /// What can be wrong with the primary.
    package enum Condition: String, Hashable, Sendable, CaseIterable {
        /// A fault of the service or the network, of the route or of one mailbox.
        case unavailable
        /// Credentials or permissions are refused.
        case unauthorized
        /// It cannot express the message: such a message moves at once, and by itself (`SendPlan`).
        case unrepresentable
        /// It asks for a pause.
        case throttled
    }

    package var on: Set<Condition>
    /// How long the primary is closed before messages move.
    package var after: Duration

    package init(on: Set<Condition> = [.unavailable, .unauthorized, .unrepresentable], after: Duration = .seconds(120))
    {
        self.on = on
        self.after = after
    }

    /// When mail of a trial leaves the path that is tried, so that no trial ever makes it late: as soon as the route's own
    /// mail leaves its primary, and for every pause that the other path would be spared.
    ///
    /// - Parameter rule: the route's own.
    static func ofTrial(_ rule: FallbackRule?) -> FallbackRule {
        let standard = FallbackRule()
        return FallbackRule(
            on: standard.on.union([.throttled]).union(rule?.on ?? []), after: rule?.after ?? standard.after)
    }

    /// From when on such trouble of a path sends messages by the other path; `nil`: never.
    func diversion(from trouble: Trouble) -> Instant? {
        guard let condition = Condition(closing: trouble.reason.cause), on.contains(condition) else { return nil }
        return trouble.since + after
    }
}

extension FallbackRule.Condition {
    /// A quota and what else only an operator can mend, access apart, would meet the messages on the other path as well.
    fileprivate init?(closing cause: Refusal.Cause) {
        switch cause {
        case .unavailable: self = .unavailable
        case .unauthorized: self = .unauthorized
        case .throttled: self = .throttled
        case .quota, .misconfigured, .rejected, .tooLarge, .unrepresentable, .malfunction: return nil
        }
    }
}
