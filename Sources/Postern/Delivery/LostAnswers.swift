package import DeliveryPolicy
import GraphProtocol
import MailModel

/// What a route does about answers of Graph that were lost.
package struct LostAnswers: Hashable, Sendable {
    var mode = ExactlyOnce.off
    /// How long after an attempt its message may still show up in the mailbox.
    var grace = Duration.seconds(300)
    /// Where looking does not tell, or nothing is looked at.
    var onUnknown = Disposition.UnknownPolicy.retry

    /// For an attempt whose outcome is not known. What is looked at before it is sent again may be tried again.
    func policy(by path: Path) -> Disposition.UnknownPolicy {
        path == .graph && mode != .off ? .retry : onUnknown
    }
}

extension LostAnswers {
    /// Nothing is looked at.
    package init(onUnknown: Disposition.UnknownPolicy) {
        self.init()
        self.onUnknown = onUnknown
    }

    init(_ graph: Graph) { self.init(mode: graph.exactlyOnce, grace: graph.lookupAfter, onUnknown: graph.onUnknown) }
}
