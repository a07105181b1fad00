import ArgumentParser
import EmailLog
import MailModel
import Postern

/// `postern alert`
struct AlertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alert", abstract: "Try out the alerts.", subcommands: [AlertTestCommand.self])
}

/// `postern alert test`
struct AlertTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Fire the channels of an alert, or of all, and say what came of it.",
        discussion:
            "Webhooks and commands are fired from here; mail is put into the queue, and a running service sends it.")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The alert. Default: all.") var name: String?

    func run() async throws {
        try await perform { terminal in
            let configuration = try options.load(terminal)
            let alerts = try chosen(configuration)
            let steps = await AlertTest(configuration).run(alerts)
            if output.json {
                terminal.write(JSON.array(steps.map(\.json)).written())
            } else {
                for alert in alerts { show(alert, steps.filter { $0.alert == alert.name }, on: terminal) }
            }
            guard steps.allSatisfy(\.isSuccess) else { throw ExitCode(ExitStatus.unavailable.rawValue) }
        }
    }

    private func chosen(_ configuration: Postern.Configuration) throws -> [Alert] {
        guard let name else { return configuration.alerts }
        let found = configuration.alerts.filter { $0.name == name }
        guard found.isEmpty else { return found }
        let names = configuration.alerts.map(\.name).joined(separator: ", ")
        throw CommandFailure(
            .usage, "there is no alert \(name); the configuration has \(names.isEmpty ? "none" : names)")
    }

    private func show(_ alert: Alert, _ steps: [AlertTest.Step], on terminal: Terminal) {
        if steps.isEmpty { terminal.write("\(alert.name): no channel, it is heard of in the log alone") }
        for step in steps { step.show(on: terminal) }
    }
}

extension AlertTest.Step {
    fileprivate var isSuccess: Bool { if case .success = result { true } else { false } }

    fileprivate var detail: String {
        switch result {
        case .success(let detail): detail
        case .failure(let failure): failure.description
        }
    }

    fileprivate func show(on terminal: Terminal) {
        let word = isSuccess ? terminal.paint("ok", .green) : terminal.paint("failed", .red)
        let line = "\(alert) \(channel.rawValue): \(word), \(Table.printable(detail))"
        terminal.write("\(line) (\(duration.milliseconds) ms)")
    }

    fileprivate var json: JSON {
        .object([
            .init("alert", .string(alert)), .init("channel", .string(channel.rawValue)),
            .init("outcome", .string(isSuccess ? "ok" : "failed")), .init("detail", .string(detail)),
            .init("duration_ms", .whole(duration.milliseconds)),
        ])
    }
}
