import EmailLog
import Logging
import NIOConcurrencyHelpers
import ServiceLifecycle
import UnixSignals

/// On SIGHUP reads the configuration again and puts it in force whole; a bad one is refused and the old one stays.
struct ReloadService: Service {
    let file: ConfigurationFile?
    /// As started: its addresses and its store stay in force.
    let started: Configuration
    let current: NIOLockedValueBox<Configuration>
    let onReload: @Sendable (Configuration) -> Void
    let reception: NIOLockedValueBox<ReceptionRules>
    let listeners: [ListenerService]
    let delivery: DeliveryManager
    let alerts: AlertService
    let trials: TrialService
    let outbound: Outbound
    let clocks: Clocks
    let logger: Logger

    var retention: Retention { current.withLockedValue(\.retention) }

    /// Called once signals are heard; by then the listeners have long been bound.
    var onReady: @Sendable () -> Void = {}

    func run() async throws {
        guard let file else {
            onReady()
            return try await gracefulShutdown()
        }
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        onReady()
        await cancelWhenGracefulShutdown {
            for await _ in hangups { await reload(file) }
        }
    }

    func reload(_ file: ConfigurationFile) async {
        do {
            let (configuration, warnings) = try file.load()
            for warning in warnings { logger.warning("configuration", metadata: [LogKey.reason: "\(warning)"]) }
            let settings = try RuntimeSettings(configuration, outbound: outbound, clocks: clocks)
            warnOfWhatStays(started, configuration)
            await apply(settings, configuration)
            logger.notice("configuration reloaded", metadata: [LogKey.address: "\(file.path)"])
        } catch let error as ConfigurationError {
            for problem in error.problems { refuse("\(problem)") }
        } catch {
            refuse("\(error)")
        }
    }

    /// Reads certificate and key again, so that a renewed certificate is served without anyone's doing, and takes other keys
    /// for session tickets: whoever learns one of them can read what was said under it (RFC 8446 §C.4), so none lives long.
    func renewTLS() async {
        do {
            let configuration = current.withLockedValue { $0 }
            serve(try ListenerSettings.all(of: configuration))
        } catch {
            logger.error("listeners keep their old certificate", metadata: [LogKey.reason: "\(error)"])
        }
    }

    private func serve(_ settings: [ListenerSettings]) {
        for listener in listeners {
            if let new = settings.first(where: { $0.listener.address == listener.listenAddress }) {
                listener.apply(new)
            }
        }
    }

    private func refuse(_ reason: String) {
        logger.error("configuration refused, the old one stays", metadata: [LogKey.reason: "\(reason)"])
    }

    private func apply(_ settings: RuntimeSettings, _ configuration: Configuration) async {
        reception.withLockedValue { $0 = settings.reception }
        serve(settings.listeners)
        current.withLockedValue { $0 = configuration }
        onReload(configuration)
        await alerts.reload(configuration)
        await delivery.reload(
            settings.routes, keepsSentBodies: configuration.keepsSentBodies,
            bounces: BounceWriter(configuration))
        await trials.reload(configuration.routes)
    }

    private func warnOfWhatStays(_ old: Configuration, _ new: Configuration) {
        if old.store != new.store {
            logger.warning("store changes only with a restart", metadata: [LogKey.address: "\(new.store)"])
        }
        if old.listeners.map(\.address) != new.listeners.map(\.address) {
            logger.warning("listeners' addresses change only with a restart")
        }
    }
}
