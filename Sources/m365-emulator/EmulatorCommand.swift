import ArgumentParser
import Foundation
import Logging
import M365Emulator

/// `m365-emulator --http ADDR --smtp ADDR [--tls] [--config FILE]`
struct EmulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "m365-emulator",
        abstract: "Entra ID, Microsoft Graph mail and Exchange Online SMTP submission on this machine, for tests.",
        discussion: "Without --config: the published limits and a demo tenant. The manual is docs/EMULATOR.md.")

    @Option(help: "Where to listen for HTTP: ip:port.")
    var http = "127.0.0.1:8365"

    @Option(help: "Where to listen for SMTP: ip:port.")
    var smtp = "127.0.0.1:8587"

    @Flag(help: "Speak HTTPS instead of HTTP.")
    var tls = false

    @Option(help: "A JSON file of settings.")
    var config: String?

    @Option(help: "Where to write the certificate authority's certificate (PEM).")
    var caFile: String?

    func run() async throws {
        var listen = M365Emulator.Listen()
        (listen.httpHost, listen.httpPort) = try Self.address(http, option: "--http")
        (listen.smtpHost, listen.smtpPort) = try Self.address(smtp, option: "--smtp")
        listen.tls = tls
        listen.caFile = caFile ?? defaultCAFile
        var logger = Logger(label: "m365-emulator", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .warning
        let emulator = M365Emulator(configuration: try readConfiguration(), listen: listen, logger: logger)
        let place = listen.caFile
        try await emulator.run { addresses in
            let line = "ready http=\(addresses.http) smtp=\(addresses.smtp) ca=\(place)\n"
            try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
        }
    }

    private func readConfiguration() throws -> EmulatorConfiguration {
        guard let config else { return EmulatorConfiguration() }
        do { return try EmulatorConfiguration(contentsOf: config) } catch {
            throw ValidationError("\(config): \(error)")
        }
    }

    /// Beside the configuration, else among the temporary files.
    private var defaultCAFile: String {
        let place = config.map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
        return (place ?? FileManager.default.temporaryDirectory).appendingPathComponent("m365-emulator-ca.pem").path
    }

    private static func address(_ text: String, option: String) throws -> (host: String, port: Int) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), 0...65535 ~= port
        else { throw ValidationError("\(option): \(text) is not ip:port") }
        let host = text[..<colon].filter { $0 != "[" && $0 != "]" }
        return (host.isEmpty ? "127.0.0.1" : String(host), port)
    }
}
