package import EmailLog

/// When an alert is to be open, as `when` says it.
package enum AlertCondition: Hashable, Sendable {
    /// That many messages had this trouble within the last span.
    case count(TroubleMetric, atLeast: Int, within: Duration)
    /// A message has waited longer than that.
    case queueAge(over: Duration)
    /// A route or a mailbox is paused for what only an operator can mend.
    case tokenError
    /// Of a daily quota, or of another over an hour or more, more than that is used.
    case quota(overPercent: Int)
    /// A trial has been rolled back, and nobody has started or stopped it since.
    case trialRollback
    /// A route's `secret_expires` is nearer than that, or past.
    case secretExpires(within: Duration)
}

extension AlertCondition {
    /// For problems and help.
    static let form =
        "a condition such as `failed >= 5 in 10m` (or deferred, throttled, fell_back, unknown, set_aside), "
        + "`queue_age > 15m`, `token_error`, `trial_rollback`, `quota > 80%` or `secret_expires < 30d`"

    /// `nil` where the text is none of the forms. Blanks around the comparison may be missing.
    package init?(_ text: String) {
        let words = Self.words(text)
        switch (words.first, words.count) {
        case ("token_error", 1): self = .tokenError
        case ("trial_rollback", 1): self = .trialRollback
        case ("queue_age", 3) where words[1] == ">":
            guard let span = Self.span(words[2]) else { return nil }
            self = .queueAge(over: span)
        case ("quota", 3) where words[1] == ">":
            guard words[2].hasSuffix("%"), let percent = Int(words[2].dropLast()), 1..<100 ~= percent else {
                return nil
            }
            self = .quota(overPercent: percent)
        case ("secret_expires", 3) where words[1] == "<":
            guard let span = Self.span(words[2]) else { return nil }
            self = .secretExpires(within: span)
        case (let name?, 5) where words[3] == "in":
            guard let metric = TroubleMetric(rawValue: name), let span = Self.span(words[4]),
                let least = Self.least(words[1], words[2])
            else { return nil }
            self = .count(metric, atLeast: least, within: span)
        default: return nil
        }
    }

    /// The words of the text, each comparison one by itself.
    private static func words(_ text: String) -> [String] {
        let apart = text.replacing("<", with: " <").replacing(">", with: " >")
        return apart.split(separator: " ").flatMap { word in
            let sign = word.prefix { "<>=".contains($0) }
            return [String(sign), String(word.dropFirst(sign.count))].filter { !$0.isEmpty }
        }
    }

    private static func least(_ comparison: String, _ number: String) -> Int? {
        guard let number = Int(number), 0..<1_000_000_000 ~= number else { return nil }
        switch comparison {
        case ">=": return number > 0 ? number : nil
        case ">": return number + 1
        default: return nil
        }
    }

    private static func span(_ text: String) -> Duration? {
        Quantity.duration(text).flatMap { $0 > .zero && $0 <= .seconds(3650 * 86400) ? $0 : nil }
    }
}

extension AlertCondition: CustomStringConvertible {
    /// Reads back as the same condition.
    package var description: String {
        switch self {
        case .count(let metric, let least, let span): "\(metric.rawValue) >= \(least) in \(Quantity.text(span))"
        case .queueAge(let span): "queue_age > \(Quantity.text(span))"
        case .tokenError: "token_error"
        case .trialRollback: "trial_rollback"
        case .quota(let percent): "quota > \(percent)%"
        case .secretExpires(let span): "secret_expires < \(Quantity.text(span))"
        }
    }
}

extension AlertCondition {
    /// How an alert of this condition follows it.
    var pace: AlertPace {
        switch self {
        case .count(_, _, let span):
            AlertPace(quiet: min(.seconds(5), span), patience: .seconds(30), calm: span, closesAtZero: true)
        case .queueAge(let span): AlertPace(calm: min(span, .seconds(300)), closesAtZero: true)
        // A restart and a reload try at once what waited for an operator: for a moment nothing seems wrong.
        case .tokenError: AlertPace(calm: .seconds(60), closesAtZero: false)
        // What comes back of a sliding window is soon used again.
        case .quota: AlertPace(calm: .seconds(300), closesAtZero: true)
        case .trialRollback, .secretExpires: AlertPace(calm: .zero, closesAtZero: true)
        }
    }
}
