/// How long to wait after the nth failure in a row: growing by a factor up to a ceiling, spread by chance so that what
/// failed together does not come back together.
package struct Backoff: Hashable, Sendable {
    package var first: Duration
    package var factor: Double
    /// No wait is longer, jitter included.
    package var max: Duration
    /// The share by which a wait may be longer or shorter, 0…1.
    package var jitter: Double

    package init(first: Duration, factor: Double = 2, max: Duration, jitter: Double = 0.2) {
        self.first = first
        self.factor = factor
        self.max = max
        self.jitter = jitter
    }

    /// - Parameter repeats: how many failures came before this one, from 0; any count is safe.
    package func wait(afterRepeats repeats: Int, using random: inout some RandomNumberGenerator) -> Duration {
        let ceiling = max / .seconds(1)
        let plain = Swift.min(ceiling, first / .seconds(1) * Self.power(factor, Swift.max(0, repeats)))
        let spread = Swift.min(1, Swift.max(0, jitter))
        let drawn = plain * Double.random(in: (1 - spread)...(1 + spread), using: &random)
        // What would exceed the ceiling is mirrored below it: at the ceiling, too, waits stay apart.
        let wait = drawn > ceiling ? 2 * ceiling - drawn : drawn
        return .nanoseconds(Int64(wait * 1_000_000_000))
    }

    /// By squaring; overflows to infinity, never traps.
    private static func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        var square = base
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return result
    }
}
