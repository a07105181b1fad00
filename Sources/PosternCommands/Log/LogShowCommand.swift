import ArgumentParser
import EmailLog
import MailModel
import Postern

/// `postern log show ID`
struct LogShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One message: envelope, and every attempt with its codes, texts and request ids."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The queue id, as in the SMTP reply.") var id: QueueID

    func run() async throws {
        try await perform { terminal in
            let configuration = try options.load(terminal)
            let log = try ConfigurationOptions.openLog(of: configuration)
            guard let row = try await log.row(id) else { throw EmailLogError.noSuchMessage(id) }
            let attempts = try await log.attempts(of: id)
            let shadow = try await log.shadow(of: id)
            let parts = try await log.parts(of: id).map(\.id).filter { $0 != id }
            let choice = try? await SendChoice.made(for: row, isPart: !parts.isEmpty, in: log, configuration)
            try await log.close()
            if output.json {
                terminal.write(row.json(attempts: attempts, choice, shadow).written())
            } else {
                show(row, attempts, parts, choice, on: terminal)
                for line in shadow?.lines ?? [] { terminal.write(Table.printable(line)) }
            }
        }
    }

    private func show(
        _ row: LogRow, _ attempts: [AttemptRow], _ parts: [QueueID], _ choice: SendChoice?, on terminal: Terminal
    ) {
        let plan = choice.map { [(label: "plan", value: "\($0.words): \($0.reason)")] } ?? []
        for (label, value) in row.details + plan where !value.isEmpty {
            terminal.write(
                "\(terminal.paint(label, .bold))\(String(repeating: " ", count: max(1, 14 - label.count)))\(Table.printable(value))"
            )
        }
        if !parts.isEmpty { terminal.write("other parts   \(parts.map(\.rawValue).joined(separator: ", "))") }
        guard !attempts.isEmpty else { return terminal.write("\nNo attempt yet.") }
        var table = Table(
            "#", "STARTED", "MS", "PATH", "OUTCOME", "STATUS", "CODE", "RETRY AFTER", "REQUEST ID", "TEXT")
        for attempt in attempts { table.add(attempt.cells) }
        terminal.write()
        for line in table.lines() { terminal.write(line) }
    }
}

extension LogRow {
    fileprivate var details: [(label: String, value: String)] {
        [
            ("id", id.rawValue),
            // Nobody but Microsoft knows what becomes of it from there.
            ("status", "\(status.rawValue) (\(status == .sent ? "accepted by Microsoft" : status.word))"),
            ("accepted", createdDate.description),
            ("dated", sentDate.description),
            ("next attempt", nextAttemptDate?.description ?? ""),
            ("route", [route, path?.rawValue].compactMap(\.self).joined(separator: ", by ")),
            ("fell back", fellBack ? "yes" : ""),
            ("mailbox", mailbox),
            ("sender", sender.isEmpty ? "<>" : sender),
            ("recipients", recipients.joined(separator: ", ")),
            ("from", headerFrom ?? ""),
            ("subject", subject ?? ""),
            ("message id", messageID ?? ""),
            ("size", "\(size) bytes"),
            ("client", [client, user].compactMap(\.self).joined(separator: ", user ")),
            ("priority", priority.rawValue),
            ("trial", trial ?? ""),
            ("latency", latency.map { "\($0.milliseconds) ms" } ?? ""),
            ("error", error),
            ("request id", requestID ?? ""),
            ("resend of", resendOf?.rawValue ?? ""),
        ]
    }

    fileprivate func json(attempts: [AttemptRow], _ choice: SendChoice?, _ shadow: ShadowRecord?) -> JSON {
        guard case .object(let members) = json else { return json }
        return .object(
            members.filter { $0.key != "attempts" } + [
                .init("attempts", .whole(self.attempts)), .init("plan", choice?.json ?? .null),
                .init("email_attempt", .array(attempts.map(\.json))),
            ] + (shadow.map { [.init("trial_shadow", $0.json)] } ?? []))
    }
}

extension AttemptRow {
    fileprivate var cells: [String] {
        [
            String(attempt), startedDate.description, duration.map { String($0.milliseconds) } ?? "-", path.rawValue,
            outcome,
            httpStatus.map(String.init) ?? "-", errorCode ?? "-", retryAfter.map { Quantity.text($0) } ?? "-",
            requestID ?? "-",
            errorText ?? "",
        ]
    }

    /// Keys named as the columns of `email_attempt`.
    fileprivate var json: JSON {
        .object([
            .init("email_id", .string(emailID.rawValue)),
            .init("attempt", .whole(attempt)),
            .init("started_date", .string(startedDate.description)),
            .init("duration_ms", .whole(duration?.milliseconds)),
            .init("path", .string(path.rawValue)),
            .init("outcome", .string(outcome)),
            .init("http_status", .whole(httpStatus)),
            .init("error_code", .text(errorCode)),
            .init("error_text", .text(errorText)),
            .init("retry_after_ms", .whole(retryAfter?.milliseconds)),
            .init("request_id", .text(requestID)),
        ])
    }
}
