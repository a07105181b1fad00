/// When a trial has failed: `failed > 2% of 50`, that is more than two in a hundred of the last fifty messages of the trial
/// arm that have come to an end. Or by number: `failed >= 3 of 50`.
package struct RollbackRule: Hashable, Sendable {
    /// What may be wrong with a message that has come to an end.
    package enum Metric: String, Hashable, Sendable, CaseIterable {
        /// Failed for good.
        case failed
        /// Was throttled on its way.
        case throttled
        /// It is not known whether it was sent.
        case unknown
        /// Went by the other path in the end.
        case fellBack = "fell_back"
    }

    package enum Bound: Hashable, Sendable {
        case share(TrialShare)
        case count(Int)
    }

    package enum Comparison: String, Hashable, Sendable, CaseIterable {
        case above = ">"
        case atLeast = ">="
    }

    package let metric: Metric
    package let comparison: Comparison
    package let bound: Bound
    /// Messages, 1 to 100,000.
    package let window: Int

    /// So many of a window make it fire. The window need not be full: what is above the bound now stays above it,
    /// whatever the messages are that come to fill it.
    package var threshold: Int {
        let (limit, isWhole) =
            switch bound {
            case .count(let count): (count, true)
            case .share(let share):
                (share.millionths * window / 1_000_000, (share.millionths * window).isMultiple(of: 1_000_000))
            }
        return comparison == .atLeast && isWhole ? max(1, limit) : limit + 1
    }
}

extension RollbackRule {
    /// What was expected in place of what stands there.
    package enum ParseError: Error, Hashable, Sendable {
        case form
        case metric(String)
        case comparison(String)
        case bound(String)
        case window(String)
        /// Not even a window full of such messages would be enough.
        case neverTrue

        package var text: String {
            switch self {
            case .form: "expected `failed > 2% of 50`: what, > or >=, a percentage or number, `of`, how many messages"
            case .metric(let found): "expected failed, throttled, unknown or fell_back, found `\(found)`"
            case .comparison(let found): "expected > or >= behind the first word, found `\(found)`"
            case .bound(let found): "expected a percentage such as 2% or a number such as 3, found `\(found)`"
            case .window(let found): "expected `of` and a number of messages from 1 to 100000, found `\(found)`"
            case .neverTrue: "can never be true: it asks for more messages than it looks at"
            }
        }
    }

    /// Blanks around the comparison may be missing.
    package init(parsing text: some StringProtocol) throws(ParseError) {
        let words = Self.words(text)
        guard let first = words.first else { throw .form }
        guard let metric = Metric(rawValue: first) else { throw .metric(first) }
        guard words.count == 5 else { throw .form }
        guard let comparison = Comparison(rawValue: words[1]) else { throw .comparison(words[1]) }
        guard let bound = Self.bound(words[2]) else { throw .bound(words[2]) }
        guard words[3] == "of", let window = Int(words[4]), 1...100_000 ~= window else {
            throw .window(words[3...].joined(separator: " "))
        }
        self.init(metric: metric, comparison: comparison, bound: bound, window: window)
        guard threshold <= window else { throw .neverTrue }
    }

    /// The words of the text, the comparison one by itself.
    private static func words(_ text: some StringProtocol) -> [String] {
        func isSign(_ character: Character) -> Bool { "<>=!".contains(character) }
        return text.split { $0 == " " || $0 == "\t" }.flatMap { word in
            let name = word.prefix { !isSign($0) }
            let sign = word.dropFirst(name.count).prefix(while: isSign)
            return [name, sign, word.dropFirst(name.count + sign.count)].filter { !$0.isEmpty }.map { String($0) }
        }
    }

    private static func bound(_ text: String) -> Bound? {
        if text.hasSuffix("%") { return TrialShare(text).map { .share($0) } }
        return Int(text).flatMap { 0...100_000 ~= $0 ? .count($0) : nil }
    }
}

extension RollbackRule: CustomStringConvertible {
    /// Reads back as the same rule.
    package var description: String {
        let limit =
            switch bound {
            case .share(let share): share.description
            case .count(let count): String(count)
            }
        return "\(metric.rawValue) \(comparison.rawValue) \(limit) of \(window)"
    }
}
