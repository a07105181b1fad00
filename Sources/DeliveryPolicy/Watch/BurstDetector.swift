package import MailModel

/// Finds bursts in failed attempts that come by when they finished: of those that share route, path and shape, each follows
/// the one before within `window`.
package struct BurstDetector: Sendable {
    package static let standardWindow = Duration.seconds(5)
    package static let standardMinimum = 3

    private let window: Duration
    private let minimum: Int
    private var open: [BurstKey: BurstCluster] = [:]

    /// - Parameter minimum: the fewest attempts that make a burst, at least 1.
    package init(window: Duration = standardWindow, minimum: Int = standardMinimum) {
        self.window = window
        self.minimum = minimum
    }

    /// - Returns: the burst of the same shape that is over, because this attempt came too late for it.
    package mutating func observe(_ attempt: TroubledAttempt) -> FailureBurst? {
        let key = BurstKey(attempt)
        var ended: FailureBurst?
        if let last = open[key]?.lastDate, attempt.finishedDate - last > window {
            ended = open.removeValue(forKey: key)?.burst(ofAtLeast: minimum)
        }
        open[key, default: BurstCluster(key, first: attempt)].add(attempt)
        return ended
    }

    /// The bursts that may still grow, by their start.
    package var current: [FailureBurst] {
        open.values.compactMap { $0.burst(ofAtLeast: minimum) }.inOrder
    }

    /// Drops what nothing can be added to any more.
    ///
    /// - Parameter moment: nothing that finished more than a window before it will still come.
    package mutating func forget(before moment: Timestamp) {
        open = open.filter { moment - $0.value.lastDate <= window }
    }
}

extension [FailureBurst] {
    /// By their start; those that start together, in an order that is always the same.
    package var inOrder: [FailureBurst] {
        sorted {
            ($0.start, $0.route, $0.path.rawValue, $0.key.kind.rawValue, $0.key.answer ?? "")
                < ($1.start, $1.route, $1.path.rawValue, $1.key.kind.rawValue, $1.key.answer ?? "")
        }
    }
}
