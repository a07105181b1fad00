/// Numbers as people read them.
package enum Decimal {
    /// With two digits behind the point, unless told.
    package static func percent(_ share: Double, _ digits: Int = 2) -> String { "\(fixed(share * 100, digits)) %" }
    /// Percentage points.
    package static func points(_ share: Double) -> String { fixed(share * 100, 2) }

    /// With so many digits behind the point, 0 to 6; a true minus before what is not zero.
    package static func fixed(_ value: Double, _ digits: Int) -> String {
        let scale = (0..<digits).reduce(1) { product, _ in product * 10 }
        let whole = Int((abs(value) * Double(scale)).rounded())
        let (front, back) = whole.quotientAndRemainder(dividingBy: scale)
        let sign = value < 0 && whole > 0 ? "−" : ""
        return digits == 0 ? "\(sign)\(front)" : "\(sign)\(front).\(String(back + scale).dropFirst())"
    }
}
