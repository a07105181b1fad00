import DeliveryPolicy
import EmailLog
import MailModel
import Postern

/// What the text and the page of a trial's report say in the same words.
enum ReportWords {
    /// `340 ms`, `2.4 s`, `3.2 min`, `5.1 h`
    static func span(milliseconds: Double) -> String {
        let size = abs(milliseconds)
        if size < 999.5 { return "\(Decimal.fixed(milliseconds, 0)) ms" }
        if size < 59_950 { return "\(Decimal.fixed(milliseconds / 1000, 1)) s" }
        if size < 3_597_000 { return "\(Decimal.fixed(milliseconds / 60_000, 1)) min" }
        return "\(Decimal.fixed(milliseconds / 3_600_000, 1)) h"
    }

    static func span(_ span: Duration?) -> String {
        span.map { self.span(milliseconds: Double($0.milliseconds)) } ?? "-"
    }

    /// A bound of the histogram: `500 ms`, `2 s`, `1 min`, `1 h`, `1 d`.
    static func step(_ milliseconds: Int64) -> String {
        let units: [(Int64, String)] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")]
        guard let unit = units.first(where: { milliseconds > 0 && milliseconds.isMultiple(of: $0.0) }) else {
            return "\(milliseconds) ms"
        }
        return "\(milliseconds / unit.0) \(unit.1)"
    }

    static func minute(_ moment: Timestamp) -> String { String(moment.description.prefix(16)) }

    /// Up to 10 % to one digit; a share of a limit is an estimate.
    static func share(_ share: Double) -> String { Decimal.percent(share, share < 0.0995 ? 1 : 0) }
}

extension TrialReport {
    var heading: String {
        "Route \(route): \(trial.name) tried beside \(control.name)"
    }

    var period: String {
        let why =
            switch beginning {
            case .asked: "as asked"
            case .trialStart: "since the trial began"
            case .lastDays: "the last 7 days"
            }
        return "Messages accepted from \(ReportWords.minute(since)) to \(ReportWords.minute(until)) UTC, \(why)"
    }

    /// What to expect of waiting.
    var outlookSentence: String? {
        guard let outlook else { return nil }
        let rate = Decimal.fixed(outlook.messagesPerDay, outlook.messagesPerDay < 10 ? 1 : 0)
        let date = outlook.date.map { ": that may be about \($0.description.prefix(10))" } ?? ""
        return "\(rate) messages a day by \(trial.name) come to an end\(date)."
    }

    var failureDifference: String {
        guard let difference = verdict.difference else {
            return "The failure rates cannot be compared: one of the arms has no message that has come to an end."
        }
        return
            "Failure rate, \(trial.name) less \(control.name): \(Decimal.points(difference.estimate)) percentage points, "
            + "95 % interval \(Decimal.points(difference.lower)) to \(Decimal.points(difference.upper)) "
            + "(Newcombe 1998, hybrid score)."
    }

    var medianDifference: String {
        guard let difference = latencyDifference else {
            return "The median latencies cannot be compared: that takes five sent messages of each arm."
        }
        // A narrow interval takes more digits to tell its ends apart.
        let isNarrow = difference.upper - difference.lower < 200
        let words = [difference.estimate, difference.lower, difference.upper].map {
            isNarrow ? "\(Decimal.fixed($0, 0)) ms" : ReportWords.span(milliseconds: $0)
        }
        return
            "Median latency, \(trial.name) less \(control.name): \(words[0]), 95 % interval \(words[1]) to \(words[2]) "
            + "(Price and Bonett 2002)."
    }

    /// What is counted, and both arms' numbers of it.
    var counts: [(what: String, numbers: [Int])] {
        func row(_ what: String, _ number: (ArmRecord) -> Int) -> (what: String, numbers: [Int]) {
            (what, arms.map { number($0.record) })
        }
        return [
            row("messages", \.messages), row("sent", { $0.byStatus[.sent] ?? 0 }),
            row("failed for good", { $0.byStatus[.failed] ?? 0 }),
            row("outcome unknown", { $0.byStatus[.unknown] ?? 0 }),
            row("cancelled", { $0.byStatus[.cancelled] ?? 0 }), row("waiting or held", \.waiting),
            row("refused by the path of their arm", \.refused), row("fell back to the other path", \.fellBack),
            row("throttled on their way", \.throttled), row("with a lost answer on their way", \.lost),
        ]
    }

    var failureCounts: [String] { arms.map { "\($0.record.failures) of \($0.record.ended)" } }
    var failureRates: [String] { arms.map { $0.record.ended > 0 ? Decimal.percent($0.failures.rate) : "-" } }

    static let failureMeaning =
        "A failure is a message that failed for good, whose outcome is unknown, or that was sent after the path of its arm had "
        + "refused it (an error, not a throttle), mostly by the other path; of those that have come to an end."

    var latencyRows: [(what: String, values: [String])] {
        let percentiles = arms.map(\.record.latencies.percentiles)
        return [
            ("p50", percentiles.map { ReportWords.span($0?.p50) }),
            ("p95", percentiles.map { ReportWords.span($0?.p95) }),
            ("p99", percentiles.map { ReportWords.span($0?.p99) }),
        ]
    }

    var histogram: LatencyHistogram { LatencyHistogram(arms.map(\.record.latencies)) }

    /// The limits are those of the route, and so the same for each of its mailboxes.
    var demandMeaning: String {
        let limits = demands.first.map { $0.needs.map(\.allowance).joined(separator: ", ") } ?? ""
        return
            "What all mail of the period, of both arms and of neither, would need of each limit if all of it went by Graph, in "
            + "percent of what is allowed of it (\(limits)), where it needs the most. Above 100 % mail waits; the longest that "
            + "a message would have waited stands beside it."
    }

    var requestTimeMeaning: String {
        requestTime.map {
            "At once: by Little's law, from the busiest minute and the \(ReportWords.span($0)) that an attempt by Graph takes in "
                + "the mean."
        } ?? "Nothing went by Graph yet, so nobody knows how many requests would be under way at once."
    }
}

extension LatencyHistogram.Bin {
    var words: String {
        guard let upper else { return "≥ \(ReportWords.step(lower))" }
        return "< \(ReportWords.step(upper))"
    }
}

extension MailboxDemand {
    func share(_ limit: Limit) -> Double? { needs.first { $0.limit == limit }?.share }

    func shareText(_ limit: Limit) -> String { share(limit).map(ReportWords.share) ?? "-" }
}

extension MailboxDemand.Limit {
    /// A column's heading.
    var words: String {
        switch self {
        case .messages: "message rate"
        case .recipients, .requests, .upload: rawValue
        case .concurrency: "at once"
        }
    }

    fileprivate var unit: String {
        switch self {
        case .messages, .recipients, .requests: rawValue
        case .upload: "of uploads"
        case .concurrency: "at once"
        }
    }
}

extension MailboxDemand.Need {
    /// `30 messages in 1m`, `3 at once`.
    var allowance: String {
        let amount = limit == .upload ? Quantity.text(octets: allowed) : String(allowed)
        return "\(amount) \(limit.unit)" + (per.map { " in \(Quantity.text($0))" } ?? "")
    }
}

extension ArmRecord.ErrorClass {
    var status: String { [httpStatus.map(String.init), errorCode].compactMap(\.self).joined(separator: " ") }
}
