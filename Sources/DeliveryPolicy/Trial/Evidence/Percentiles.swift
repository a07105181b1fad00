/// Percentiles by nearest rank: the smallest value that so many percent of all do not exceed; always one that occurred.
package struct Percentiles: Hashable, Sendable {
    package let p50: Duration
    package let p95: Duration
    package let p99: Duration

    /// `nil` without values. In any order.
    package init?(_ values: [Duration]) {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        func value(at percent: Int) -> Duration { sorted[max(0, (sorted.count * percent + 99) / 100 - 1)] }
        (p50, p95, p99) = (value(at: 50), value(at: 95), value(at: 99))
    }
}
