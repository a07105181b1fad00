package import MailModel

/// The span of a fixed length in which the most happened, wherever it begins: as a sliding limit counts.
package struct BusiestWindow: Hashable, Sendable {
    /// When its first event was.
    package let start: Timestamp
    package let amount: Int64

    init(start: Timestamp, amount: Int64) {
        self.start = start
        self.amount = amount
    }

    /// The first of equals; `nil` without events.
    /// - Parameters:
    ///   - events: ascending in time.
    ///   - length: an event exactly that much later is not in the window any more.
    init?(of events: some Sequence<(date: Timestamp, amount: Int64)>, length: Duration) {
        var sum = SlidingSum(over: length)
        for event in events { sum.add(event.amount, at: event.date) }
        guard let busiest = sum.busiest else { return nil }
        self = busiest
    }
}
