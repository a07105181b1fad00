import ArgumentParser
import DeliveryPolicy
import EmailLog
import MailModel
import Postern

/// `postern log [list]`
struct LogListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List rows, the newest first.")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Only this status: Q, P, S, F, H, C or U; may be given several times.") var status: [Status] = []
    @Option(help: "Only rows dated since then: 1d (ago), or \"2026-11-21 09:30\" (UTC).") var since: Moment?
    @Option(help: "Only rows dated before then.") var until: Moment?
    @Option(help: "Part of the sender's address, of envelope or header.") var from: String?
    @Option(help: "Part of a recipient's address.") var to: String?
    @Option(help: "Only this route.") var route: String?
    @Option(help: "Only what went by this path, or was tried by it last: graph or smtp.") var path: Path?
    @Option(help: "Only this arm of a trial: trial, control or shadow.") var trial: TrialArm?
    @Option(help: "Part of the id, the subject, an address, the message id, the request id or the error.") var search:
        String?
    @Option(help: "The most rows to show.") var limit = 50
    @Flag(help: "Go on printing rows as they change, until interrupted.") var follow = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be at least 1") }
        guard !(follow && output.json) else { throw ValidationError("--follow prints lines, not one JSON document") }
    }

    func run() async throws {
        try await perform { terminal in
            let log = try options.openLog(terminal)
            let rows = try await log.rows(filter(at: Clocks.system().now()))
            if follow {
                try await LogFollower(log: log, terminal: terminal).run(after: rows, filter: filter)
            } else if output.json {
                terminal.write(JSON.array(rows.map(\.json)).written())
            } else {
                show(rows, on: terminal)
            }
            try await log.close()
        }
    }

    private func filter(at now: Timestamp) -> LogFilter {
        LogFilter(
            statuses: Set(status), since: since?.resolved(at: now), until: until?.resolved(at: now), from: from, to: to,
            route: route, path: path, trial: trial?.rawValue, search: search, limit: limit)
    }

    private func show(_ rows: [LogRow], on terminal: Terminal) {
        guard !rows.isEmpty else { return terminal.write("No messages.") }
        var table = Table("ID", "S", "DATE", "SENDER", "RECIPIENTS", "SUBJECT", "ERROR")
        for row in rows { table.add(row.cells) }
        let lines = table.lines(width: terminal.width)
        terminal.write(terminal.paint(lines[0], .bold))
        for line in lines.dropFirst() { terminal.write(line) }
    }
}

extension LogRow {
    var cells: [String] {
        [
            id.rawValue, status.rawValue, sentDate.description, sender.isEmpty ? "<>" : sender, recipientSummary,
            shortSubject, error,
        ]
    }

    /// The first recipient, and how many more there are.
    var recipientSummary: String {
        recipientCount > 1 ? "\(recipients.first ?? "") +\(recipientCount - 1)" : recipients.first ?? ""
    }

    private var shortSubject: String {
        let text = subject ?? ""
        return text.count > 40 ? "\(text.prefix(39))…" : text
    }

    /// Code and words of the last refusal.
    var error: String {
        status == .sent
            ? "" : [httpStatus.map(String.init), errorCode, errorText].compactMap(\.self).joined(separator: " ")
    }

    /// Keys named as the columns of `email_log`.
    var json: JSON {
        .object([
            .init("id", .string(id.rawValue)),
            .init("status", .string(status.rawValue)),
            .init("created_date", .string(createdDate.description)),
            .init("sent_date", .string(sentDate.description)),
            .init("next_attempt_date", .text(nextAttemptDate?.description)),
            .init("route", .string(route)),
            .init("path", .text(path?.rawValue)),
            .init("mailbox", .string(mailbox)),
            .init("sender", .string(sender)),
            .init("recipients", .array(recipients.map { .string($0) })),
            .init("recipient_count", .whole(recipientCount)),
            .init("header_from", .text(headerFrom)),
            .init("subject", .text(subject)),
            .init("message_id", .text(messageID)),
            .init("size", .whole(size)),
            .init("client", .text(client)),
            .init("user", .text(user)),
            .init("attempts", .whole(attempts)),
            .init("fell_back", .whole(fellBack ? 1 : 0)),
            .init("http_status", .whole(httpStatus)),
            .init("error_code", .text(errorCode)),
            .init("error_text", .text(errorText)),
            .init("request_id", .text(requestID)),
            .init("latency_ms", .whole(latency?.milliseconds)),
            .init("priority", .string(priority.rawValue)),
            .init("trial", .text(trial)),
            .init("resend_of", .text(resendOf?.rawValue)),
        ])
    }
}
