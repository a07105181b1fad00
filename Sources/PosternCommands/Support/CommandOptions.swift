import ArgumentParser
import EmailLog
import Foundation
import Postern

/// What every command that reads the configuration takes.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .long, help: "The configuration file. Default: $POSTERN_CONFIG, else /etc/postern/postern.yaml.")
    var config: String?

    func load(_ terminal: Terminal) throws -> Postern.Configuration {
        let (configuration, warnings) = try ConfigurationFile(path: config).load()
        for warning in warnings { terminal.put("\(warning)\n") }
        return configuration
    }

    /// The store, opened beside a service that may be running.
    func openLog(_ terminal: Terminal) throws -> EmailLog { try Self.openLog(of: load(terminal)) }

    static func openLog(of configuration: Postern.Configuration) throws -> EmailLog {
        let path = configuration.store
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(
                .noSuchMessage, "there is no store at \(path) yet; check `store`, or start the service")
        }
        return try EmailLog.open(path: path, role: .tool)
    }
}

struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print one JSON document instead of a table.")
    var json = false
}

extension AsyncParsableCommand {
    /// Runs a command's work, and turns what went wrong into a sentence and the exit status that scripts rely on.
    func perform(_ work: (Terminal) async throws -> Void) async throws {
        let terminal = Terminal.current()
        do {
            try await work(terminal)
        } catch let failure as CommandFailure {
            terminal.complain(failure.description)
            throw ExitCode(failure.status.rawValue)
        } catch let error as ConfigurationError {
            for problem in error.problems { terminal.put("\(problem)\n") }
            throw ExitCode(ExitStatus.configuration.rawValue)
        } catch let error as EmailLogError {
            terminal.complain(error.description)
            throw ExitCode(error.exitStatus.rawValue)
        } catch let error as GatewayError {
            terminal.complain(error.description)
            throw ExitCode(error.exitStatus.rawValue)
        }
    }
}

extension EmailLogError {
    var exitStatus: ExitStatus {
        switch self {
        case .missingDirectory, .notWritable, .notADatabase, .newerSchema, .damaged: .configuration
        case .inUse: .unavailable
        case .noSuchMessage, .bodyMissing, .bodyDamaged: .noSuchMessage
        case .removed, .diskFull, .busy, .inputOutput, .olderSchema, .closed: .tryAgainLater
        case .duplicateID, .wrongStatus, .setAside, .partsDoNotMatch, .other: .failure
        }
    }
}

extension GatewayError {
    var exitStatus: ExitStatus {
        switch self {
        case .configuration: .configuration
        case .unavailable: .unavailable
        }
    }
}
