import DeliveryPolicy
import EmailLog
import Foundation
import HTTPTransport
import Logging
import MailModel
import NIOConcurrencyHelpers

@testable import Postern

/// Alerts over a real store, one look at a time, with a clock that the test advances.
struct AlertBench {
    let directory: TemporaryDirectory
    let log: EmailLog
    let clock: ManualClock
    let recorder = LogRecorder()
    let service: AlertService
    /// Where delivery was told to look.
    let woken = NIOLockedValueBox<[LaneKey]>([])
    /// What delivery would say is used.
    let quotas = NIOLockedValueBox<[QuotaUse]>([])

    static let routes = """
        routes:
          - name: contoso
            senders: ["*@contoso.com"]
            graph: {tenant: t, client_id: c, client_secret: s}
        """

    init(
        _ alerts: String = "", routes: String = routes, in directory: TemporaryDirectory? = nil,
        clock: ManualClock = ManualClock()
    ) throws {
        self.directory = try directory ?? TemporaryDirectory()
        self.clock = clock
        log = try self.directory.service()
        let (woken, quotas) = (woken, quotas)
        service = AlertService(
            log: log, configuration: try Self.settings(alerts, routes: routes), transport: HTTPTransport(),
            clocks: clock.clocks,
            logger: recorder.logger, quotas: { quotas.withLockedValue { $0 } },
            wake: { lane, _ in woken.withLockedValue { $0.append(lane) } })
    }

    static func settings(_ alerts: String, routes: String = routes) throws -> Configuration {
        try configuration(routes + "\n" + alerts)
    }

    /// One alert that posts to this receiver.
    static func posting(to receiver: ScriptedMicrosoft, when: String = "failed >= 5 in 10m") -> String {
        """
        alerts:
          - name: failures
            when: \(when)
            webhook: {url: "\(receiver.endpoint)/hook"}
        """
    }

    func restarted(_ alerts: String) async throws -> AlertBench {
        try await log.close()
        return try AlertBench(alerts, in: directory, clock: clock)
    }

    /// One look, and whatever is to be told after it.
    func turn(after seconds: Int = 0) async {
        clock.advance(.seconds(seconds))
        let due = await service.turn()
        await withDiscardingTaskGroup { group in
            for notification in due { group.addTask { await service.tell(notification) } }
        }
    }

    /// Looks as the running service would, for so long.
    func turns(for seconds: Int) async { for _ in 0..<(seconds / 5) { await turn(after: 5) } }

    @discardableResult
    func fail(_ count: Int, client: String = "192.0.2.7") async throws -> [QueueID] {
        var ids: [QueueID] = []
        for _ in 0..<count {
            let id = log.makeID(at: clock.now)
            var submission = waiting(id.rawValue, at: clock.now)
            submission.client = client
            ids.append(try await log.accept(submission))
            _ = try await log.claim(id, path: .graph, at: clock.now)
            let refusal = refusal(.message, .rejected, status: 550, "no such user")
            let attempt = AttemptRecord(
                startedDate: clock.now, duration: .zero, path: .graph, outcome: .rejected(refusal), cost: nil)
            try await log.settle(id, .failed(because: nil), attempt: attempt, at: clock.now)
        }
        return ids
    }

    /// What was said in the log about alerts, with the level.
    var said: [String] {
        recorder.lines.filter { $0.sentence.hasPrefix("alert") }.map { line in
            "\(line.level) \(line.sentence) \(line.metadata["alert"]?.description ?? "")"
        }
    }
}

extension ScriptedMicrosoft {
    /// The documents that were posted, in order.
    var posted: [AlertEvent] { mailCalls.compactMap { AlertEvent(json: $0.form) } }
    var postedWords: [String] { posted.map { "\($0.name) \($0.state.rawValue) \($0.count)" } }
}
