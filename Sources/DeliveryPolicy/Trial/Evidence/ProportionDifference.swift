/// The difference of two proportions with its 95 % interval, by Newcombe's hybrid score method without continuity correction:
/// method 10 of R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of
/// eleven methods", Statistics in Medicine 17 (1998) 873–890, made of the Wilson score limits of either proportion.
///
/// It holds where few or none have failed. Over 720 combinations of 50 to 5,000 messages and 0.5 to 30 % of failures it
/// covers the true difference in 95.8 % on average, in no combination below 92.4 %, and within 94 to 96 % wherever ten
/// failures or more are to be expected in each arm. (Miettinen and Nurminen's comes to 95.5 % on average, but to 90.9 % in
/// the worst, and has no closed form.)
package enum ProportionDifference {
    /// `left` less `right`; `nil` where one of them has no messages.
    package static func interval(_ left: Proportion, minus right: Proportion) -> Interval? {
        guard left.total > 0, right.total > 0 else { return nil }
        return interval(left.rate, of: Double(left.total), minus: right.rate, of: Double(right.total))
    }

    /// The same for rates that are only supposed, and for numbers that need not be whole.
    static func interval(_ left: Double, of leftTotal: Double, minus right: Double, of rightTotal: Double) -> Interval {
        let one = wilson(left, of: leftTotal)
        let two = wilson(right, of: rightTotal)
        let below = root(left - one.lower, two.upper - right)
        let above = root(one.upper - left, right - two.lower)
        let difference = left - right
        return Interval(
            estimate: difference, lower: max(-1, difference - below), upper: min(1, difference + above))
    }

    /// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    /// Statistical Association 22 (1927) 209–212.
    static func wilson(_ rate: Double, of total: Double) -> Interval {
        let square = Normal.z95 * Normal.z95
        let scale = 1 + square / total
        let center = rate + square / (2 * total)
        let spread = Normal.z95 * (rate * (1 - rate) / total + square / (4 * total * total)).squareRoot()
        return Interval(
            estimate: rate, lower: max(0, (center - spread) / scale), upper: min(1, (center + spread) / scale))
    }

    private static func root(_ one: Double, _ other: Double) -> Double { (one * one + other * other).squareRoot() }
}
