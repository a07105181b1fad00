import EmailLog
import Logging
import ServiceLifecycle

/// Removes once an hour what is older than `retention` says, and once a day makes the listeners' TLS anew.
struct HousekeepingService: Service {
    let log: EmailLog
    let reload: ReloadService
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for hour in 0... {
                await sweep()
                if hour > 0, hour % 24 == 0 { await reload.renewTLS() }
                guard (try? await Task.sleep(for: .seconds(3600))) != nil else { return }
            }
        }
    }

    private func sweep() async {
        do {
            let report = try await log.sweep(reload.retention, at: reload.clocks.now())
            guard report.bodies + report.rows > 0 else { return }
            logger.info(
                "old mail removed", metadata: [LogKey.count: "\(report.rows)", LogKey.size: "\(report.bodies) bodies"])
        } catch {
            logger.error("old mail not removed", metadata: [LogKey.reason: "\(error)"])
        }
    }
}
