import DequeModule

/// Looks at the messages of the trial arm as they come to an end, and says once when the rule is broken. From then on the
/// trial stays rolled back until an operator starts it again, however well the messages fare that are still on their way.
package struct RollbackWatch: Sendable {
    package enum State: Hashable, Sendable {
        case armed
        case rolledBack
    }

    package let rule: RollbackRule
    package private(set) var state: State
    /// The last ones, oldest first: whether the rule speaks of them.
    private var recent: Deque<Bool> = []
    private var hits = 0

    /// - Parameter state: as it stands in the store; a restart does not start a trial again.
    package init(_ rule: RollbackRule, state: State = .armed) {
        self.rule = rule
        self.state = state
    }

    /// How many of the last `of` messages the rule speaks of.
    package var standing: (hits: Int, of: Int) { (hits, recent.count) }

    /// A message of the trial arm came to an end.
    ///
    /// - Parameter troubles: all that is true of it.
    /// - Returns: true once, at the message that breaks the rule.
    package mutating func finished(with troubles: Set<RollbackRule.Metric>) -> Bool {
        switch state {
        case .rolledBack: return false
        case .armed:
            note(troubles.contains(rule.metric))
            guard hits >= rule.threshold else { return false }
            state = .rolledBack
            return true
        }
    }

    /// An operator starts the trial again: what was before counts no more.
    package mutating func start() {
        state = .armed
        recent.removeAll()
        hits = 0
    }

    private mutating func note(_ isHit: Bool) {
        recent.append(isHit)
        if isHit { hits += 1 }
        if recent.count > rule.window, recent.removeFirst() { hits -= 1 }
    }
}
