import ArgumentParser
import Logging
import NIOConcurrencyHelpers
import Postern

/// `postern serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the gateway.",
        discussion:
            "Prints `ready` with its addresses on standard error once it accepts mail. SIGTERM drains and stops, SIGHUP reloads."
    )

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        try await perform { terminal in
            let configuration = try options.load(terminal)
            let settings = NIOLockedValueBox(configuration.log)
            let logger = StandardErrorLog.logger(settings)
            let gateway = try await Gateway.open(
                configuration, file: ConfigurationFile(path: options.config), logger: logger,
                onReload: { reloaded in settings.withLockedValue { $0 = reloaded.log } })
            try await gateway.runUntilSignal {
                terminal.put("ready \(gateway.addresses.map { "smtp=\($0)" }.joined(separator: " "))\n")
            }
        }
    }
}
