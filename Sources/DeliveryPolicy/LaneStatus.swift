package import MailModel

/// What a lane is doing and what it waits for, for people.
package struct LaneStatus: Hashable, Sendable {
    /// Rows in memory; the store may hold more.
    package let waiting: Int
    /// By both paths.
    package let inFlight: Int
    /// Each path the route has, the primary first.
    package let paths: [PathStatus]
    /// Each queue that has a path.
    package let queues: [QueueStatus]
    /// `nil` where nothing waits, or an answer must come first.
    package let nextStart: Instant?
    /// What may start at once as far as the message rate goes.
    package let availableMessages: Int64

    package func queue(_ queue: LaneQueue) -> QueueStatus? { queues.first { $0.queue == queue } }

    /// Of the rows that may take either path.
    package var pausedUntil: Instant? { queue(.free)?.pausedUntil }
    package var reason: Refusal? { queue(.free)?.reason }
}

/// What the rows of one queue wait for as far as pauses go.
package struct QueueStatus: Hashable, Sendable {
    package let queue: LaneQueue
    /// The only one they may take, or the one they prefer.
    package let path: Path
    /// When one could start next; `nil` where nothing holds it up, or where one attempt is under way to find out whether
    /// the trouble is over.
    package let pausedUntil: Instant?
    /// The path's trouble where they wait for it; `nil` where they go, by whichever path.
    package let reason: Refusal?
}
