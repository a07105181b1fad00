import Testing

@testable import DeliveryPolicy

@Suite struct NormalTests {
    /// Tables of the normal distribution.
    @Test(arguments: [
        (0, 0.5), (0.5, 0.6914624612740131), (1, 0.8413447460685429), (1.959963984540054, 0.975),
        (3, 0.9986501019683699), (-1, 0.15865525393145707), (-3, 0.0013498980316301), (5, 0.9999997133484281),
        (-6, 9.865876e-10), (8, 1), (-8, 0),
    ])
    func cumulative(_ x: Double, _ share: Double) { #expect(abs(Normal.cumulative(x) - share) < 1e-12) }

    @Test(arguments: [
        (0.5, 0), (0.975, 1.959963984540054), (0.99, 2.3263478740408408), (0.0013498980316301, -3),
        (0.9892578125, 2.2994),
    ])
    func quantile(_ share: Double, _ x: Double) { #expect(abs(Normal.quantile(share) - x) < 1e-4) }

    @Test func quantileTurnsCumulativeRound() {
        for step in 1..<1000 {
            let share = Double(step) / 1000
            #expect(abs(Normal.cumulative(Normal.quantile(share)) - share) < 1e-12)
        }
    }
}
