import ArgumentParser
import DeliveryPolicy
import MailModel
import Postern

/// `postern trial plan FILE…`
struct TrialPlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Read an SMTP server's log, and say what Microsoft's limits would do to that mail.",
        discussion: """
            Takes the mail log of Postfix or Exim, or a CSV file with the columns time, sender, recipients and size. Several \
            files are read as one log, in any order. Compressed ones are piped: zcat mail.log.*.gz | postern trial plan -
            """)

    @Argument(help: "Logs; - is standard input.") var files: [String]
    @OptionGroup var output: OutputOptions
    @Option(help: "postfix, exim or csv, instead of looking.") var format: MailLogFormat?
    @Option(help: "The most senders to list; --json has all.") var limit = 20
    @Flag(help: "Print the configuration to start from, and nothing else.") var yaml = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be at least 1") }
        guard !(yaml && output.json) else { throw ValidationError("--yaml and --json are two different documents") }
        guard files.filter({ $0 == "-" }).count <= 1 else { throw ValidationError("standard input can be read once") }
    }

    func run() async throws {
        try await perform { terminal in
            let report = try report()
            if yaml {
                terminal.write(String(report.configuration.dropLast()))
            } else if output.json {
                terminal.write(report.json.written())
            } else {
                report.show(on: terminal)
            }
            for line in report.contents.unreadable.prefix(3) {
                terminal.complain("line \(line.number) cannot be read, and is left out: \(Table.printable(line.text))")
            }
        }
    }

    private func report() throws -> PlanReport {
        do {
            let contents = try MailLogSource.read(files, format: format, now: Clocks.system().now())
            guard !contents.messages.isEmpty else {
                throw CommandFailure(.noSuchMessage, "no messages found in \(contents.lines) lines")
            }
            return PlanReport(contents: contents, plan: VolumePlan(contents.messages), limit: limit)
        } catch let error as MailLogError {
            throw CommandFailure(error.exitStatus, error.description)
        }
    }
}

extension MailLogFormat: ExpressibleByArgument {}

extension MailLogError {
    fileprivate var exitStatus: ExitStatus {
        switch self {
        case .notReadable: .noSuchMessage
        case .compressed, .unknownFormat: .usage
        }
    }
}
