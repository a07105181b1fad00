import EmailLog
import Foundation
import Logging
import M365Emulator
import MIME
import MailModel
import Postern
import ServiceLifecycle

/// The scenery of the demo: Microsoft's side, a configuration, a store in a folder of its own, and the reports.
struct DemoStage: Sendable {
    static let mailbox = "reports@contoso.com"
    static let latency = Duration.milliseconds(200)
    static let concurrency = 3

    /// The published limits, and answers as slow as the real ones.
    static var microsoft: EmulatorConfiguration {
        var configuration = EmulatorConfiguration()
        configuration.graph.latency = 0.2
        configuration.smtp.latency = 0.3
        configuration.smtp.allowsPlaintextAuth = true
        return configuration
    }

    /// What came of the burst through Postern.
    struct Drained: Sendable {
        var burst: Burst.Result
        var delivered: Int
        /// From the first report handed in to the last one delivered.
        var drainTime: Duration
        /// No faster way exists within the limits.
        var bound: Duration

        var lost: Int { burst.count - delivered }
    }

    private let directory: URL

    /// - Throws: where the folder cannot be made.
    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "postern-demo")
        do {
            try? FileManager.default.removeItem(at: directory)
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(
                .unavailable, "the folder \(directory.path) cannot be made anew: remove it, or set TMPDIR")
        }
    }

    private var configurationPath: String { directory.appending(path: "postern.yaml").path }

    var nextSteps: [String] {
        let postern = CommandLine.arguments[0]
        return [
            "\(postern) log --config \(configurationPath)", "\(postern) log stats --config \(configurationPath)",
            "the README: five minutes to a real tenant",
        ]
    }

    // MARK: The second half

    func run(
        microsoft: M365Emulator.Addresses, reports: Int, progress: (Burst.Result) -> Void
    ) async throws -> Drained {
        try configurationText(microsoft).write(toFile: configurationPath, atomically: true, encoding: .utf8)
        let (configuration, _) = try ConfigurationFile(path: configurationPath).load()
        let gateway = try await Gateway.open(configuration, logger: StandardErrorLog.logger(configuration.log))
        let services = gateway.serviceGroup()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            let drained = try await drain(gateway, reports, progress)
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
            return drained
        }
    }

    private func drain(_ gateway: Gateway, _ reports: Int, _ progress: (Burst.Result) -> Void) async throws -> Drained {
        guard let address = gateway.addresses.first.flatMap(ListenAddress.init) else {
            throw CommandFailure(.unavailable, "the demo's gateway has no address")
        }
        let start = ContinuousClock.now
        let handedIn = try await Burst(host: address.host, port: address.port, credentials: nil, count: reports).run {
            _ in
        }
        var shown = Burst.Result(count: reports, refusals: handedIn.refusals)
        while shown.accepted + shown.refused < reports {
            let counts = try await gateway.log.statistics(LogFilter()).byStatus
            shown.accepted = counts[.sent] ?? 0
            shown.refusals["failed"] = counts[.failed]
            progress(shown)
            try await Task.sleep(for: .milliseconds(20))
        }
        let rounds = (reports + Self.concurrency - 1) / Self.concurrency
        return Drained(
            burst: shown, delivered: shown.accepted, drainTime: ContinuousClock.now - start,
            bound: Self.latency * rounds)
    }

    private func configurationText(_ microsoft: M365Emulator.Addresses) -> String {
        """
        # Made by `postern demo`; the emulator it speaks of has ended with it.
        hostname: postern.demo
        store: \(directory.appending(path: "postern.sqlite").path)
        smtp:
          - listen: 127.0.0.1:0
        routes:
          - name: demo
            senders: ["*@contoso.com"]
            graph:
              login_endpoint: \(microsoft.http)
              graph_endpoint: \(microsoft.http)
              tenant: contoso.onmicrosoft.com
              client_id: 11111111-1111-1111-1111-111111111111
              client_secret: demo-secret
              limits: {concurrency_per_mailbox: \(Self.concurrency)}
        log: {level: warning}

        """
    }

    // MARK: The reports

    static func envelope(_ number: Int) -> Envelope? {
        guard let sender = try? Address(parsing: mailbox),
            let customer = try? Address(parsing: "customer\(number)@example.com")
        else {
            return nil
        }
        return Envelope(sender: sender, recipients: [customer])
    }

    static func report(_ number: Int, _ envelope: Envelope) -> [UInt8] {
        guard let sender = envelope.sender else { return [] }
        var builder = MessageBuilder(
            from: NamedAddress(displayName: "Reports", address: sender),
            to: envelope.recipients.map { NamedAddress(address: $0) },
            subject: "Report \(number)", text: "The figures for customer \(number) are attached.\r\n",
            date: Clocks.system().now(),
            messageID: "<report-\(number)-\(UUID().uuidString.lowercased())@contoso.com>")
        let figures = "month,amount\r\n" + (1...12).map { "\($0),\(number * $0)\r\n" }.joined()
        builder.attachments = [.init(name: "report-\(number).csv", type: "text/csv", bytes: Array(figures.utf8))]
        var random = SystemRandomNumberGenerator()
        return builder.build(using: &random)
    }
}
