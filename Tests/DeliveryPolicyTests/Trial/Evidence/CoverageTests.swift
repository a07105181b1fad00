import Testing

@testable import DeliveryPolicy

/// How often the interval holds the true difference: 95 % of the time.
///
/// The grid: 50, 200 and 1,000 messages in the trial arm, 200, 1,000 and 5,000 in the control arm, and failure rates of 1,
/// 2, 5, 10 and 30 % in either.
@Suite struct CoverageTests {
    static let trialSizes = [50, 200, 1000]
    static let controlSizes = [200, 1000, 5000]
    static let rates = [0.01, 0.02, 0.05, 0.1, 0.3]

    struct Point: Hashable, Sendable {
        let sizes: (Int, Int)
        let rates: (Double, Double)

        /// Failures to be expected in the arm with fewer of them.
        var expected: Double { min(Double(sizes.0) * rates.0, Double(sizes.1) * rates.1) }

        static func == (left: Point, right: Point) -> Bool { left.sizes == right.sizes && left.rates == right.rates }
        func hash(into hasher: inout Hasher) { hasher.combine(rates.0) }
    }

    static let grid = trialSizes.flatMap { one in
        controlSizes.flatMap { two in
            rates.flatMap { rate in rates.map { Point(sizes: (one, two), rates: (rate, $0)) } }
        }
    }

    // MARK: Computed

    /// The exact share: every pair of counts that matters, by its likelihood.
    private static func coverage(_ point: Point) -> Double {
        let (one, two) = (Binomial(point.sizes.0, point.rates.0), Binomial(point.sizes.1, point.rates.1))
        let truth = point.rates.0 - point.rates.1
        var covered = 0.0
        for (a, p) in one.weights {
            for (b, q) in two.weights {
                let interval = ProportionDifference.interval(
                    Double(a) / Double(point.sizes.0), of: Double(point.sizes.0),
                    minus: Double(b) / Double(point.sizes.1), of: Double(point.sizes.1))
                if interval.lower <= truth, truth <= interval.upper { covered += p * q }
            }
        }
        return covered
    }

    @Test func theIntervalCoversWhatItSays() {
        let small = Self.grid.filter { $0.sizes.1 <= 1000 }
        let all = small.map { ($0, Self.coverage($0)) }
        let mean = all.map(\.1).reduce(0, +) / Double(all.count)
        #expect(abs(mean - 0.95) <= 0.01, "on average \(mean)")
        #expect(all.allSatisfy { $0.1 > 0.924 }, "\(all.filter { $0.1 <= 0.924 })")
        for (point, coverage) in all where point.expected >= 10 {
            #expect(abs(coverage - 0.95) <= 0.01, "\(point): \(coverage)")
        }
    }

    // MARK: Simulated

    @Test func theIntervalCoversInASimulation() {
        var random = SplitMix64(seed: 1998)
        var (covered, draws) = (0, 0)
        for point in Self.grid {
            let (one, two) = (Binomial(point.sizes.0, point.rates.0), Binomial(point.sizes.1, point.rates.1))
            let truth = point.rates.0 - point.rates.1
            for _ in 0..<400 {
                let interval = ProportionDifference.interval(
                    Proportion(one.draw(&random), of: point.sizes.0),
                    minus: Proportion(two.draw(&random), of: point.sizes.1))
                guard let interval else { continue }
                draws += 1
                if interval.lower <= truth, truth <= interval.upper { covered += 1 }
            }
        }
        let share = Double(covered) / Double(draws)
        #expect(draws == Self.grid.count * 400)
        #expect(abs(share - 0.95) <= 0.01, "\(share)")
    }

    /// Latencies as they are: skewed, of different spread and shape in the two arms.
    @Test(arguments: [(40, 40), (100, 400), (30, 1000)]) func theMediansIntervalCoversInASimulation(_ m: Int, _ n: Int)
    {
        var random = SplitMix64(seed: 2002)
        // The medians of an exponential distribution with mean 2, and of the square of a uniform number times 9.
        let truth = 2 * 0.6931471805599453 - 9 * 0.25
        let covered = (0..<2000).count { _ in
            let left = (0..<m).map { _ in Self.exponential(mean: 2, &random) }
            let right = (0..<n).map { _ in 9 * Self.square(Double.random(in: 0..<1, using: &random)) }
            guard let interval = MedianDifference.interval(left, minus: right) else { return false }
            return interval.lower <= truth && truth <= interval.upper
        }
        let share = Double(covered) / 2000
        #expect(0.935...0.975 ~= share, "\(share)")
    }

    private static func square(_ value: Double) -> Double { value * value }

    /// By von Neumann's comparisons of uniform numbers, which need no logarithm.
    private static func exponential(mean: Double, _ random: inout SplitMix64) -> Double {
        var whole = 0.0
        while true {
            let first = Double.random(in: 0..<1, using: &random)
            var (last, falling) = (first, 1)
            while true {
                let next = Double.random(in: 0..<1, using: &random)
                guard next < last else { break }
                (last, falling) = (next, falling + 1)
            }
            if falling % 2 == 1 { return mean * (whole + first) }
            whole += 1
        }
    }
}

/// The counts that matter, and how likely each is.
private struct Binomial {
    let weights: [(Int, Double)]

    init(_ total: Int, _ rate: Double) {
        let mode = min(total, Int(Double(total + 1) * rate))
        let odds = rate / (1 - rate)
        var below: [(Int, Double)] = []
        var above: [(Int, Double)] = [(mode, 1)]
        while let (count, weight) = above.last, count < total, weight > 1e-9 {
            above.append((count + 1, weight * odds * Double(total - count) / Double(count + 1)))
        }
        var (count, weight) = (mode, 1.0)
        while count > 0, weight > 1e-9 {
            weight *= Double(count) / Double(total - count + 1) / odds
            count -= 1
            below.append((count, weight))
        }
        let all = below.reversed() + above
        let sum = all.map(\.1).reduce(0, +)
        weights = all.map { ($0.0, $0.1 / sum) }
    }

    func draw(_ random: inout SplitMix64) -> Int {
        var rest = Double.random(in: 0..<1, using: &random)
        for (count, weight) in weights {
            rest -= weight
            if rest < 0 { return count }
        }
        return weights[weights.count - 1].0
    }
}
