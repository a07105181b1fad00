import DeliveryPolicy
import MailModel
import Postern

/// Bursts as people read them: a line for each, then what each kind of them means.
struct BurstReport {
    let bursts: [FailureBurst]
    let window: Duration

    func show(on terminal: Terminal) {
        let lines = lines(width: terminal.width) { terminal.paint($0, .bold) }
        for line in lines { terminal.write(line) }
    }

    /// - Parameter emphasize: for headings.
    func lines(width: Int = .max, emphasize: (String) -> String = { $0 }) -> [String] {
        guard !bursts.isEmpty else { return [nothing] }
        let rows = table.lines(width: width)
        return [emphasize(rows[0])] + rows.dropFirst()
            + explanations.flatMap { ["", emphasize($0.heading)] + $0.lines.map { "  \($0)" } }
    }

    private var nothing: String {
        "No bursts: nowhere have \(BurstDetector.standardMinimum) attempts failed in the same way, each within "
            + "\(Quantity.text(window)) of the one before."
    }

    private var table: Table {
        var table = Table([
            .init(heading: "START"), .init(heading: "DURATION", alignment: .right), .init(heading: "ROUTE"),
            .init(heading: "PATH"), .init(heading: "MAILBOX"), .init(heading: "ATTEMPTS", alignment: .right),
            .init(heading: "AT ONCE", alignment: .right), .init(heading: "MESSAGES", alignment: .right),
            .init(heading: "SINCE THEN"), .init(heading: "KIND"), .init(heading: "ERROR"),
        ])
        for burst in bursts { table.add(burst.cells) }
        return table
    }

    /// Each kind once for each path, in the order they come up.
    private var explanations: [(heading: String, lines: [String])] {
        var seen: Set<String> = []
        return bursts.flatMap(\.subjects).filter { seen.insert($0.heading).inserted }
    }
}

extension FailureBurst {
    fileprivate var subjects: [(heading: String, lines: [String])] {
        // Lost answers among others call for the same care as a burst of nothing else.
        let kinds = [kind] + (unknown > 0 && kind != .lostAnswers ? [.lostAnswers] : [])
        return kinds.map { ("\($0.words), by \(path.rawValue)", [$0.meaning, $0.advice(on: path)]) }
    }

    fileprivate var cells: [String] {
        [
            start.description, shortDuration, route, path.rawValue, mailboxSummary, String(attempts),
            String(peakConcurrency), String(messages), standing, kind.words, answers.first?.words ?? "",
        ]
    }

    /// To the millisecond below ten seconds, else to the second.
    private var shortDuration: String {
        Quantity.text(duration < .seconds(10) ? duration : .seconds(duration.components.seconds))
    }

    /// The first mailbox, and how many more there are.
    private var mailboxSummary: String {
        let first = mailboxes.first?.description ?? ""
        return mailboxes.count > 1 ? "\(first) +\(mailboxes.count - 1)" : first
    }

    /// `23 sent, 1 queued`: what the messages have come to.
    private var standing: String {
        Status.allCases.compactMap { status in messagesByStatus[status].map { "\($0) \(status.word)" } }
            .joined(separator: ", ")
    }
}

extension FailureBurst {
    var json: JSON {
        .object([
            .init("start", .string(start.description)),
            .init("end", .string(end.description)),
            .init("duration_ms", .whole(duration.milliseconds)),
            .init("route", .string(route)),
            .init("path", .string(path.rawValue)),
            .init("kind", .string(kind.rawValue)),
            .init("mailboxes", .array(mailboxes.map { .string($0.description) })),
            .init("attempts", .whole(attempts)),
            .init("at_once", .whole(peakConcurrency)),
            .init("unknown", .whole(unknown)),
            .init("messages", .whole(messages)),
            .init("status", .object(Status.allCases.map { .init($0.rawValue, .whole(messagesByStatus[$0] ?? 0)) })),
            .init("errors", .array(answers.map(\.json))),
            .init("meaning", .string(kind.meaning)),
            .init("advice", .string(advice)),
        ])
    }
}

extension FailureBurst.Answer {
    fileprivate var json: JSON {
        .object([
            .init("http_status", .whole(status)), .init("error_code", .text(code)), .init("error_text", .text(text)),
            .init("count", .whole(attempts)),
        ])
    }
}
