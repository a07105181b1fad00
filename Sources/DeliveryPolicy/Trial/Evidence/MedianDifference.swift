/// The difference of two medians with its 95 % interval, whatever the two distributions look like: R. M. Price and
/// D. G. Bonett, "Distribution-free confidence intervals for difference and ratio of medians", Journal of Statistical
/// Computation and Simulation 72 (2002) 119–124. The variance of each median is taken from two of its order statistics.
package enum MedianDifference {
    /// The fewest values on either side that say anything about a spread.
    static let fewest = 5

    /// `left` less `right`, in the unit of the values; `nil` where either has fewer than five.
    /// - Parameters: in any order.
    package static func interval(_ left: [Double], minus right: [Double]) -> Interval? {
        guard left.count >= fewest, right.count >= fewest else { return nil }
        let one = Median(sorted: left.sorted())
        let two = Median(sorted: right.sorted())
        let difference = one.value - two.value
        let spread = Normal.z95 * (one.variance + two.variance).squareRoot()
        return Interval(estimate: difference, lower: difference - spread, upper: difference + spread)
    }
}

private struct Median {
    let value: Double
    let variance: Double

    init(sorted values: [Double]) {
        let count = values.count
        value = (values[(count - 1) / 2] + values[count / 2]) / 2
        let rank = max(1, Int((Double(count) / 2 - Double(count).squareRoot()).rounded(.toNearestOrEven)))
        let z = Normal.quantile(1 - Self.shareOfCoins(below: rank, of: count))
        let error = (values[count - rank] - values[rank - 1]) / (2 * z)
        variance = error * error
    }

    /// How likely fewer than `rank` of `count` fair coins show heads. Summed relative to the most likely number, because
    /// 2⁻ⁿ itself is too small for a large n.
    private static func shareOfCoins(below rank: Int, of count: Int) -> Double {
        let middle = count / 2
        var (weight, all, below) = (1.0, 1.0, middle < rank ? 1.0 : 0)
        for heads in stride(from: middle, to: 0, by: -1) {
            weight *= Double(heads) / Double(count - heads + 1)
            all += weight
            if heads - 1 < rank { below += weight }
        }
        weight = 1
        for heads in middle..<count {
            weight *= Double(count - heads) / Double(heads + 1)
            all += weight
        }
        return below / all
    }
}
