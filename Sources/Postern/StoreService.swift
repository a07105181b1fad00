import EmailLog
import HTTPTransport
import ServiceLifecycle

/// Closes the store when everything that uses it has ended.
struct StoreService: Service {
    let log: EmailLog
    let transport: HTTPTransport

    func run() async throws {
        try? await gracefulShutdown()
        await transport.shutdown()
        try await log.close()
    }
}
