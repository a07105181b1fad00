import Logging
import MailModel
import NIOPosix
import SMTPProtocol
import SMTPTransport
import ServiceLifecycle
import Testing

@testable import Postern

/// A gateway with a store of its own, and an application that hands mail in.
struct GatewayBench {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    func yaml(
        _ microsoft: ScriptedMicrosoft? = nil, listen: [String] = ["127.0.0.1:0"], senders: String = "*@contoso.com",
        extra: String = ""
    ) -> String {
        let listeners = listen.map { "  - {listen: \"\($0)\", max_message_size: 5MB}" }.joined(separator: "\n")
        let endpoints =
            microsoft.map { "login_endpoint: \"\($0.endpoint)\", graph_endpoint: \"\($0.endpoint)\", " } ?? ""
        return """
            store: \(directory.store)
            smtp:
            \(listeners)
            routes:
              - name: contoso
                senders: ["\(senders)"]
                graph: {\(endpoints)tenant: t, client_id: c, client_secret: s}
            \(extra)
            """
    }

    /// Runs a gateway for as long as `body` runs, and shuts it down.
    func running<Result: Sendable>(
        _ settings: Configuration, file: ConfigurationFile? = nil, logger: Logger = silence,
        onReload: @escaping @Sendable (Configuration) -> Void = { _ in }, _ body: (Gateway, Int) async throws -> Result
    ) async throws -> Result {
        let gateway = try await Gateway.open(settings, file: file, logger: logger, onReload: onReload)
        let group = gateway.serviceGroup()
        let port = try #require(gateway.addresses.first?.split(separator: ":").last.flatMap { Int($0) })
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let result: Result
            do {
                result = try await body(gateway, port)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return result
        }
    }

    func connect(_ port: Int) async throws -> SMTPClient {
        try await SMTPClient.connect(
            SMTPClientOptions(host: "127.0.0.1", port: port, hostname: "app.test", security: .off),
            on: MultiThreadedEventLoopGroup.singleton)
    }

    func submit(
        _ message: [UInt8], from sender: String = "ann@contoso.com", port: Int
    ) async throws -> DeliveryReport.Conclusion {
        var client = try await connect(port)
        let envelope = Envelope(sender: address(sender), recipients: [address("eve@example.org")])
        let report = try await client.deliver(envelope, message)
        await client.quit()
        return report.conclusion
    }
}
