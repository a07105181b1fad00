import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct LatencyHistogramTests {
    @Test func binsHoldWhatIsInThem() {
        let histogram = LatencyHistogram([
            Latencies(ascending: [99, 100, 199, 200, 4999]), Latencies(ascending: [150, 5000, 100_000_000]),
        ])
        #expect(
            histogram.bins.first == LatencyHistogram.Bin(lower: 50, upper: 100, counts: [1, 0]))
        #expect(histogram.bins[1] == LatencyHistogram.Bin(lower: 100, upper: 200, counts: [2, 1]))
        #expect(histogram.bins.last == LatencyHistogram.Bin(lower: 86_400_000, upper: nil, counts: [0, 1]))
    }

    @Test func allAreCounted() {
        var random = SplitMix64(seed: 7)
        for _ in 0..<50 {
            let arms = (0..<2).map { _ in
                Latencies(
                    ascending: (0..<Int.random(in: 1...80, using: &random)).map { _ in
                        Int64.random(in: 0...(Int64(1) << Int.random(in: 1...40, using: &random)), using: &random)
                    }.sorted())
            }
            let bins = LatencyHistogram(arms).bins
            for (index, arm) in arms.enumerated() {
                #expect(bins.reduce(0) { $0 + $1.counts[index] } == arm.count)
            }
            for bin in bins {
                let inside = arms[0].milliseconds.count { $0 >= bin.lower && $0 < bin.upper ?? .max }
                #expect(bin.counts[0] == inside)
            }
            #expect(bins.first?.counts != [0, 0] && bins.last?.counts != [0, 0])
            #expect(zip(bins, bins.dropFirst()).allSatisfy { $0.upper == $1.lower })
        }
    }

    @Test func ofNothingThereAreNoBins() {
        #expect(LatencyHistogram([Latencies(ascending: []), Latencies(ascending: [])]).bins.isEmpty)
    }
}
