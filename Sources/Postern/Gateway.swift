import CMalloc
package import EmailLog
import Foundation
package import Logging
import MailModel
import NIOConcurrencyHelpers
import NIOPosix
import SMTPTransport
package import ServiceLifecycle
import TLS
package import UnixSignals

/// The service as an ordered list of services: started forward, shut down backwards, each awaited before the next.
package struct Gateway: Sendable {
    package let log: EmailLog
    private let delivery: DeliveryManager
    private let alerts: AlertService
    private let trials: TrialService
    private let outbound: Outbound
    private let listeners: [ListenerService]
    private let localSocket: LocalSocketService?
    private let maildrop: MaildropService
    let reload: ReloadService
    private let logger: Logger

    /// The first thing a process does, before anything else touches TLS or a socket.
    package static func prepareProcess() {
        OpenSSL.initialize()
        signal(SIGPIPE, SIG_IGN)
        OpenFileLimit.raise()
        // Messages come and go in bursts: memory handed back after each would be asked for again, page by page.
        cmalloc_keep_free_memory(64 << 20)
    }

    /// Opens the store and the listeners; whatever fails, nothing stays half-started.
    ///
    /// - Parameter file: read again on SIGHUP.
    /// - Throws: `GatewayError`, `EmailLogError`.
    package static func open(
        _ configuration: Configuration, file: ConfigurationFile? = nil, clocks: Clocks = .system(), logger: Logger,
        onReload: @escaping @Sendable (Configuration) -> Void = { _ in }
    ) async throws -> Gateway {
        let outbound = Outbound(configuration, logger: logger)
        do {
            let settings = try RuntimeSettings(configuration, outbound: outbound, clocks: clocks)
            let log = try EmailLog.open(path: configuration.store, role: .service)
            do {
                return try await Gateway(configuration, settings, file, log, outbound, clocks, logger, onReload)
            } catch {
                try? await log.close()
                throw error
            }
        } catch {
            await outbound.shutdown()
            throw error
        }
    }

    private init(
        _ configuration: Configuration, _ settings: RuntimeSettings, _ file: ConfigurationFile?, _ log: EmailLog,
        _ outbound: Outbound, _ clocks: Clocks, _ logger: Logger,
        _ onReload: @escaping @Sendable (Configuration) -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let bell = Bell()
        let live = NIOLockedValueBox(settings.reception)
        let board = TrialBoard()
        self.log = log
        self.outbound = outbound
        self.logger = logger
        delivery = DeliveryManager(
            log: log, shadows: log, routes: settings.routes, keepsSentBodies: configuration.keepsSentBodies,
            bounces: BounceWriter(configuration), bell: bell, eventLoop: group.any(), clocks: clocks, logger: logger)
        trials = TrialService(
            log: log, board: board, routes: configuration.routes, delivery: .init(delivery), clocks: clocks,
            logger: logger)
        try await trials.begin()
        listeners = try await ListenerService.bind(settings.listeners, on: group) { listener in
            Reception(
                log: log, rules: live, trials: board, priority: { listener.withLockedValue(\.listener.priority) },
                clocks: clocks,
                logger: logger
            ) { bell.ring($0, $1) }
        }
        alerts = AlertService(
            log: log, configuration: configuration, transport: outbound.http, clocks: clocks, logger: logger,
            quotas: { [delivery] in await delivery.quotas() }, wake: { bell.ring($0, $1) })
        let local = Reception(
            door: .sendmail, log: log, rules: live, trials: board, priority: { .normal }, clocks: clocks,
            logger: logger,
            wake: { bell.ring($0, $1) })
        localSocket = await LocalSocketService.bind(beside: configuration.store, on: group, local)
        maildrop = MaildropService(Maildrop(store: configuration.store), local)
        reload = ReloadService(
            file: file, started: configuration, current: NIOLockedValueBox(configuration), onReload: onReload,
            reception: live,
            listeners: listeners, delivery: delivery, alerts: alerts, trials: trials, outbound: outbound,
            clocks: clocks,
            logger: logger)
    }

    /// Where mail is accepted, as bound: the port is the real one where 0 was asked for.
    package var addresses: [String] { listeners.map { $0.address.description } }

    /// What runs, in the order it starts.
    ///
    /// - Parameters:
    ///   - signals: those that begin a graceful shutdown.
    ///   - onReady: called when mail is accepted and signals are heard.
    package func serviceGroup(
        gracefulShutdownSignals signals: [UnixSignal] = [], onReady: @escaping @Sendable () -> Void = {}
    ) -> ServiceGroup {
        var reload = reload
        reload.onReady = onReady
        let services: [any Service] =
            [
                StoreService(log: log, outbound: outbound),
                HousekeepingService(log: log, reload: reload, logger: logger), alerts, delivery, trials,
                BurstService(log: log, clocks: reload.clocks, logger: logger),
            ]
            + listeners + (localSocket.map { [$0] } ?? []) + [maildrop, reload]
        // It would write the whole environment, secrets and all, at `debug`.
        var quiet = logger
        quiet.logLevel = .warning
        var configuration = ServiceGroupConfiguration(
            // One service that fails lets the others finish what they have begun.
            services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
            gracefulShutdownSignals: signals, logger: quiet)
        configuration.maximumGracefulShutdownDuration = .seconds(60)
        return ServiceGroup(configuration: configuration)
    }

    /// Reads everything a configuration names, without starting anything.
    package static func checkFiles(of configuration: Configuration) throws(GatewayError) {
        _ = try RuntimeSettings(configuration, outbound: Outbound(configuration), clocks: .system())
    }
}

/// Why a gateway cannot start: what, where, and what to do.
package enum GatewayError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Something the configuration names cannot be used.
    case configuration(String)
    /// Something is in the way now, such as a port in use.
    case unavailable(String)

    package var description: String {
        switch self {
        case .configuration(let text), .unavailable(let text): text
        }
    }
}

extension Configuration {
    var keepsSentBodies: Bool { retention.bodies > .zero }
}

extension Gateway {
    /// Runs until SIGTERM or SIGINT, then drains and stops.
    package func runUntilSignal(onReady: @escaping @Sendable () -> Void) async throws {
        try await serviceGroup(gracefulShutdownSignals: [.sigterm, .sigint], onReady: onReady).run()
    }
}
