import Testing

@testable import DeliveryPolicy

@Suite struct PercentilesTests {
    @Test(
        arguments: [
            ([7], [7, 7, 7]), ([2, 1], [1, 2, 2]), (Array((1...100).reversed()), [50, 95, 99]),
            (Array(1...1000), [500, 950, 990]), (Array(1...10), [5, 10, 10]),
        ] as [([Int], [Int])])
    func areNearestRanks(_ values: [Int], _ expected: [Int]) throws {
        let percentiles = try #require(Percentiles(values.map { .milliseconds($0) }))
        #expect([percentiles.p50, percentiles.p95, percentiles.p99] == expected.map { .milliseconds($0) })
    }

    @Test func ofNothingThereAreNone() { #expect(Percentiles([]) == nil) }
}
