package import MailModel

/// How many messages took how long, arm by arm, in steps that people name: 100 ms, 200 ms, 500 ms, 1 s, …
package struct LatencyHistogram: Hashable, Sendable {
    package struct Bin: Hashable, Sendable {
        /// Milliseconds, inclusive.
        package let lower: Int64
        /// Milliseconds, exclusive; `nil` for all that is longer.
        package let upper: Int64?
        /// One for each arm.
        package let counts: [Int]
    }

    /// Milliseconds.
    package static let steps: [Int64] = [
        0, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000, 120_000, 300_000, 600_000, 1_800_000,
        3_600_000, 10_800_000, 43_200_000, 86_400_000,
    ]

    /// From the first that has messages to the last.
    package let bins: [Bin]

    package init(_ arms: [Latencies]) {
        let uppers = Self.steps.dropFirst().map(Optional.some) + [nil]
        let all = zip(Self.steps, uppers).map { lower, upper in
            Bin(
                lower: lower, upper: upper,
                counts: arms.map { arm in (upper.map { arm.count(below: $0) } ?? arm.count) - arm.count(below: lower) })
        }
        let isFilled = { (bin: Bin) in bin.counts.contains { $0 > 0 } }
        guard let first = all.firstIndex(where: isFilled), let last = all.lastIndex(where: isFilled) else {
            bins = []
            return
        }
        bins = Array(all[first...last])
    }
}
