import FoundationEssentials
import Hummingbird
package import Logging
import NIOConcurrencyHelpers
import SMTPTransport
import TLS

/// Microsoft's side for demos and tests: Entra's token endpoint, Graph's mail endpoints and Exchange Online's submission
/// host, on addresses of this machine.
///
/// `run` serves until its task is cancelled; `start` and `stop` do the same for callers without a task of their own.
package final class M365Emulator: Sendable {
    package struct Listen: Hashable, Sendable {
        package var httpHost = "127.0.0.1"
        /// 0 for any free one.
        package var httpPort = 0
        package var smtpHost = "127.0.0.1"
        package var smtpPort = 0
        /// HTTPS in place of HTTP. STARTTLS is offered on the SMTP port either way.
        package var tls = false
        /// Where the certificate authority's certificate is written; empty: nowhere.
        package var caFile = ""

        package init() {}
    }

    package struct Addresses: Hashable, Sendable {
        package var httpHost: String
        package var httpPort: Int
        package var smtpHost: String
        package var smtpPort: Int
        package var isSecure: Bool
        /// Whoever trusts this trusts both servers.
        package var caPEM: [UInt8]

        /// Such as `http://127.0.0.1:8080`: the login endpoint and the Graph endpoint.
        package var http: String { "\(isSecure ? "https" : "http")://\(httpHost):\(httpPort)" }
        /// Such as `127.0.0.1:2587`.
        package var smtp: String { "\(smtpHost):\(smtpPort)" }
    }

    let core: EmulatorCore
    private let listen: Listen
    private let logger: Logger
    private let task = NIOLockedValueBox<Task<Void, any Error>?>(nil)

    package init(
        configuration: EmulatorConfiguration = EmulatorConfiguration(), listen: Listen = Listen(),
        clock: EmulatorClock = .system(), logger: Logger = Logger(label: "m365-emulator")
    ) {
        core = EmulatorCore(configuration, clock: clock)
        self.listen = listen
        self.logger = logger
    }

    /// - Parameter ready: called once both servers listen.
    package func run(ready: @escaping @Sendable (Addresses) async -> Void = { _ in }) async throws {
        let certificates = try ServerCertificates(now: core.moment().wall, hosts: [listen.httpHost, listen.smtpHost])
        if !listen.caFile.isEmpty {
            try Data(certificates.caPEM).write(to: URL(fileURLWithPath: listen.caFile))
        }
        let host = ExchangeHost(core: core)
        let tls = certificates.context
        let smtp = try await SMTPServer.bind(
            ip: listen.smtpHost, port: listen.smtpPort, on: EventLoopGroupProvider.singleton.eventLoopGroup,
            handler: host, settings: { host.settings(tls: tls) })
        let addresses = Addresses(
            httpHost: listen.httpHost, httpPort: listen.httpPort, smtpHost: listen.smtpHost,
            smtpPort: smtp.address.port, isSecure: listen.tls, caPEM: certificates.caPEM)
        try await serve(smtp, addresses, certificates, ready: ready)
    }

    private func serve(
        _ smtp: SMTPServer<ExchangeHost>, _ addresses: Addresses, _ certificates: ServerCertificates,
        ready: @escaping @Sendable (Addresses) async -> Void
    ) async throws {
        let http = HTTPServer(core: core, scheme: listen.tls ? "https" : "http")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await smtp.run() }
            group.addTask { [listen, logger] in
                try await http.run(
                    host: listen.httpHost, port: listen.httpPort,
                    tls: listen.tls ? TLSChannel.Settings(context: certificates.context) : nil, logger: logger
                ) { port in
                    var addresses = addresses
                    addresses.httpPort = port
                    await ready(addresses)
                }
            }
            // Neither server ends by itself: the first to do so has failed, or all is being stopped.
            try await group.next()
            group.cancelAll()
        }
    }

    /// Starts both servers and comes back once they listen; to be ended by `stop`.
    package func start() async throws -> Addresses {
        let (readiness, report) = AsyncThrowingStream.makeStream(of: Addresses.self)
        let running = Task {
            do { try await run { report.yield($0) } } catch {
                report.finish(throwing: error)
                throw error
            }
            report.finish()
        }
        task.withLockedValue { $0 = running }
        for try await addresses in readiness { return addresses }
        throw CancellationError()
    }

    /// Ends what `start` began, and returns once it has ended.
    package func stop() async {
        let running = task.withLockedValue { $0 }
        running?.cancel()
        _ = await running?.result
    }
}
