import MailModel
import NIOConcurrencyHelpers
import NIOCore
import SMTPTransport
import ServiceLifecycle

/// One SMTP listener among the services: accepts until shutdown, then finishes the messages that are arriving.
struct ListenerService: Service {
    private let server: SMTPServer<Reception>
    private let settings: NIOLockedValueBox<ListenerSettings>

    var address: PeerAddress { server.address }

    /// Binds all, or none.
    static func bind(
        _ all: [ListenerSettings], on group: any EventLoopGroup,
        reception: (NIOLockedValueBox<ListenerSettings>) -> Reception
    ) async throws(GatewayError) -> [ListenerService] {
        var bound: [ListenerService] = []
        for settings in all {
            do {
                let box = NIOLockedValueBox(settings)
                bound.append(try await ListenerService(box, on: group, reception(box)))
            } catch {
                await close(bound)
                throw .unavailable("\(error)")
            }
        }
        return bound
    }

    private init(
        _ settings: NIOLockedValueBox<ListenerSettings>, on group: any EventLoopGroup, _ reception: Reception
    ) async throws(SMTPListenError) {
        self.settings = settings
        let address = settings.withLockedValue(\.listener.address)
        server = try await SMTPServer.bind(ip: address.host, port: address.port, on: group, handler: reception) {
            settings.withLockedValue(\.server)
        }
    }

    private static func close(_ listeners: [ListenerService]) async {
        for listener in listeners {
            listener.server.drain()
            try? await listener.server.run()
        }
    }

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await server.run()
        } onGracefulShutdown: {
            server.drain()
        }
    }

    var listenAddress: ListenAddress { settings.withLockedValue(\.listener.address) }

    /// New connections are served by other settings from now on.
    func apply(_ new: ListenerSettings) { settings.withLockedValue { $0 = new } }
}
