import ArgumentParser

/// `postern trial`: from SMTP to Graph without a leap.
struct TrialCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trial",
        abstract: "From SMTP to Graph without a leap: how the trials stand; start, stop, percent, report.",
        subcommands: [
            TrialStatusCommand.self, TrialStartCommand.self, TrialStopCommand.self, TrialPercentCommand.self,
            TrialReportCommand.self, TrialPlanCommand.self,
        ],
        defaultSubcommand: TrialStatusCommand.self)
}
