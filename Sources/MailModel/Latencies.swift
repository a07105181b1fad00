/// How long messages took, from accepted to sent.
package struct Latencies: Hashable, Sendable {
    /// Ascending.
    package let milliseconds: [Int64]

    /// - Parameter milliseconds: ascending.
    package init(ascending milliseconds: [Int64]) { self.milliseconds = milliseconds }

    package var isEmpty: Bool { milliseconds.isEmpty }
    package var count: Int { milliseconds.count }
    package var percentiles: Percentiles? { Percentiles(ascending: milliseconds) }

    /// How many took less than so many milliseconds.
    package func count(below limit: Int64) -> Int {
        var (low, high) = (0, milliseconds.count)
        while low < high {
            let middle = (low + high) / 2
            if milliseconds[middle] < limit { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Percentiles by nearest rank: the smallest value that so many percent of all do not exceed; always one that occurred.
package struct Percentiles: Hashable, Sendable {
    package let p50: Duration
    package let p95: Duration
    package let p99: Duration

    fileprivate init?(ascending milliseconds: [Int64]) {
        guard !milliseconds.isEmpty else { return nil }
        func value(at percent: Int) -> Duration {
            .milliseconds(milliseconds[max(0, (milliseconds.count * percent + 99) / 100 - 1)])
        }
        (p50, p95, p99) = (value(at: 50), value(at: 95), value(at: 99))
    }
}
