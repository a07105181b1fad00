import ArgumentParser
import EmailLog
import MailModel
import Postern

/// `postern resend`
struct ResendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resend",
        abstract: "Put failed messages back into the queue: the same rows, so that twice doubles nothing.")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The queue ids; none: choose by --status and --since.") var ids: [QueueID] = []
    @Option(help: "Rows of this status: F or U.") var status: Status?
    @Option(help: "Only rows dated since then: 1d (ago), or \"2026-11-21 09:30\" (UTC).") var since: Moment?
    @Option(help: "Only by this path from now on: graph or smtp.") var via: MailModel.Path?
    @Flag(help: "Say what would happen, and change nothing.") var dryRun = false
    @Flag(help: "Also repeat sent messages, each as a new row; only by ID.") var again = false

    func validate() throws {
        guard !ids.isEmpty || status != nil else { throw ValidationError("name the ids, or choose with --status F") }
        guard status == nil || status == .failed || status == .unknown else {
            throw ValidationError("--status takes F or U: other messages are not failed")
        }
        guard !again || !ids.isEmpty else {
            throw ValidationError("--again repeats sent messages, so it wants their ids")
        }
    }

    func run() async throws {
        try await perform { terminal in
            let log = try options.openLog(terminal)
            let now = Clocks.system().now()
            let report = try await resend(try await chosen(from: log, at: now), in: log, at: now, on: terminal)
            try await log.close()
            if output.json { terminal.write(report.json(dryRun: dryRun).written()) } else { show(report, on: terminal) }
            if let refused = report.refused.first, report.requeued.isEmpty, report.repeated.isEmpty {
                throw CommandFailure(refused.error.exitStatus, "nothing was resent")
            }
        }
    }

    private func chosen(from log: EmailLog, at now: Timestamp) async throws -> [QueueID] {
        guard ids.isEmpty, let status else { return ids }
        let filter = LogFilter(statuses: [status], since: since?.resolved(at: now), limit: .max)
        return try await log.rows(filter).map(\.id).sorted()
    }

    /// In bounded steps, so that mail is accepted in between.
    private func resend(_ all: [QueueID], in log: EmailLog, at now: Timestamp, on terminal: Terminal) async throws
        -> ResendReport
    {
        let step = 500
        let progress = ProgressBar("resending", total: all.count, on: terminal)
        var total = ResendReport()
        for start in stride(from: 0, to: all.count, by: step) {
            let part = Array(all[start..<min(start + step, all.count)])
            let report = try await log.resend(part, again: again, via: via, at: now, dryRun: dryRun)
            total.requeued += report.requeued
            total.repeated.merge(report.repeated) { $1 }
            total.refused += report.refused
            progress.show(start + part.count)
        }
        progress.finish()
        return total
    }

    private func show(_ report: ResendReport, on terminal: Terminal) {
        let (waits, repeats) = dryRun ? ("would wait again", "would be repeated") : ("waits again", "is repeated as")
        for id in report.requeued { terminal.write("\(id) \(waits)") }
        for (id, copy) in report.repeated.sorted(by: { $0.key < $1.key }) {
            terminal.write(dryRun ? "\(id) \(repeats)" : "\(id) \(repeats) \(copy)")
        }
        for refusal in report.refused {
            terminal.write(terminal.paint("\(refusal.id) not resent: \(refusal.error)", .yellow))
        }
        let count = report.requeued.count + report.repeated.count
        terminal.write("\(count) \(count == 1 ? "message" : "messages")\(dryRun ? " (nothing changed)" : "")")
    }
}

extension ResendReport {
    fileprivate func json(dryRun: Bool) -> JSON {
        .object([
            .init("dry_run", .bool(dryRun)),
            .init("requeued", .array(requeued.map { .string($0.rawValue) })),
            .init(
                "repeated",
                .array(
                    repeated.sorted { $0.key < $1.key }.map {
                        .object([.init("id", .string($0.value.rawValue)), .init("resend_of", .string($0.key.rawValue))])
                    })
            ),
            .init("refused", .array(refused.map(\.json))),
        ])
    }
}

extension OperatorReport.Refusal {
    var json: JSON { .object([.init("id", .string(id.rawValue)), .init("reason", .string(error.description))]) }
}
