import Foundation
import Testing

/// `postern` with a configuration and a store of its own: as a service that can be ended and started again, and as commands.
final class Gateway: Sendable {
    let directory: TemporaryDirectory
    let store: Store
    private let endpoint: String
    private let host: [String]
    private let running = Locked<Program?>(nil)
    private let bound = Locked<[UInt16]>([])

    /// - Parameters:
    ///   - endpoint: of Entra and Graph.
    ///   - host: the submission host, as keys of `smtp`.
    init(_ configuration: GatewayConfiguration, endpoint: String, host: [String] = []) throws {
        directory = try TemporaryDirectory()
        store = Store(path: directory.path("postern.sqlite"))
        self.endpoint = endpoint
        self.host = host
        try write(configuration)
    }

    var file: String { directory.path("postern.yaml") }

    /// The service's process; nothing but a started one has any.
    var program: Program {
        get throws {
            guard let program = running.with({ $0 }) else { throw Command.Stuck(description: "postern is not started") }
            return program
        }
    }

    /// Of the first listener.
    var port: UInt16 { bound.with { $0.first ?? 0 } }
    var ports: [UInt16] { bound.with { $0 } }

    func write(_ configuration: GatewayConfiguration) throws {
        try write(configuration.yaml(store: store.path, endpoint: endpoint, host: host, listen: "127.0.0.1:0"))
    }

    func write(_ yaml: String) throws { try directory.write(yaml, to: "postern.yaml") }

    // MARK: The service

    /// - Parameter environment: in addition to our own.
    func start(environment: [String: String] = [:]) async throws {
        try launch(environment: environment)
        try await ready()
    }

    /// Starts it, and does not wait until it is ready.
    ///
    /// - Parameter starter: a program that becomes ours, with its arguments, such as `prlimit`.
    @discardableResult
    func launch(environment: [String: String] = [:], by starter: [String] = []) throws -> Program {
        let command = starter + [Executables.postern, "serve", "--config", file]
        let program = try Program(
            command[0], Array(command.dropFirst()), environment: environment, directory: directory)
        running.with { $0 = program }
        return program
    }

    func ready() async throws {
        let line = try await program.readyLine()
        bound.with { $0 = Self.ports(in: line) }
    }

    /// By SIGTERM.
    @discardableResult
    func stop() async throws -> Program.Ending? { try await program.stop() }

    /// By SIGKILL.
    func kill() async throws { try await program.kill() }

    /// SIGHUP, then the line that says what came of it.
    func reload() async throws -> String {
        let program = try program
        let before = program.errors.text.count
        program.send(SIGHUP)
        let verdict = try await eventually("word of the reload") {
            String(program.errors.text.dropFirst(before))
        } until: {
            $0.contains("configuration reloaded") || $0.contains("configuration refused") || !program.isRunning
        }
        return verdict
    }

    /// Whatever state it is in, also in a test that failed.
    func end() async { await running.with { $0 }?.kill() }

    /// Each `127.0.0.1:PORT` in the line.
    private static func ports(in line: String) -> [UInt16] {
        line.split(whereSeparator: { $0 == " " || $0 == "," }).compactMap { word in
            word.contains("127.0.0.1:") ? word.split(separator: ":").last.flatMap { UInt16($0) } : nil
        }
    }

    // MARK: Commands

    /// `postern ARGUMENTS… --config FILE`
    func run(_ arguments: String..., input: String = "", environment: [String: String] = [:]) async throws
        -> Command.Result
    {
        try await Command.run(
            Executables.postern, arguments + ["--config", file], input: Data(input.utf8), environment: environment,
            directory: directory)
    }
}
