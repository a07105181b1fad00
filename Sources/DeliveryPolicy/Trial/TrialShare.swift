/// A share of messages, from none to all, exact to a millionth: `5`, `0.05` or `12.5%` percent.
package struct TrialShare: Hashable, Sendable, Comparable {
    /// 0 to 1,000,000.
    package let millionths: Int

    package static let none = TrialShare(0)
    package static let all = TrialShare(1_000_000)

    private init(_ millionths: Int) { self.millionths = millionths }

    /// Rounded to the nearest millionth; `nil` outside 0…100.
    package init?(percent: Double) {
        guard 0...100 ~= percent else { return nil }
        millionths = Int((percent * 10_000).rounded())
    }

    /// A number of percent, with or without its sign, written with digits and at most one point; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let number = text.hasSuffix("%") ? String(text.dropLast()) : String(text)
        let octets = Array(number.utf8)
        guard let first = octets.first, let last = octets.last, Self.isDigit(first), Self.isDigit(last),
            octets.allSatisfy({ Self.isDigit($0) || $0 == UInt8(ascii: ".") }), let percent = Double(number)
        else { return nil }
        self.init(percent: percent)
    }

    /// 0 to 100.
    package var percent: Double { Double(millionths) / 10_000 }

    private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

    package static func < (left: TrialShare, right: TrialShare) -> Bool { left.millionths < right.millionths }
}

extension TrialShare: CustomStringConvertible {
    /// Reads back as the same share: `12.5%`.
    package var description: String {
        let (whole, rest) = millionths.quotientAndRemainder(dividingBy: 10_000)
        guard rest > 0 else { return "\(whole)%" }
        let digits = String(String(rest + 10_000).dropFirst().reversed().drop { $0 == "0" }.reversed())
        return "\(whole).\(digits)%"
    }
}
