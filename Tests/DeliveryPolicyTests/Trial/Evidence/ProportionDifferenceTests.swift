import Testing

@testable import DeliveryPolicy

@Suite struct ProportionDifferenceTests {
    /// Newcombe 1998, table II, method 10.
    static let published: [(Int, Int, Int, Int, Double, Double)] = [
        (56, 70, 48, 80, 0.0524, 0.3339), (9, 10, 3, 10, 0.1705, 0.8090), (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926), (0, 10, 0, 20, -0.1611, 0.2775), (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1), (10, 10, 0, 10, 0.6075, 1),
    ]

    @Test(arguments: published)
    func agreesWithThePaper(_ a: Int, _ m: Int, _ b: Int, _ n: Int, _ lower: Double, _ upper: Double) throws {
        let interval = try #require(ProportionDifference.interval(Proportion(a, of: m), minus: Proportion(b, of: n)))
        #expect(abs(interval.lower - lower) < 0.000051 && abs(interval.upper - upper) < 0.000051, "\(interval)")
        #expect(abs(interval.estimate - (Double(a) / Double(m) - Double(b) / Double(n))) < 1e-12)
        let turned = try #require(ProportionDifference.interval(Proportion(b, of: n), minus: Proportion(a, of: m)))
        #expect(abs(turned.lower + interval.upper) < 1e-12 && abs(turned.upper + interval.lower) < 1e-12)
    }

    /// Wilson's limits in Newcombe's companion paper, "Two-sided confidence intervals for the single proportion", Statistics
    /// in Medicine 17 (1998) 857–872, table I, method 3.
    @Test(arguments: [
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718),
    ])
    func wilson(_ count: Int, _ total: Int, _ lower: Double, _ upper: Double) {
        let interval = ProportionDifference.wilson(Double(count) / Double(total), of: Double(total))
        #expect(abs(interval.lower - lower) < 0.000051 && abs(interval.upper - upper) < 0.000051, "\(interval)")
    }

    @Test func withoutMessagesThereIsNone() {
        #expect(ProportionDifference.interval(Proportion(0, of: 0), minus: Proportion(1, of: 2)) == nil)
        #expect(ProportionDifference.interval(Proportion(1, of: 2), minus: Proportion(0, of: 0)) == nil)
    }

    @Test func staysWithinWhatIsPossible() throws {
        for total in 1...25 {
            for count in 0...total {
                let one = Proportion(count, of: total)
                for other in [Proportion(0, of: 3), Proportion(3, of: 3), Proportion(40, of: 100)] {
                    let interval = try #require(ProportionDifference.interval(one, minus: other))
                    #expect(-1 <= interval.lower && interval.upper <= 1)
                    #expect(interval.lower <= interval.estimate && interval.estimate <= interval.upper)
                }
            }
        }
    }
}
