import DeliveryPolicy
import MailModel
import Postern

/// What `postern trial plan` has to say: a table of senders, what stands out, what the log cannot tell, and a
/// configuration to start from.
struct PlanReport {
    let contents: MailLogSource.Contents
    let plan: VolumePlan
    /// The most senders to list.
    let limit: Int

    var configuration: String { StartingConfiguration(for: plan).yaml }

    func show(on terminal: Terminal) {
        for line in lines(width: terminal.width, emphasize: { terminal.paint($0, .bold) }) { terminal.write(line) }
    }

    func lines(width: Int = 80, emphasize: (String) -> String = { $0 }) -> [String] {
        let width = min(width, 100)
        let rows = table.lines(width: width)
        var lines = summary + ["", emphasize(rows[0])] + rows.dropFirst()
        if plan.senders.count > limit { lines.append("… and \(plan.senders.count - limit) more; --limit or --json") }
        lines.append("")
        lines += legend.flatMap { Paragraph.lines($0, width: width) }
        for (heading, items) in [("What stands out", findings.all), ("What the log cannot tell", findings.unknowns)] {
            lines += ["", emphasize(heading)]
            lines += items.flatMap { Paragraph.lines($0, width: width, first: "- ", indent: "  ") }
        }
        lines += ["", emphasize("To start from (--yaml prints this alone)")]
        return lines + configuration.split(separator: "\n").map { "  \($0)" }
    }

    var findings: PlanFindings { PlanFindings(plan: plan, hasZone: contents.hasZone) }

    private var summary: [String] {
        let period = plan.period.map { "\(Self.minute($0.lowerBound)) to \(Self.minute($0.upperBound))" } ?? ""
        let who = plan.senders.count == 1 ? "1 sender" : "\(plan.senders.count) senders"
        return [
            "\(plan.messages) messages to \(plan.recipients) recipients from \(who)",
            "\(period)\(contents.hasZone ? " UTC" : ""), \(contents.lines) lines of \(contents.format.title)",
        ]
    }

    private var legend: [String] {
        let limits = plan.limits
        return [
            "/MIN: messages in the busiest minute, of \(limits.mailbox.messages.amount) that a mailbox may send. RCPT/DAY: "
                + "recipients in the busiest 24 hours, of \(limits.mailbox.recipients.amount). >\(limits.recipientsPerMessage): "
                + "messages with more recipients than that. LARGE: messages above \(Quantity.text(octets: limits.mimeLimit)), "
                + "more than one Graph request carries. WAIT: the longest that a message would have waited for the limits."
        ]
    }

    private var table: Table {
        var table = Table([
            .init(heading: "MESSAGES", alignment: .right), .init(heading: "/MIN", alignment: .right),
            .init(heading: "RCPT/DAY", alignment: .right),
            .init(heading: ">\(plan.limits.recipientsPerMessage)", alignment: .right),
            .init(heading: "LARGE", alignment: .right), .init(heading: "WAIT", alignment: .right),
            .init(heading: "SENDER"),
        ])
        for sender in plan.senders.prefix(limit) { table.add(sender.cells) }
        return table
    }

    private static func minute(_ moment: Timestamp) -> Substring { moment.description.prefix(16) }
}

extension MailLogFormat {
    var title: String {
        switch self {
        case .postfix: "Postfix"
        case .exim: "Exim"
        case .csv: "CSV"
        }
    }
}

extension SenderVolume {
    fileprivate var cells: [String] {
        [
            String(messages), String(busiestMinute.amount), String(busiestDay.amount), String(split), String(oversize),
            longestWait.rough, sender.description,
        ]
    }
}

extension Duration {
    /// Two units at most: `48s`, `12m`, `1h 5m`, `2d 3h`.
    var rough: String {
        let seconds = Int(components.seconds)
        switch seconds {
        case ..<1: return self > .zero ? "<1s" : "-"
        case ..<60: return "\(seconds)s"
        case ..<3600: return "\(seconds / 60)m"
        case ..<86_400: return "\(seconds / 3600)h \(seconds / 60 % 60)m"
        default: return "\(seconds / 86_400)d \(seconds / 3600 % 24)h"
        }
    }
}
