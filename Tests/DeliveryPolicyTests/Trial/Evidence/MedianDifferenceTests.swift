import Testing

@testable import DeliveryPolicy

@Suite struct MedianDifferenceTests {
    struct Example: Sendable {
        let left: [Double], right: [Double]
        let estimate: Double, lower: Double, upper: Double
    }

    /// The examples that come with the authors' own package (D. G. Bonett, `statpsych` for R, `ci.median2`).
    static let published = [
        Example(
            left: [32, 39, 26, 35, 43, 27, 40, 37, 34, 29], right: [36, 44, 47, 42, 49, 39, 46, 31, 33, 48],
            estimate: -8.5, lower: -16.95977, upper: -0.04022524),
        Example(
            left: [32.1, 39.8, 26.3, 35.0, 43.1, 27.0, 40.9, 37.4, 34.0, 29.2],
            right: [36.8, 44.0, 47.1, 42.7, 49.0, 39.6, 46.2, 31.6, 33.1, 48.4], estimate: -8.85, lower: -17.66002,
            upper: -0.0399751),
        Example(
            left: [70, 394, 43, 95, 62, 128, 2, 203, 81, 436, 85, 35, 156, 1, 3, 27, 63, 181, 184, 18],
            right: [
                102, 120, 78, 78, 417, 124, 86, 171, 176, 129, 230, 194, 100, 157, 306, 411, 164, 103, 193, 312,
            ], estimate: -85, lower: -157.7441, upper: -12.25589),
    ]

    @Test(arguments: published) func agreesWithTheAuthorsExamples(_ example: Example) throws {
        let interval = try #require(MedianDifference.interval(example.left, minus: example.right))
        #expect(abs(interval.estimate - example.estimate) < 1e-9)
        #expect(abs(interval.lower - example.lower) < 1e-4 && abs(interval.upper - example.upper) < 1e-4, "\(interval)")
    }

    @Test func fewValuesSayNothing() {
        #expect(MedianDifference.interval([1, 2, 3, 4], minus: [1, 2, 3, 4, 5]) == nil)
        #expect(MedianDifference.interval([], minus: []) == nil)
        #expect(MedianDifference.interval([1, 2, 3, 4, 5], minus: [1, 2, 3, 4, 5])?.estimate == 0)
    }

    @Test func equalValuesHaveNoSpread() {
        let interval = MedianDifference.interval(Array(repeating: 7, count: 50), minus: Array(repeating: 5, count: 9))
        #expect(interval == Interval(estimate: 2, lower: 2, upper: 2))
    }

    @Test func manyValuesAreNoTrouble() throws {
        var random = SplitMix64(seed: 3)
        let left = (0..<20_000).map { _ in Double.random(in: 0..<100, using: &random) }
        let interval = try #require(MedianDifference.interval(left, minus: left.map { $0 + 3 }))
        #expect(abs(interval.estimate + 3) < 1e-9 && interval.upper - interval.lower < 5 && interval.upper < 0)
    }
}
