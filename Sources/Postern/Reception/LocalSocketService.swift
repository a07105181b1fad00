import Logging
import NIOConcurrencyHelpers
import NIOCore
import SMTPProtocol
import SMTPTransport
import ServiceLifecycle

/// The socket beside the store, where programs of this machine hand in mail: SMTP, without a login, because the kernel
/// says whose process it is.
struct LocalSocketService: Service {
    /// More than fit on any command line; whoever has that many is better served than told to come again.
    private static let maxRecipients = 100_000

    private let server: SMTPServer<Reception>

    /// - Returns: `nil` where there can be none, which is logged: `sendmail` has the maildrop then.
    static func bind(
        beside store: String, on group: any EventLoopGroup, _ reception: Reception
    ) async -> LocalSocketService? {
        let path = LocalSettings.socket(beside: store)
        do {
            let rules = reception.rules
            let server = try await SMTPServer.bind(path: path, on: group, handler: reception) {
                rules.withLockedValue(settings)
            }
            return LocalSocketService(server: server)
        } catch {
            reception.logger.warning(
                "no socket for sendmail, its mail waits in the maildrop", metadata: [LogKey.reason: "\(error)"])
            return nil
        }
    }

    private static func settings(_ rules: inout ReceptionRules) -> SMTPServerSettings {
        var session = ServerConfiguration(hostname: rules.hostname)
        session.maxMessageSize = rules.largestLocalMessage
        session.maxRecipients = maxRecipients
        var settings = SMTPServerSettings(session: session)
        settings.maxConnections = min(settings.maxConnections, rules.localConnections)
        return settings
    }

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await server.run()
        } onGracefulShutdown: {
            server.drain()
        }
    }
}
