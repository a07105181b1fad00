import ArgumentParser
import EmailLog
import Foundation
import MailModel
import Postern

/// `postern trial report`
struct TrialReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Compare the arms of a trial, and say whether to go on: go, wait or stop.",
        discussion: """
            Counts the messages that were accepted in the period, of either arm. It only reads the store, and may run \
            beside the service.
            """)

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Option(
        help: """
            Messages accepted since then: 1d (ago), or "2026-11-21 09:30" (UTC). Default: since the trial began, else 7d.
            """) var since: Moment?
    @Option(help: "Only this route.") var route: String?
    @Option(help: "Write a page to look at to this file, and print nothing.") var html: String?

    func validate() throws {
        guard html == nil || !output.json else {
            throw ValidationError("--html and --json are two different documents")
        }
    }

    func run() async throws {
        try await perform { terminal in
            let configuration = try options.load(terminal)
            let log = try ConfigurationOptions.openLog(of: configuration)
            let now = Clocks.system().now()
            let reports = try await reports(configuration, log, at: now)
            try await log.close()
            if let html {
                try Self.write(TrialPage(reports: reports, made: now).text, to: html)
            } else if output.json {
                terminal.write(JSON.object([.init("routes", .array(reports.map(\.json)))]).written())
            } else {
                for (index, report) in reports.enumerated() {
                    if index > 0 { terminal.write() }
                    TrialReportText(report: report).show(on: terminal)
                }
            }
        }
    }

    private func reports(_ configuration: Postern.Configuration, _ log: EmailLog, at now: Timestamp) async throws
        -> [TrialReport]
    {
        let since = since?.resolved(at: now)
        var reports: [TrialReport] = []
        for route in try chosen(configuration) {
            let report = try await TrialReport.read(log, route, since: since, at: now)
            if route.trial != nil || report.hasMessages { reports.append(report) }
        }
        guard reports.isEmpty else { return reports }
        throw CommandFailure(
            .noSuchMessage,
            "no \(route == nil ? "route has" : "message of the route is in") a trial: its configuration has no `trial` "
                + "section, and the log of the period no message of one")
    }

    private func chosen(_ configuration: Postern.Configuration) throws -> [Route] {
        guard let name = route else { return configuration.routes }
        guard let route = configuration.routes.first(where: { $0.name == name }) else {
            let names = configuration.routes.map(\.name).joined(separator: ", ")
            throw CommandFailure(.usage, "there is no route \(name); the configuration has \(names)")
        }
        return [route]
    }

    /// Whole or not at all: whoever looks at it meanwhile sees the one before.
    private static func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure(.failure, "\(path) cannot be written: \(error.localizedDescription)")
        }
    }
}

extension TrialReport {
    fileprivate var hasMessages: Bool { shadow != nil || arms.contains { $0.record.messages > 0 } }
}
