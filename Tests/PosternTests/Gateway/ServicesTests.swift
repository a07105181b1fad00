import EmailLog
import HTTPTransport
import MailModel
import NIOConcurrencyHelpers
import NIOPosix
import ServiceLifecycle
import Testing

@testable import Postern

/// The small services around delivery, each by itself.
@Suite(.timeLimit(.minutes(5))) struct ServicesTests {
    private func running(_ service: any Service, _ body: () async throws -> Void) async throws {
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: silence))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private func reload(_ bench: DeliveryBench, _ retention: Retention) throws -> ReloadService {
        var settings = try configuration(Desk.routes)
        settings.retention = retention
        let outbound = Outbound(settings)
        let alerts = AlertService(
            log: bench.log, configuration: settings, transport: outbound.http, clocks: bench.clock.clocks,
            logger: silence,
            wake: { _, _ in })
        return ReloadService(
            file: nil, started: settings, current: NIOLockedValueBox(settings), onReload: { _ in },
            reception: NIOLockedValueBox(ReceptionRules(settings)), listeners: [], delivery: bench.manager,
            alerts: alerts,
            trials: TrialService(
                log: bench.log, board: TrialBoard(), routes: [], delivery: .init(bench.manager),
                clocks: bench.clock.clocks,
                logger: silence),
            outbound: outbound, clocks: bench.clock.clocks, logger: silence)
    }

    @Test func theStoreIsClosedAtTheEnd() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let outbound = Outbound(try configuration(Desk.routes))
        try await running(StoreService(log: log, outbound: outbound)) {
            _ = try await log.accept(waiting("q1"))
        }
        await #expect(throws: EmailLogError.closed) { try await log.accept(waiting("q2")) }
        let failure = await #expect(throws: HTTPFailure.self) {
            try await outbound.http.send(HTTPRequest(method: "GET", url: "http://127.0.0.1:1/"))
        }
        #expect(failure?.stage == .closed)
    }

    /// It sweeps when it starts, not first after an hour.
    @Test func oldMailIsRemoved() async throws {
        let bench = try await DeliveryBench()
        try await bench.accept("old")
        await bench.turn()
        bench.clock.advance(.seconds(7200))
        try await bench.accept("new")
        await bench.turn()
        let recorder = LogRecorder(awaiting: "old mail removed")
        let retention = Retention(bodies: .zero, failedBodies: .zero, log: .seconds(3600))
        let housekeeping = HousekeepingService(
            log: bench.log, reload: try reload(bench, retention), logger: recorder.logger)
        try await running(housekeeping) { await recorder.logged("old mail removed") }
        #expect(try await bench.row("old") == nil)
        #expect(try await bench.status("new") == .sent)
    }

    @Test func aStoreThatCannotBeSweptIsLoggedAndLeft() async throws {
        let bench = try await DeliveryBench()
        try await bench.accept("old")
        await bench.turn()
        bench.clock.advance(.seconds(7200))
        try await bench.log.close()
        let recorder = LogRecorder(awaiting: "old mail not removed")
        let housekeeping = HousekeepingService(
            log: bench.log, reload: try reload(bench, Retention(bodies: .zero, failedBodies: .zero, log: .zero)),
            logger: recorder.logger)
        try await running(housekeeping) { await recorder.logged("old mail not removed") }
    }

    @Test func withoutAFileThereIsNothingToReload() async throws {
        let bench = try await DeliveryBench()
        let service = try reload(bench, Retention(bodies: .zero, failedBodies: .zero, log: .zero))
        try await running(service) {}
        #expect(service.retention.log == .zero)
    }

    @Test func theSteadyClockNeverStepsAndTheWallClockIsTheMachines() {
        let clocks = Clocks.system()
        let (first, second) = (clocks.instant(), clocks.instant())
        #expect(first >= .start && second >= first)
        #expect(clocks.now() > Timestamp("2025-01-01 00:00:00")!)
    }
}
