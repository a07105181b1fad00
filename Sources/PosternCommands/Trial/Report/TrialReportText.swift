import DeliveryPolicy
import EmailLog
import MailModel
import Postern

/// A trial's report for a terminal.
struct TrialReportText {
    /// The most errors, and the most mailboxes, to list.
    private static let listed = 10

    let report: TrialReport

    func show(on terminal: Terminal) {
        let lines = lines(
            width: terminal.width, emphasize: { terminal.paint($0, .bold) },
            color: { terminal.paint($0, report.verdict.word.style) })
        for line in lines { terminal.write(line) }
    }

    /// - Parameters:
    ///   - emphasize: for headings.
    ///   - color: for the verdict's word.
    func lines(
        width: Int = .max, emphasize: (String) -> String = { $0 }, color: (String) -> String = { $0 }
    ) -> [String] {
        let width = min(width, 100)
        func prose(_ text: String?) -> [String] {
            text.map { Paragraph.lines(Table.printable($0), width: width) } ?? []
        }
        func table(_ table: Table, _ heading: String? = nil) -> [String] {
            let rows = table.lines(width: width)
            return [""] + (heading.map { [emphasize($0)] } ?? []) + [emphasize(rows[0])] + rows.dropFirst()
        }
        var lines = [emphasize(Table.cut(report.heading, to: width))] + prose(report.period) + [""]
        if !report.isShadowAlone {
            lines += [color(report.verdict.word.rawValue.uppercased())]
            lines += prose(report.verdict.reason) + prose(report.outlookSentence)
            lines += table(comparison) + prose(TrialReport.failureMeaning) + [""]
            lines += prose(report.failureDifference) + prose(report.medianDifference)
        }
        if let shadow = report.shadow {
            lines += report.isShadowAlone ? [] : [""]
            lines += prose(shadow.summary) + table(Self.findings(shadow), "Shadow")
        }
        if !report.histogram.bins.isEmpty { lines += table(chart(width: width), "Latency, from accepted to sent") }
        if report.arms.contains(where: { !$0.record.errors.isEmpty }) { lines += table(errors, "Attempts that failed") }
        guard !report.demands.isEmpty else { return lines }
        lines += table(demands, "Head-room")
        if report.demands.count > Self.listed {
            lines.append("… and \(report.demands.count - Self.listed) more; --json")
        }
        return lines + prose(report.demandMeaning) + prose(report.requestTimeMeaning)
    }

    private var comparison: Table {
        var table = Table(
            [.init(heading: "")]
                + report.arms.map { .init(heading: "\($0.name) (\($0.arm.rawValue))", alignment: .right) })
        for (what, numbers) in report.counts { table.add([what] + numbers.map(String.init)) }
        table.add(["failures, of those that ended"] + report.failureCounts)
        table.add(["failure rate"] + report.failureRates)
        for (what, values) in report.latencyRows { table.add(["latency \(what)"] + values) }
        return table
    }

    /// Two bars a line, to the same scale, each arm's shares adding up to 100 %.
    private func chart(width: Int) -> Table {
        let bar = max(8, min(30, (width - 32) / 2))
        let totals = report.arms.map { max(1, $0.record.latencies.count) }
        func share(_ bin: LatencyHistogram.Bin, _ arm: Int) -> Double { Double(bin.counts[arm]) / Double(totals[arm]) }
        let bins = report.histogram.bins
        let largest = bins.flatMap { bin in report.arms.indices.map { share(bin, $0) } }.max() ?? 1
        var table = Table(
            [.init(heading: "", alignment: .right)]
                + report.arms.flatMap { [.init(heading: $0.name.uppercased()), .init(heading: "", alignment: .right)] })
        for bin in bins {
            table.add(
                [bin.words]
                    + report.arms.indices.flatMap { arm in
                        [
                            Self.bar(share(bin, arm) / largest, width: bar),
                            bin.counts[arm] == 0 ? "" : Decimal.percent(share(bin, arm), 1),
                        ]
                    })
        }
        return table
    }

    /// In eighths of a column; what is there is seen.
    static func bar(_ share: Double, width: Int) -> String {
        let eighths = share > 0 ? max(1, Int((share * Double(width * 8)).rounded())) : 0
        let rest = eighths % 8 == 0 ? "" : String(Array("▏▎▍▌▋▊▉")[eighths % 8 - 1])
        let full = String(repeating: "█", count: eighths / 8) + rest
        return full + String(repeating: " ", count: max(0, width - full.count))
    }

    private static func findings(_ shadow: TrialReport.Shadow) -> Table {
        var table = Table([
            .init(heading: "FOUND"), .init(heading: "MESSAGES", alignment: .right), .init(heading: "EXAMPLE"),
            .init(heading: "WORDS"),
        ])
        for line in shadow.lines { table.add([line.what, String(line.count), line.example.rawValue, line.words]) }
        return table
    }

    private var errors: Table {
        var table = Table([
            .init(heading: "ARM"), .init(heading: "PATH"), .init(heading: "OUTCOME"),
            .init(heading: "ATTEMPTS", alignment: .right), .init(heading: "MESSAGES", alignment: .right),
            .init(heading: "ANSWER"),
        ])
        for arm in report.arms {
            for error in arm.record.errors.prefix(Self.listed) {
                table.add([
                    arm.arm.rawValue, error.path.rawValue, error.outcome, String(error.attempts),
                    String(error.messages),
                    [error.status, error.errorText ?? ""].filter { !$0.isEmpty }.joined(separator: " "),
                ])
            }
        }
        return table
    }

    private var demands: Table {
        var table = Table(
            [.init(heading: "MESSAGES", alignment: .right)]
                + MailboxDemand.Limit.allCases.map { .init(heading: $0.words.uppercased(), alignment: .right) }
                + [.init(heading: "WAIT", alignment: .right), .init(heading: "MAILBOX")])
        for demand in report.demands.prefix(Self.listed) {
            table.add(
                [String(demand.messages)] + MailboxDemand.Limit.allCases.map(demand.shareText)
                    + [demand.longestWait.rough, demand.mailbox])
        }
        return table
    }
}

extension TrialVerdict.Word {
    fileprivate var style: Terminal.Style {
        switch self {
        case .go: .green
        case .wait: .yellow
        case .stop: .red
        }
    }
}
