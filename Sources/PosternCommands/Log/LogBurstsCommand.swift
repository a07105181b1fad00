import ArgumentParser
import DeliveryPolicy
import EmailLog
import MailModel
import Postern

/// `postern log bursts`
struct LogBurstsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bursts",
        abstract: "Failures clustered in time: the shape of a throttle or an outage, and what would have prevented it.")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Only attempts that ended since then: 1d (ago), or \"2026-11-21 09:30\" (UTC).") var since: Moment?
    @Option(help: "Failures of a kind belong together when each follows the one before within this time.") var window =
        TimeSpan(BurstDetector.standardWindow)
    @Option(help: "Only this route.") var route: String?

    func run() async throws {
        try await perform { terminal in
            let log = try options.openLog(terminal)
            let start = since?.resolved(at: Clocks.system().now())
            let bursts = try await log.bursts(since: start, route: route, within: window.duration)
            try await log.close()
            if output.json {
                terminal.write(JSON.array(bursts.map(\.json)).written())
            } else {
                BurstReport(bursts: bursts, window: window.duration).show(on: terminal)
            }
        }
    }
}

extension EmailLog {
    /// By their start.
    func bursts(since: Timestamp?, route: String?, within window: Duration) async throws(EmailLogError)
        -> [FailureBurst]
    {
        let found = try await troubledAttempts(
            since: since, route: route, into: (detector: BurstDetector(window: window), ended: [FailureBurst]())
        ) { found, attempt in
            if let burst = found.detector.observe(attempt) { found.ended.append(burst) }
        }
        return (found.ended + found.detector.current).inOrder
    }
}
