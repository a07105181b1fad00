import DequeModule
import MailModel

/// What a sliding limit counts, event by event, and the fullest it has been: only the last span is remembered.
struct SlidingSum: Sendable {
    private let length: Duration
    private var recent: Deque<(date: Timestamp, amount: Int64)> = []
    private var sum: Int64 = 0
    /// The first of equals; `nil` before the first event.
    private(set) var busiest: BusiestWindow?

    /// - Parameter length: an event exactly that much later is not in the span any more.
    init(over length: Duration) { self.length = length }

    /// In ascending order of time.
    mutating func add(_ amount: Int64, at date: Timestamp) {
        recent.append((date, amount))
        sum += amount
        while let first = recent.first, date - first.date >= length {
            sum -= first.amount
            recent.removeFirst()
        }
        guard let first = recent.first, sum > busiest?.amount ?? -1 else { return }
        busiest = BusiestWindow(start: first.date, amount: sum)
    }
}
