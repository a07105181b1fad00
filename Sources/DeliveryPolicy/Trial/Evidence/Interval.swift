/// An estimate, and what it lies between with 95 % confidence.
package struct Interval: Hashable, Sendable {
    package let estimate: Double
    package let lower: Double
    package let upper: Double

    package init(estimate: Double, lower: Double, upper: Double) {
        self.estimate = estimate
        self.lower = lower
        self.upper = upper
    }

    /// In another unit.
    /// - Parameter factor: above 0.
    package func scaled(by factor: Double) -> Interval {
        Interval(estimate: estimate * factor, lower: lower * factor, upper: upper * factor)
    }
}

/// So many of so many.
package struct Proportion: Hashable, Sendable {
    /// 0 to `total`.
    package let count: Int
    package let total: Int

    package init(_ count: Int, of total: Int) {
        precondition(0...max(0, total) ~= count, "a part is no larger than the whole")
        self.count = count
        self.total = total
    }

    /// 0 to 1; 0 of nothing.
    package var rate: Double { total > 0 ? Double(count) / Double(total) : 0 }
}
