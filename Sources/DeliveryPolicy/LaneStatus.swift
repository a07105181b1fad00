package import MailModel

/// What a lane is doing and what it waits for, for people.
package struct LaneStatus: Hashable, Sendable {
    /// Rows in memory; the store may hold more.
    package let waiting: Int
    package let inFlight: Int
    /// `nil` where nothing pauses it, or one attempt is under way to find out whether the trouble is over.
    package let pausedUntil: Instant?
    /// Why it is paused or probing.
    package let reason: Refusal?
    /// `nil` where nothing waits, or an answer must come first.
    package let nextStart: Instant?
    /// What may start at once as far as the message rate goes.
    package let availableMessages: Int64
}
