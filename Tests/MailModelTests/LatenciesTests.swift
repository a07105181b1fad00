import Testing

@testable import MailModel

@Suite struct LatenciesTests {
    @Test(
        arguments: [
            ([7], [7, 7, 7]), ([1, 2], [1, 2, 2]), (Array(1...100), [50, 95, 99]), (Array(1...1000), [500, 950, 990]),
            (Array(1...10), [5, 10, 10]),
        ] as [([Int64], [Int64])])
    func percentilesAreNearestRanks(_ values: [Int64], _ expected: [Int64]) throws {
        let percentiles = try #require(Latencies(ascending: values).percentiles)
        #expect([percentiles.p50, percentiles.p95, percentiles.p99] == expected.map { .milliseconds($0) })
    }

    @Test func ofNothingThereAreNone() {
        let none = Latencies(ascending: [])
        #expect(none.percentiles == nil && none.isEmpty && none.count(below: 5) == 0)
    }

    @Test func countsBelow() {
        let values: [Int64] = [0, 1, 1, 1, 4, 9, 9]
        for limit in Int64(-1)...10 {
            #expect(Latencies(ascending: values).count(below: limit) == values.count { $0 < limit })
        }
    }
}
