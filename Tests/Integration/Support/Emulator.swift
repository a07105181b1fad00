import Foundation
import Testing

/// `m365-emulator` as a process, and its control interface.
final class Emulator: Sendable {
    /// The demo tenant's.
    static let tenant = "contoso.onmicrosoft.com"
    static let clientID = "11111111-1111-1111-1111-111111111111"
    static let secret = "demo-secret"
    /// Quick answers; the limits stay the published ones.
    static let quick = #"{"graph": {"latency": 0.01}}"#

    /// `http://127.0.0.1:PORT`
    let url: String
    /// Of the submission host, at 127.0.0.1 and localhost.
    let smtpPort: UInt16
    /// The authority that its certificates come from.
    let caFile: String
    let control: ControlClient
    let program: Program
    private let directory: TemporaryDirectory

    private init(_ program: Program, _ directory: TemporaryDirectory, ready: String) throws {
        let words = ready.split(separator: " ").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        let named = Dictionary(words.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) { $1 }
        guard let url = named["http"], let port = url.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw Command.Stuck(description: "the emulator names no address: \(ready)")
        }
        (self.program, self.directory, self.url) = (program, directory, url)
        smtpPort = named["smtp"]?.split(separator: ":").last.flatMap { UInt16($0) } ?? 0
        caFile = named["ca"] ?? ""
        control = ControlClient(host: "127.0.0.1", port: port)
    }

    /// - Parameter settings: the JSON of its `--config`.
    static func start(_ settings: String = quick, tls: Bool = false) async throws -> Emulator {
        let directory = try TemporaryDirectory()
        let file = try directory.write(settings, to: "emulator.json")
        let arguments =
            ["--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--config", file] + (tls ? ["--tls"] : [])
        let program = try Program(Executables.emulator, arguments, directory: directory)
        do {
            return try Emulator(program, directory, ready: try await program.readyLine())
        } catch {
            await program.kill()
            throw error
        }
    }

    /// As keys of a route's `smtp`.
    var submissionHost: [String] { ["host: localhost", "port: \(smtpPort)", "ca_file: \(caFile)"] }

    // MARK: Control

    func counters() async throws -> Counters { try await get("counters") }

    func requests(_ operation: String = "sendMail") async throws -> [RequestRecord] {
        try await get("requests", as: [RequestRecord].self).filter { $0.operation == operation }
    }

    /// - Parameter after: only those with a higher number.
    func messages(mime: Bool = false, after: Int = 0) async throws -> [CapturedMessage] {
        try await get("messages?mime=\(mime)&after=\(after)")
    }

    func addFault(_ json: String) async throws {
        _ = try await control.request("POST", "/_emulator/faults", body: json)
    }
    func removeFaults() async throws { _ = try await control.request("DELETE", "/_emulator/faults") }
    func revokeTokens() async throws { _ = try await control.request("POST", "/_emulator/revoke-tokens") }

    func change(_ what: String, _ json: String) async throws {
        _ = try await control.request("PATCH", "/_emulator/\(what)", body: json)
    }

    func changeApp(_ json: String) async throws { try await change("app/\(Self.clientID)", json) }

    private func get<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) async throws -> Value {
        try JSONDecoder.snakeCase.decode(type, from: try await control.request("GET", "/_emulator/\(path)"))
    }

    // MARK: Waiting

    /// Until so many messages are captured.
    @discardableResult
    func messages(count: Int, mime: Bool = false, within limit: Duration = .seconds(60)) async throws
        -> [CapturedMessage]
    {
        try await eventually("messages captured", within: limit) {
            try await counters().messages
        } until: {
            $0 >= count
        }
        return try await messages(mime: mime)
    }

    /// Until a message is being handed over, or was.
    func firstRequest() async throws {
        try await eventually("a request") {
            try await requests().count
        } until: {
            $0 > 0
        }
    }
}

extension Program {
    /// The line that says it takes connections.
    func readyLine() async throws -> String {
        guard let line = await errors.line(within: .seconds(60), where: { $0.contains("ready") }) else {
            throw Command.Stuck(description: "not ready: \(errors.text)")
        }
        return line
    }
}
