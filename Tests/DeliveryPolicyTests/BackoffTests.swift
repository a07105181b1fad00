import DeliveryPolicy
import Testing

@Suite struct BackoffTests {
    static let doubling: [(repeats: Int, seconds: Int64)] = [
        (-1, 5), (0, 5), (1, 10), (2, 20), (3, 40), (5, 160), (6, 300), (7, 300), (1000, 300), (.max, 300),
    ]

    @Test(arguments: doubling) func growsToItsCeiling(repeats: Int, seconds: Int64) {
        var random = SplitMix64(seed: 1)
        let backoff = Backoff(first: .seconds(5), max: .seconds(300), jitter: 0)
        #expect(backoff.wait(afterRepeats: repeats, using: &random) == .seconds(seconds))
    }

    @Test func factorOneStaysWhereItIs() {
        var random = SplitMix64(seed: 1)
        let backoff = Backoff(first: .seconds(7), factor: 1, max: .seconds(300), jitter: 0)
        #expect(backoff.wait(afterRepeats: .max, using: &random) == .seconds(7))
    }

    @Test(arguments: [0, 3, 20]) func jitterSpreadsWithinItsShareAndNeverAboveTheCeiling(repeats: Int) {
        var random = SplitMix64(seed: 2)
        let backoff = Backoff(first: .seconds(10), max: .seconds(60), jitter: 0.2)
        let plain: Double = repeats == 0 ? 10 : 60
        let waits = (0..<1000).map { _ in backoff.wait(afterRepeats: repeats, using: &random) / .seconds(1) }
        #expect(waits.allSatisfy { plain * 0.8 - 0.001 <= $0 && $0 <= min(60, plain * 1.2) + 0.001 })
        #expect(Set(waits).count > 900)
    }
}
