/// Steele, Lea and Flood's generator: small, and the same everywhere for the same seed.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True once in `share⁻¹` times.
    mutating func happens(_ share: Double) -> Bool { share > 0 && Double.random(in: 0..<1, using: &self) < share }

    mutating func duration(_ range: ClosedRange<Int>) -> Duration { .milliseconds(Int.random(in: range, using: &self)) }

    /// The same, in microseconds: what the clock of a store does not show.
    mutating func fine(_ range: ClosedRange<Int>) -> Duration { .microseconds(Int.random(in: range, using: &self)) }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }
}
