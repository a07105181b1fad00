import ArgumentParser

/// `postern log`: what became of the mail.
struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Rows of email_log: what became of the mail.",
        subcommands: [LogListCommand.self, LogShowCommand.self, LogStatsCommand.self, LogBurstsCommand.self],
        defaultSubcommand: LogListCommand.self)
}
