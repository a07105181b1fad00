import EmailLog
import ServiceLifecycle

/// Closes the store when everything that uses it has ended.
struct StoreService: Service {
    let log: EmailLog
    let outbound: Outbound

    func run() async throws {
        try? await gracefulShutdown()
        await outbound.shutdown()
        try await log.close()
    }
}
