import ArgumentParser
import Foundation
import Postern

/// `postern sendmail`: what programs call as `/usr/sbin/sendmail`.
struct SendmailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sendmail", abstract: "Hand in a message as with sendmail(8).",
        usage: "postern sendmail [--config FILE] [-t] [-i] [-f A] [-F N] [-v] [-bs | -bp | -q] [--] [recipient ...]",
        discussion: """
            Reads a message from standard input, up to a line with a single dot unless -i is given, and hands it to the \
            service of this machine; while that is down, it is left in the maildrop beside the store. Exit status 0 \
            means that it is on disk.

            -t       Recipients are those in To, Cc and Bcc, and those named here.
            -i, -oi  A line with a single dot is text.
            -f A     The envelope sender; empty for none. -r is the same. Default: this account at this machine's name.
            -F N     The full name in From, where the message has none.
            -bs      An SMTP session on standard input and output.
            -bp      The queue, as `postern queue`; mailq is the same.
            -q       Make waiting messages due now.
            -v       Say what has become of the message.

            Recipients may be names without a domain: this machine's is added. Options of other sendmails are read and have \
            no effect. Called by the name sendmail, mailq or newaliases, the program is that.
            """)

    @Argument(parsing: .captureForPassthrough, help: .hidden) var words: [String] = []

    func run() async throws {
        try await perform { terminal in
            let arguments: SendmailArguments
            do throws(SendmailArguments.Misuse) { arguments = try SendmailArguments(parsing: words) } catch {
                throw CommandFailure(.usage, "sendmail: \(error)")
            }
            try await run(arguments, terminal)
        }
    }

    private func run(_ arguments: SendmailArguments, _ terminal: Terminal) async throws {
        let config = arguments.config.map { ["--config", $0] } ?? []
        switch arguments.mode {
        case .deliver: try await deliver(arguments, terminal)
        case .smtp: try converse(try settings(arguments), terminal)
        case .listQueue: try await QueueListCommand.parse(config).run()
        case .flush(let id): try await QueueFlush.parse((id.map { [$0] } ?? ["--all"]) + config).run()
        case .nothing: break
        case .help: terminal.write(Self.helpMessage())
        }
    }

    private func settings(_ arguments: SendmailArguments) throws -> LocalSettings {
        try ConfigurationFile(path: arguments.config).loadLocalSettings()
    }

    private func deliver(_ arguments: SendmailArguments, _ terminal: Terminal) async throws {
        var arguments = arguments
        // As the name of whoever calls: sendmail's own custom.
        arguments.fullName = arguments.fullName ?? ProcessInfo.processInfo.environment["NAME"]
        guard arguments.readsRecipients || !arguments.recipients.isEmpty else {
            throw CommandFailure(.usage, "sendmail: no recipients: name them, or with -t in the message")
        }
        let settings = try settings(arguments)
        let composer = SendmailComposer(hostname: settings.hostname, account: LocalAccount.name(getuid()))
        let mail = try composer.compose(arguments, try Self.input(arguments, largest: Int(settings.largestMessage)))
        let word = try await SendmailDelivery(settings: settings, clocks: .system()).submit(mail)
        if arguments.isVerbose { terminal.put("sendmail: \(word)\n") }
    }

    private static func input(_ arguments: SendmailArguments, largest: Int) throws -> [UInt8] {
        var input = SendmailInput(endsAtDot: !arguments.ignoresDots)
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while !input.isFinished {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw CommandFailure(.tryAgainLater, "standard input cannot be read") }
            guard count > 0 else { break }
            input.take(buffer[..<count])
            guard input.content.count <= largest else {
                throw CommandFailure(.failure, "the message is larger than the \(largest) octets the service takes")
            }
        }
        input.finish()
        return input.content
    }

    private func converse(_ settings: LocalSettings, _ terminal: Terminal) throws {
        guard let bridge = SMTPBridge(to: settings.socket) else {
            terminal.write("421 4.3.2 \(settings.hostname) Service not available, try again later\r")
            throw CommandFailure(.tryAgainLater, "the service is down: nobody listens on \(settings.socket)")
        }
        guard bridge.run() else { throw CommandFailure(.tryAgainLater, "the session was cut off") }
    }
}
