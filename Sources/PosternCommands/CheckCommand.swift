import ArgumentParser
import MIME
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
    @Option(help: "The mailbox to ask for at Microsoft. Default: each route's own, where it names one.")
    var mailbox: Address?
    @Option(help: "Also send a test message to this address, by each path of each route.") var sendTo: Address?

    func run() async throws {
        try await perform { terminal in
            let configuration = try options.load(terminal)
            let checkup = Checkup(configuration, mailbox: mailbox)
            var items: [CheckItem] = []
            let report: (CheckItem) -> Void = { item in
                items.append(item)
                if !output.json { item.show(on: terminal) }
            }
            await checkup.run(report)
            if let sendTo { await checkup.send(to: sendTo, report) }
            if output.json { terminal.write(JSON.array(items.map(\.json)).written()) }
            guard let fault = items.compactMap(\.fault).first else { return }
            throw ExitCode(fault.exitStatus.rawValue)
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
        terminal.write("\(mark)\(terminal.paint(name.padded(14), .bold))\(subject): \(text)")
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
