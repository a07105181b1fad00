import ArgumentParser
import EmailLog
import MailModel
import Postern

/// `postern queue [list]`
struct QueueListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The lanes, and the messages that wait in them.")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Only this route.") var route: String?
    @Option(help: "The most messages to list.") var limit = 50

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be at least 1") }
    }

    private struct Lane {
        var summary: LaneSummary
        /// Of the mailbox, and of its whole route.
        var pauses: [LanePause]
    }

    func run() async throws {
        try await perform { terminal in
            let log = try options.openLog(terminal)
            let now = Clocks.system().now()
            let lanes = try await lanes(of: log, at: now)
            let filter = LogFilter(statuses: [.queued, .inProgress, .held, .unknown], route: route, limit: limit)
            let rows = try await log.rows(filter)
            try await log.close()
            if output.json {
                terminal.write(json(lanes, rows).written())
            } else {
                show(lanes, rows, at: now, on: terminal)
            }
        }
    }

    private func lanes(of log: EmailLog, at now: Timestamp) async throws -> [Lane] {
        let pauses = try await log.pauses().filter { $0.until > now }
        return try await log.queueSummary().filter { route == nil || $0.route == route }.map { summary in
            let own = pauses.filter {
                $0.route == summary.route && ($0.mailbox == nil || $0.mailbox?.description == summary.mailbox)
            }
            return Lane(summary: summary, pauses: own)
        }
    }

    private func show(_ lanes: [Lane], _ rows: [LogRow], at now: Timestamp, on terminal: Terminal) {
        guard !lanes.isEmpty else { return terminal.write("The queue is empty.") }
        var table = Table("ROUTE", "MAILBOX", "Q", "P", "H", "U", "OLDEST", "NEXT ATTEMPT", "WAITS FOR")
        for lane in lanes { table.add(cells(lane, at: now)) }
        for line in table.lines(width: terminal.width) { terminal.write(line) }
        terminal.write()
        var messages = Table("ID", "S", "ACCEPTED", "NEXT ATTEMPT", "TRIES", "SENDER", "RECIPIENTS", "LAST ANSWER")
        for row in rows { messages.add(row.queueCells) }
        for line in messages.lines(width: terminal.width) { terminal.write(line) }
    }

    private func cells(_ lane: Lane, at now: Timestamp) -> [String] {
        let summary = lane.summary
        let counts = [Status.queued, .inProgress, .held, .unknown].map { String(summary.counts[$0] ?? 0) }
        let oldest = summary.oldestQueuedDate.map { Quantity.text(.seconds((now - $0).components.seconds)) } ?? "-"
        let pauses = lane.pauses.map { "\($0.path.rawValue) until \($0.until): \($0.reason)" }
        return [summary.route, summary.mailbox] + counts
            + [oldest, summary.nextAttemptDate?.description ?? "-", pauses.joined(separator: "; ")]
    }

    private func json(_ lanes: [Lane], _ rows: [LogRow]) -> JSON {
        .object([.init("lanes", .array(lanes.map(json))), .init("messages", .array(rows.map(\.json)))])
    }

    private func json(_ pause: LanePause) -> JSON {
        .object([
            .init("path", .string(pause.path.rawValue)), .init("until", .string(pause.until.description)),
            .init("mailbox", .text(pause.mailbox?.description)), .init("cause", .string(pause.cause.rawValue)),
            .init("reason", .string(pause.reason)),
        ])
    }

    private func json(_ lane: Lane) -> JSON {
        let summary = lane.summary
        return .object([
            .init("route", .string(summary.route)),
            .init("mailbox", .string(summary.mailbox)),
            .init(
                "status",
                .object(
                    Status.allCases.compactMap { status in
                        summary.counts[status].map { .init(status.rawValue, .whole($0)) }
                    })),
            .init("oldest", .text(summary.oldestQueuedDate?.description)),
            .init("next_attempt_date", .text(summary.nextAttemptDate?.description)),
            .init("pauses", .array(lane.pauses.map(json))),
        ])
    }
}

extension LogRow {
    fileprivate var queueCells: [String] {
        [
            id.rawValue, status.rawValue, createdDate.description, nextAttemptDate?.description ?? "-",
            String(attempts),
            sender.isEmpty ? "<>" : sender, recipientSummary, error,
        ]
    }
}
