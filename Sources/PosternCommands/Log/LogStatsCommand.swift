import ArgumentParser
import EmailLog
import MailModel
import Postern

/// `postern log stats`
struct LogStatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Counts by status, path and error; latency percentiles.")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Only rows dated since then: 1d (ago), or \"2026-11-21 09:30\" (UTC).") var since: Moment?

    func run() async throws {
        try await perform { terminal in
            let log = try options.openLog(terminal)
            let filter = LogFilter(since: since?.resolved(at: Clocks.system().now()))
            let statistics = try await log.statistics(filter)
            try await log.close()
            if output.json { terminal.write(statistics.json.written()) } else { show(statistics, on: terminal) }
        }
    }

    private func show(_ statistics: LogStatistics, on terminal: Terminal) {
        var statuses = Table([
            .init(heading: "STATUS"), .init(heading: ""), .init(heading: "MESSAGES", alignment: .right),
        ])
        for status in Status.allCases {
            statuses.add([status.rawValue, status.word, String(statistics.byStatus[status] ?? 0)])
        }
        print(statuses, on: terminal)
        if !statistics.byPath.isEmpty {
            var paths = Table([.init(heading: "PATH"), .init(heading: "MESSAGES", alignment: .right)])
            for path in Path.allCases { paths.add([path.rawValue, String(statistics.byPath[path] ?? 0)]) }
            print(paths, on: terminal)
        }
        if !statistics.errors.isEmpty { print(errors(statistics), on: terminal) }
        if let latency = statistics.latency {
            terminal.write(
                "latency  p50 \(latency.p50.milliseconds) ms, p95 \(latency.p95.milliseconds) ms, p99 \(latency.p99.milliseconds) ms"
            )
        }
    }

    private func errors(_ statistics: LogStatistics) -> Table {
        var table = Table([
            .init(heading: "FAILED BY"), .init(heading: "STATUS"), .init(heading: "CODE"),
            .init(heading: "MESSAGES", alignment: .right),
        ])
        for error in statistics.errors {
            table.add([
                error.path?.rawValue ?? "-", error.httpStatus.map(String.init) ?? "-", error.errorCode ?? "-",
                String(error.count),
            ])
        }
        return table
    }

    private func print(_ table: Table, on terminal: Terminal) {
        let lines = table.lines(width: terminal.width)
        terminal.write(terminal.paint(lines[0], .bold))
        for line in lines.dropFirst() { terminal.write(line) }
        terminal.write()
    }
}

extension LogStatistics {
    var json: JSON {
        .object([
            .init("status", .object(Status.allCases.map { .init($0.rawValue, .whole(byStatus[$0] ?? 0)) })),
            .init("path", .object(Path.allCases.map { .init($0.rawValue, .whole(byPath[$0] ?? 0)) })),
            .init("fell_back", .whole(fellBack)),
            .init("outcome", .object(outcomes.sorted { $0.key < $1.key }.map { .init($0.key, .whole($0.value)) })),
            .init(
                "errors",
                .array(
                    errors.map { error in
                        .object([
                            .init("path", .text(error.path?.rawValue)), .init("http_status", .whole(error.httpStatus)),
                            .init("error_code", .text(error.errorCode)), .init("count", .whole(error.count)),
                        ])
                    })
            ),
            .init("latency_ms", latency?.json ?? .null),
        ])
    }
}

extension Percentiles {
    /// In milliseconds.
    var json: JSON {
        .object([
            .init("p50", .whole(p50.milliseconds)), .init("p95", .whole(p95.milliseconds)),
            .init("p99", .whole(p99.milliseconds)),
        ])
    }
}
