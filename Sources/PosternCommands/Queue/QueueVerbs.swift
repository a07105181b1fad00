import ArgumentParser
import EmailLog
import MailModel
import Postern

/// What the verbs of `postern queue` share: which messages they speak of, and how they report.
struct QueueSelection: ParsableArguments {
    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The queue ids.") var ids: [QueueID] = []
    @Option(help: "All messages of this route.") var route: String?
    @Flag(help: "All messages.") var all = false

    func validate() throws {
        let ways = [!ids.isEmpty, route != nil, all].filter(\.self).count
        guard ways == 1 else { throw ValidationError("name ids, or --route R, or --all") }
    }

    private var selection: Selection {
        if let route { return .route(route) }
        return all ? .all : .ids(ids)
    }

    func apply(
        _ done: String, on terminal: Terminal,
        _ verb: (EmailLog, Selection, Timestamp) async throws(EmailLogError) -> OperatorReport
    ) async throws {
        let log = try options.openLog(terminal)
        let report = try await verb(log, selection, Clocks.system().now())
        try await log.close()
        if output.json { terminal.write(json(report, done).written()) } else { show(report, done, on: terminal) }
        if let refused = report.refused.first, report.changed.isEmpty {
            throw CommandFailure(refused.error.exitStatus, "nothing was changed")
        }
    }

    private func show(_ report: OperatorReport, _ done: String, on terminal: Terminal) {
        for id in report.changed { terminal.write("\(id) \(done)") }
        for refusal in report.refused { terminal.write(terminal.paint("\(refusal.id): \(refusal.error)", .yellow)) }
        terminal.write("\(report.changed.count) \(report.changed.count == 1 ? "message" : "messages") \(done)")
    }

    private func json(_ report: OperatorReport, _ done: String) -> JSON {
        .object([
            .init(done, .array(report.changed.map { .string($0.rawValue) })),
            .init("refused", .array(report.refused.map(\.json))),
        ])
    }
}

struct QueueHold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "hold", abstract: "Hold waiting messages back.")
    @OptionGroup var selection: QueueSelection

    func run() async throws {
        try await perform { terminal in
            try await selection.apply("held", on: terminal) { log, chosen, _ throws(EmailLogError) in
                try await log.hold(chosen)
            }
        }
    }
}

struct QueueRelease: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "release", abstract: "Let held messages go on.")
    @OptionGroup var selection: QueueSelection

    func run() async throws {
        try await perform { terminal in
            try await selection.apply("released", on: terminal) { log, chosen, now throws(EmailLogError) in
                try await log.release(chosen, at: now)
            }
        }
    }
}

struct QueueCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Give waiting, held or unknown messages up; their bodies are deleted.")
    @OptionGroup var selection: QueueSelection

    func run() async throws {
        try await perform { terminal in
            try await selection.apply("cancelled", on: terminal) { log, chosen, _ throws(EmailLogError) in
                try await log.cancel(chosen)
            }
        }
    }
}

struct QueueFlush: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flush", abstract: "Make waiting messages due now; Microsoft's limits and Retry-After still hold.")
    @OptionGroup var selection: QueueSelection

    func run() async throws {
        try await perform { terminal in
            try await selection.apply("flushed", on: terminal) { log, chosen, now throws(EmailLogError) in
                try await log.flush(chosen, at: now)
            }
        }
    }
}
