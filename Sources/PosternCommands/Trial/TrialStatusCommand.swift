import ArgumentParser
import EmailLog
import MailModel
import Postern

/// `postern trial [status]`
struct TrialStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "How each route's trial stands: its share, its schedule's next step, its arms, its rule.")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Only this route.") var route: String?

    func run() async throws {
        try await perform { terminal in
            let configuration = try options.load(terminal)
            let routes = try route.map { [try TrialVerbRun.route($0, configuration)] } ?? configuration.routes
            guard routes.contains(where: { $0.trial != nil }) else { throw TrialVerbRun.failure(.noTrial) }
            let log = try ConfigurationOptions.openLog(of: configuration)
            try await TrialVerbRun.show(routes, in: log, output, on: terminal)
            try await log.close()
        }
    }
}
