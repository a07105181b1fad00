import EmailLog
import MailModel
import Postern

// What exercising Graph beside the mail has found, in the same words for the text and the page.

extension TrialReport.Shadow {
    var summary: String {
        let times = latencies.percentiles.map { times in
            ", in \(ReportWords.span(times.p50)) (median) to \(ReportWords.span(times.p99)) (p99)"
        }
        let number = count == 1 ? "One message was" : "\(count) messages were"
        return "\(number) exercised by Graph beside their delivery\(times ?? ""). None was delivered twice."
    }

    struct Line: Hashable, Sendable {
        var what: String
        var count: Int
        var example: QueueID
        var words: String
    }

    /// How it ended, then what was found on the way.
    var lines: [Line] {
        outcomes.map { outcome in
            let what = [outcome.state.rawValue, outcome.form.map { "(\($0.rawValue))" }, outcome.code]
            return Line(
                what: what.compactMap(\.self).joined(separator: " "), count: outcome.count, example: outcome.example,
                words: outcome.words ?? "")
        }
            + findings.map { Line(what: $0.kind, count: $0.count, example: $0.example, words: $0.words) }
    }

    var json: JSON {
        .object([
            .init("messages", .whole(count)),
            .init(
                "outcomes",
                .array(
                    outcomes.map {
                        .object([
                            .init("state", .string($0.state.rawValue)), .init("form", .text($0.form?.rawValue)),
                            .init("error_code", .text($0.code)), .init("messages", .whole($0.count)),
                            .init("example", .string($0.example.rawValue)), .init("words", .text($0.words)),
                        ])
                    })),
            .init(
                "findings",
                .array(
                    findings.map {
                        .object([
                            .init("kind", .string($0.kind)), .init("messages", .whole($0.count)),
                            .init("example", .string($0.example.rawValue)), .init("words", .string($0.words)),
                        ])
                    })),
            .init("latency_ms", latencies.percentiles?.json ?? .null),
        ])
    }
}
