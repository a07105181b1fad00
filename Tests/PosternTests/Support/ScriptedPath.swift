import DeliveryPolicy
import EmailLog
import Logging
import MailModel
import NIOConcurrencyHelpers
import NIOPosix

@testable import Postern

/// A way out that answers as a test's script says, and counts what is on it.
final class ScriptedPath: DeliveryPath {
    typealias Script = @Sendable (QueuedMessage) async -> Outcome
    /// For what an outcome alone cannot say: parts, and messages that fall back.
    typealias WholeScript = @Sendable (QueuedMessage, Delivery) -> Delivery

    private struct State {
        var attempted: [QueueID] = []
        var inFlight: [Address: Int] = [:]
        var mostInFlight: [Address: Int] = [:]
        var predecessor: ObjectIdentifier?
    }

    private let script: Script
    private let whole: WholeScript
    private let state = NIOLockedValueBox(State())
    private let begun = AsyncStream<QueueID>.makeStream()

    init(_ script: @escaping Script = { _ in acceptance }, whole: @escaping WholeScript = { $1 }) {
        self.script = script
        self.whole = whole
    }

    /// In the order they began.
    var attempted: [String] { state.withLockedValue { $0.attempted.map(\.rawValue) } }
    var mostInFlight: [Address: Int] { state.withLockedValue { $0.mostInFlight } }
    /// Every attempt as it begins; for one reader.
    var begins: AsyncStream<QueueID> { begun.stream }

    /// Whose place it took with a reload.
    var predecessor: ObjectIdentifier? { state.withLockedValue { $0.predecessor } }

    func takeOver(from old: any DeliveryPath) async {
        let old = (old as? ScriptedPath).map { ObjectIdentifier($0) }
        state.withLockedValue { $0.predecessor = old }
    }

    func deliver(_ message: QueuedMessage, body: MessageBody, memory: AttemptMemory) async -> Delivery {
        state.withLockedValue { state in
            state.attempted.append(message.id)
            state.inFlight[message.mailbox, default: 0] += 1
            let count = state.inFlight[message.mailbox, default: 0]
            state.mostInFlight[message.mailbox] = max(count, state.mostInFlight[message.mailbox] ?? 0)
        }
        begun.continuation.yield(message.id)
        let outcome = await script(message)
        state.withLockedValue { $0.inFlight[message.mailbox, default: 0] -= 1 }
        let isTokenless = outcome.refusal?.text == Self.tokenless
        let cost = AttemptRecord.Cost(recipients: message.envelope.recipients.count, bytes: body.size)
        return whole(message, Delivery(outcome, isAttempt: !isTokenless, cost: outcome.hasReached ? cost : nil))
    }

    /// The words of an outcome that was no attempt.
    static let tokenless = "no token"
}

extension DeliveryPath {
    /// Where no draft is made, nothing is to be written down.
    func deliver(_ message: QueuedMessage, body: MessageBody) async -> Delivery {
        await deliver(message, body: body, memory: AttemptMemory { _ in })
    }
}

extension Outcome {
    /// Here, trouble of the route means that nobody was reached.
    fileprivate var hasReached: Bool { refusal?.scope != .route }
}

/// Delivery over a real store and a scripted path, one turn at a time.
struct DeliveryBench {
    let directory: TemporaryDirectory
    let log: EmailLog
    let clock: ManualClock
    let path: ScriptedPath
    let bell = Bell()
    let manager: DeliveryManager

    init(
        in directory: TemporaryDirectory? = nil, clock: ManualClock = ManualClock(), routes: [DeliveryRoute]? = nil,
        keepsSentBodies: Bool = false, bounces: BounceWriter? = nil, logger: Logger = silence,
        path: ScriptedPath = ScriptedPath()
    ) async throws {
        self.directory = try directory ?? TemporaryDirectory()
        self.clock = clock
        self.path = path
        log = try self.directory.service()
        manager = DeliveryManager(
            log: log, shadows: log, routes: routes ?? [Self.route(path)], keepsSentBodies: keepsSentBodies,
            bounces: bounces, bell: bell, eventLoop: MultiThreadedEventLoopGroup.singleton.any(), clocks: clock.clocks,
            logger: logger)
        try await manager.restore()
    }

    static func route(
        _ path: ScriptedPath, name: String = "contoso", onUnknown: Disposition.UnknownPolicy = .retry,
        giveUpAfter: Duration = .seconds(172_800), _ change: (inout RouteLimits) -> Void = { _ in }
    ) -> DeliveryRoute {
        var limits = RouteLimits()
        change(&limits)
        return DeliveryRoute(
            name: name, limits: limits, schedule: RetrySchedule(jitter: 0, giveUpAfter: giveUpAfter),
            lostAnswers: LostAnswers(onUnknown: onUnknown), paths: [.graph: path])
    }

    /// A route with a path beside its primary.
    static func route(
        _ graph: ScriptedPath, _ smtp: ScriptedPath, fallback: FallbackRule? = FallbackRule(),
        onUnknown: Disposition.UnknownPolicy = .retry, giveUpAfter: Duration = .seconds(172_800)
    ) -> DeliveryRoute {
        var limits = RouteLimits()
        limits.other = .smtp
        limits.fallback = fallback
        limits.lane.messages = Rate(1000, per: .seconds(60))
        return DeliveryRoute(
            name: "contoso", limits: limits, schedule: RetrySchedule(jitter: 0, giveUpAfter: giveUpAfter),
            lostAnswers: LostAnswers(onUnknown: onUnknown), paths: [.graph: graph, .smtp: smtp])
    }

    @discardableResult
    func accept(
        _ ids: String..., from mailbox: Address = ann, route: String = "contoso", recipients: Int = 1,
        priority: Priority = .normal, body: Submission.Body = .bytes(mail("Subject: x", "", "Hello"))
    ) async throws -> [QueueID] {
        for id in ids {
            _ = try await log.accept(
                waiting(
                    id, from: mailbox, to: addresses(recipients), route: route, priority: priority, at: clock.now,
                    body: body))
        }
        bell.ring(LaneKey(route: route, mailbox: mailbox))
        return ids.map { QueueID(rawValue: $0) }
    }

    /// One turn of the loop: all attempts that may start now, from claim to record.
    @discardableResult
    func turn() async -> [String] {
        let starts = await manager.nextStarts()
        await withDiscardingTaskGroup { group in
            for start in starts { group.addTask { await manager.attempt(start) } }
        }
        return starts.map(\.id.rawValue)
    }

    /// Turns until nothing more starts.
    @discardableResult
    func turns() async -> [String] {
        var all: [String] = []
        while case let started = await turn(), !started.isEmpty { all += started }
        return all
    }

    func row(_ id: String) async throws -> LogRow? { try await log.row(QueueID(rawValue: id)) }
    func attempts(_ id: String) async throws -> [AttemptRow] { try await log.attempts(of: QueueID(rawValue: id)) }
    func status(_ id: String) async throws -> Status? { try await row(id)?.status }

    /// Another process in its place, as long after as the clock says.
    func restarted(
        after pause: Duration = .zero, routes: [DeliveryRoute]? = nil, path: ScriptedPath = ScriptedPath()
    ) async throws -> DeliveryBench {
        try await log.close()
        return try await DeliveryBench(
            in: directory, clock: ManualClock(at: clock.now + pause), routes: routes, path: path)
    }
}
