/// The standard normal distribution, as far as intervals need it, without a mathematical library.
enum Normal {
    /// A share of 2.5 % lies above.
    static let z95 = 1.959963984540054

    /// How much of it lies below `x`, by the series of G. Marsaglia, "Evaluating the normal distribution", Journal of
    /// Statistical Software 11 (2004) issue 4. Exact to about 1e-14 for −7…7; beyond, 0 or 1.
    static func cumulative(_ x: Double) -> Double {
        guard abs(x) < 7 else { return x < 0 ? 0 : 1 }
        var (term, sum, divisor) = (x, x, 3.0)
        while sum + term != sum || divisor < 5 {
            term *= x * x / divisor
            sum += term
            divisor += 2
            if term == 0 { break }
        }
        return 0.5 + sum * density(x)
    }

    /// The point with `share` of it below, for 0 < share < 1; −7 to 7.
    static func quantile(_ share: Double) -> Double {
        var (low, high) = (-7.0, 7.0)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if cumulative(middle) < share { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// e^(−x²/2) / √(2π)
    private static func density(_ x: Double) -> Double {
        let power = x * x / 2
        var (term, sum, divisor) = (1.0, 1.0, 1.0)
        while term > sum * 1e-18 {
            term *= power / divisor
            sum += term
            divisor += 1
        }
        return 1 / (sum * 2.5066282746310002)
    }
}
