package import MailModel

/// The span of a fixed length in which the most happened, wherever it begins: as a sliding limit counts.
package struct BusiestWindow: Hashable, Sendable {
    /// When its first event was.
    package let start: Timestamp
    package let amount: Int64

    /// The first of equals; `nil` without events.
    /// - Parameters:
    ///   - events: ascending in time.
    ///   - length: an event exactly that much later is not in the window any more.
    init?(of events: some Sequence<(date: Timestamp, amount: Int64)>, length: Duration) {
        let events = Array(events)
        var (best, first, sum): (BusiestWindow?, Int, Int64) = (nil, 0, 0)
        for event in events {
            sum += event.amount
            while event.date - events[first].date >= length {
                sum -= events[first].amount
                first += 1
            }
            if sum > best?.amount ?? -1 { best = BusiestWindow(start: events[first].date, amount: sum) }
        }
        guard let best else { return nil }
        self = best
    }

    private init(start: Timestamp, amount: Int64) {
        self.start = start
        self.amount = amount
    }
}
