import MailModel

/// What came of a run.
package struct Report: Sendable {
    package let seed: UInt64
    /// Events, after each of which the invariants held.
    package let steps: Int
    /// Pieces of delivery's own code that ran, from one `await` to the next.
    package let jobs: Int
    package let simulated: Duration
    package let messages: Int
    package let requests: Int
    /// Copies that recipients received, and how many of them were not the first.
    package let accepted: Int
    package let duplicates: Int
    package let crashes: Int
    /// When each message's first attempt began.
    let begun: [QueueID: Instant]
    /// Empty where every promise was kept.
    package let violations: [String]
    package let coverage: Coverage
}
