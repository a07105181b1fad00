package import DeliveryPolicy
import MailModel

/// Spans, sizes and rates as the configuration file writes them.
package enum Quantity {
    private static let spans: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    private static let sizes: [(suffix: String, octets: Int64)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000),
        ("B", 1),
    ]

    /// `250ms`, `30s`, `5m`, `2h`, `3d`.
    package static func duration(_ text: some StringProtocol) -> Duration? {
        guard let (digits, suffix) = split(text), let unit = spans.first(where: { $0.suffix == suffix }) else {
            return nil
        }
        return multiply(digits, unit.milliseconds).map { .milliseconds($0) }
    }

    /// `64KB`, `35MB` (decimal), `4MiB` (binary), in octets.
    package static func size(_ text: some StringProtocol) -> Int64? {
        guard let (digits, suffix) = split(text), let unit = sizes.first(where: { $0.suffix == suffix }) else {
            return nil
        }
        return multiply(digits, unit.octets)
    }

    /// `30/m`, `20/8s`, `10000/10m`, `150MB/5m`: a count or a size, per a span whose number may be left out.
    package static func rate(_ text: some StringProtocol) -> Rate? {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let amount = Int64(halves[0]) ?? size(halves[0]), amount > 0 else { return nil }
        let span = halves[1].first?.isNumber == true ? String(halves[1]) : "1\(halves[1])"
        guard let per = duration(span), per > .zero else { return nil }
        return Rate(amount, per: per)
    }

    private static func split(_ text: some StringProtocol) -> (digits: Int64, suffix: String)? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        return Int64(digits).map { ($0, String(text.dropFirst(digits.count))) }
    }

    private static func multiply(_ number: Int64, _ unit: Int64) -> Int64? {
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : product
    }
}

extension Quantity {
    /// The shortest text that reads back as the same span.
    package static func text(_ span: Duration) -> String {
        let milliseconds = span.milliseconds
        guard milliseconds > 0, let unit = spans.last(where: { milliseconds % $0.milliseconds == 0 }) else {
            return "0s"
        }
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }

    /// The largest decimal unit that divides the size.
    package static func text(octets: Int64) -> String {
        let decimal = sizes.filter { !$0.suffix.contains("i") && octets % $0.octets == 0 }.max { $0.octets < $1.octets }
        return decimal.map { "\(octets / $0.octets)\($0.suffix)" } ?? "\(octets)B"
    }

    package static func text(_ rate: Rate, octets: Bool = false) -> String {
        let span = text(rate.per)
        let per = span.hasPrefix("1") && span.dropFirst().allSatisfy(\.isLetter) ? String(span.dropFirst()) : span
        return "\(octets ? text(octets: rate.amount) : String(rate.amount))/\(per)"
    }
}
