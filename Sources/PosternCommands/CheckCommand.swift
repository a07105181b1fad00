import ArgumentParser
import MailModel
import Postern

/// `postern check`
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Look at everything that delivery needs, and say what is wrong and what to do about it.",
        discussion: "Sends nothing, unless --send-to asks for it.")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The sender whose mailbox is looked at. Default: one that each route names, where it names any.")
    var mailbox: Address?
    @Option(help: "Also send a test message to this address, by each path of each route.") var sendTo: Address?

    func run() async throws {
        try await perform { terminal in
            var items: [CheckItem] = []
            await check { item in
                items.append(item)
                if !output.json { item.show(on: terminal) }
            }
            if output.json { terminal.write(JSON.array(items.map(\.json)).written()) }
            guard let fault = items.compactMap(\.fault).first else { return }
            throw ExitCode(fault.exitStatus.rawValue)
        }
    }

    private func check(_ report: (CheckItem) -> Void) async {
        let file = ConfigurationFile(path: options.config)
        do {
            let (configuration, warnings) = try file.load()
            for warning in warnings { report(CheckItem(warning)) }
            let checkup = Checkup(configuration, file: file.path, sender: mailbox)
            await checkup.run(report)
            if let sendTo { await checkup.send(to: sendTo, report) }
        } catch {
            for problem in error.problems { report(CheckItem(problem)) }
        }
    }
}

extension CheckItem {
    fileprivate func show(on terminal: Terminal) {
        let (word, style): (String, Terminal.Style) =
            switch verdict {
            case .ok: ("ok", .green)
            case .warning: ("warn", .yellow)
            case .failed: ("FAIL", .red)
            }
        let mark = terminal.paint(word.padded(5), style)
        terminal.write("\(mark)\(terminal.paint(name.padded(14), .bold))\(Table.printable("\(subject): \(text)"))")
        if let advice { terminal.write("\("".padded(19))\(terminal.paint("→", .dim)) \(advice)") }
        terminal.flush()
    }

    fileprivate var json: JSON {
        let word =
            switch verdict {
            case .ok: "ok"
            case .warning: "warning"
            case .failed: "failed"
            }
        return .object([
            .init("check", .string(name)), .init("subject", .string(subject)), .init("verdict", .string(word)),
            .init("text", .string(text)), .init("advice", .text(advice)),
        ])
    }
}

extension CheckItem.Fault {
    fileprivate var exitStatus: ExitStatus {
        switch self {
        case .configuration: .configuration
        case .unavailable: .unavailable
        case .refused: .refused
        case .other: .failure
        }
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
