package import MailModel

/// What a lane is doing and what it waits for, for people.
package struct LaneStatus: Hashable, Sendable {
    /// Rows in memory; the store may hold more.
    package let waiting: Int
    /// By both paths.
    package let inFlight: Int
    /// Each path the route has, the primary first.
    package let paths: [PathStatus]
    /// When a row that may take either path could start next as far as pauses go; `nil` where nothing holds it up, or
    /// where one attempt is under way to find out whether the trouble is over.
    package let pausedUntil: Instant?
    /// The primary's trouble where such rows wait for it; `nil` where they go, by whichever path.
    package let reason: Refusal?
    /// `nil` where nothing waits, or an answer must come first.
    package let nextStart: Instant?
    /// What may start at once as far as the message rate goes.
    package let availableMessages: Int64
}
