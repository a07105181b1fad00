package import ArgumentParser
import Postern

/// `postern`: the service and its command line; one file per verb.
package struct PosternCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "postern",
        abstract: "A mail delivery gateway for Microsoft 365.",
        discussion: """
            Applications hand in mail by SMTP; Postern answers when it is safe on disk, delivers it through Microsoft Graph \
            within Microsoft's limits, tries again what is temporary, and records everything in one SQLite file.
            """,
        version: Version.text,
        subcommands: [
            ServeCommand.self, DemoCommand.self, CheckCommand.self, TokenCommand.self, SendCommand.self,
            SendmailCommand.self, LogCommand.self, ResendCommand.self, QueueCommand.self, AlertCommand.self,
            TrialCommand.self,
            ConfigCommand.self, HashPasswordCommand.self,
        ])

    package init() {}
}

enum Version {
    static let text = "postern 0.2.0"
}

extension PosternCommand {
    /// The first thing a process does, before anything else touches TLS or a socket.
    package static func prepareProcess() { Gateway.prepareProcess() }
}

extension PosternCommand {
    /// The arguments of a call: called by a name that sendmail(8) has, it is that.
    package static func arguments(of call: [String]) -> [String] {
        let rest = Array(call.dropFirst())
        return switch call.first?.split(separator: "/").last {
        case "sendmail": ["sendmail"] + rest
        case "mailq": ["sendmail", "-bp"] + rest
        case "newaliases": ["sendmail", "-bi"] + rest
        default: rest
        }
    }
}
