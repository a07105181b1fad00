import ArgumentParser
import Foundation
import Logging
import M365Emulator
import MailModel
import Postern
import SMTPProtocol

/// `postern demo`: the incident behind the project, before and after.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Replay the incident: 27 reports at once, first straight to Exchange, then through Postern.",
        discussion:
            "Runs the emulator of Microsoft's side in this process; no configuration, and nothing leaves this machine.")

    private static let reports = 27

    func run() async throws {
        try await perform { terminal in
            let stage = try DemoStage()
            let emulator = M365Emulator(
                configuration: DemoStage.microsoft,
                logger: Logger(label: "m365-emulator") { _ in SwiftLogNoOpLogHandler() })
            let addresses = try await emulator.start()
            terminal.write(terminal.paint("A batch job finishes \(Self.reports) reports at once.", .bold))
            let before = try await direct(to: addresses, terminal)
            let after = try await throughPostern(stage, addresses, terminal)
            await emulator.stop()
            summarize(before, after, stage, terminal)
            if after.lost > 0 { throw ExitCode(ExitStatus.failure.rawValue) }
        }
    }

    /// As the old application did it: a connection each, and nothing that tries again.
    private func direct(to addresses: M365Emulator.Addresses, _ terminal: Terminal) async throws -> Burst.Result {
        terminal.write(
            "\n1. As the old application sends them: \(Self.reports) connections straight to Exchange, no retry.\n")
        let burst = Burst(
            host: addresses.smtpHost, port: addresses.smtpPort,
            credentials: .login(user: DemoStage.mailbox, password: "demo-password"), count: Self.reports)
        let result = try await burst.run { LiveTable.show($0, on: terminal) }
        LiveTable.finish(result, on: terminal)
        for (words, count) in result.refusals.sorted(by: { $0.value > $1.value }) {
            terminal.write("   \(count) × \(words)")
        }
        return result
    }

    /// The same application, pointed at Postern.
    private func throughPostern(
        _ stage: DemoStage, _ addresses: M365Emulator.Addresses, _ terminal: Terminal
    ) async throws -> DemoStage.Drained {
        terminal.write(
            "\n2. The same application pointed at Postern: accepted at once, delivered through Graph within its limits.\n"
        )
        return try await stage.run(microsoft: addresses, reports: Self.reports) { LiveTable.show($0, on: terminal) }
    }

    private func summarize(_ before: Burst.Result, _ after: DemoStage.Drained, _ stage: DemoStage, _ terminal: Terminal)
    {
        LiveTable.finish(after.burst, on: terminal)
        var table = Table([
            .init(heading: ""), .init(heading: "REPORTS", alignment: .right),
            .init(heading: "DELIVERED", alignment: .right),
            .init(heading: "LOST", alignment: .right),
        ])
        table.add([
            "straight to Exchange", String(before.count), String(before.accepted),
            String(before.count - before.accepted),
        ])
        table.add(["through Postern", String(after.burst.count), String(after.delivered), String(after.lost)])
        terminal.write()
        for line in table.lines() { terminal.write("   \(line)") }
        terminal.write("\n   drained in \(seconds(after.drainTime)); the theoretical bound is \(seconds(after.bound))")
        terminal.write(
            "   (\(after.burst.count) messages, \(DemoStage.concurrency) at a time, \(seconds(DemoStage.latency)) for each of Graph's answers)"
        )
        terminal.write("\nWhere to look next:")
        for line in stage.nextSteps { terminal.write("   \(line)") }
    }

    private func seconds(_ span: Duration) -> String {
        let hundredths = (span.milliseconds + 5) / 10
        return "\(hundredths / 100).\(Int(hundredths % 100).padded(2)) s"
    }
}
