import ArgumentParser
import EmailLog
import MailModel
import Postern

/// `postern queue [list]`
struct QueueListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "The lanes: what waits in each, what for, when the next goes; and the messages.")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Only this route.") var route: String?
    @Option(help: "The most messages to list.") var limit = 50

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be at least 1") }
    }

    func run() async throws {
        try await perform { terminal in
            let configuration = try options.load(terminal)
            let log = try ConfigurationOptions.openLog(of: configuration)
            let clocks = Clocks.system()
            let report = try await QueueReport.read(log, configuration, route: route, clocks: clocks)
            let filter = LogFilter(statuses: [.queued, .inProgress, .held, .unknown], route: route, limit: limit)
            let rows = try await log.rows(filter)
            try await log.close()
            if output.json {
                terminal.write(report.json(rows).written())
            } else {
                QueueTable(report: report, now: clocks.now(), terminal: terminal).show(rows)
            }
        }
    }
}
