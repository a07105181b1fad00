import ArgumentParser

/// `postern trial`: from SMTP to Graph without a leap.
struct TrialCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trial", abstract: "From SMTP to Graph without a leap.", subcommands: [TrialPlanCommand.self])
}
