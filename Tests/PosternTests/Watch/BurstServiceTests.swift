import DeliveryPolicy
import EmailLog
import Logging
import MailModel
import ServiceLifecycle
import Testing

@testable import Postern

/// What a running service says of a burst.
@Suite(.timeLimit(.minutes(5))) struct BurstServiceTests {
    private let directory: TemporaryDirectory
    private let log: EmailLog
    private let clock = ManualClock()
    private let recorder = LogRecorder(awaiting: "burst of failures", "bursts of failures not looked for")

    init() throws {
        directory = try TemporaryDirectory()
        log = try directory.service()
    }

    private var service: BurstService { BurstService(log: log, clocks: clock.clocks, logger: recorder.logger) }
    private var notices: BurstNotices { BurstNotices(from: clock.now) }
    private var told: [LogRecorder.Line] { recorder.lines.filter { $0.sentence == "burst of failures" } }

    private static let concurrency = Outcome.deferred(
        Refusal(
            scope: .mailbox, cause: .throttled, status: 432, code: "4.3.2",
            text: "Concurrent connections limit exceeded."), retryAfter: nil)

    /// Messages that are attempted now, all at once, and put back.
    private func storm(_ count: Int, _ prefix: String, mailboxes: Int = 1, _ outcome: Outcome = concurrency)
        async throws
    {
        for number in 0..<count {
            let id = QueueID(rawValue: "\(prefix)\(number)")
            let mailbox = address("\(number % mailboxes)ann@contoso.com")
            _ = try await log.accept(waiting(id.rawValue, from: mailbox, at: clock.now))
            _ = try await log.claim(id, path: .smtp, at: clock.now)
            let record = AttemptRecord(
                startedDate: clock.now, duration: .milliseconds(50), path: .smtp, outcome: outcome, cost: nil)
            try await log.settle(
                id, .retry(at: clock.now + .seconds(60), spent: false), attempt: record, at: clock.now)
        }
        clock.advance(.seconds(30))
    }

    @Test func aBurstIsOneLine() async throws {
        var notices = notices
        try await storm(24, "m")
        await service.look(&notices)
        let line = try #require(told.first)
        #expect(told.count == 1 && line.level == .warning)
        #expect(line.metadata["kind"] == "concurrent_connections")
        #expect(line.metadata["route"] == "contoso" && line.metadata["path"] == "smtp")
        #expect(line.metadata["attempts"] == "24" && line.metadata["messages"] == "24")
        #expect(line.metadata["mailboxes"] == "0…@contoso.com")
        #expect(line.metadata["reason"] == "432 4.3.2 Concurrent connections limit exceeded.")
        #expect("\(line.metadata["advice"] ?? "")".contains("`smtp.connections`"))
        #expect(line.metadata["since"] == "\(noon)")
    }

    @Test func notAgainWhileItGoesOn() async throws {
        var notices = notices
        for round in 0..<4 {
            try await storm(4, "r\(round)x")
            await service.look(&notices)
        }
        #expect(told.count == 1)
        clock.advance(BurstNotices.standardQuiet)
        await service.look(&notices)
        try await storm(4, "later")
        await service.look(&notices)
        #expect(told.count == 2)
    }

    @Test func aFewFailuresAreNone() async throws {
        var notices = notices
        try await storm(2, "m")
        await service.look(&notices)
        #expect(recorder.lines.isEmpty)
    }

    @Test func manyMailboxesAreNamedInShort() async throws {
        var notices = notices
        try await storm(5, "m", mailboxes: 5, .deferred(refusal(.route, .unavailable, status: 451), retryAfter: nil))
        await service.look(&notices)
        #expect(told.map { $0.metadata["mailboxes"] } == ["0…@contoso.com, 1…@contoso.com, 2…@contoso.com and 2 more"])
        #expect(told.map { $0.metadata["kind"] } == ["outage"])
    }

    @Test func whatFailedBeforeTheStartIsHistory() async throws {
        try await storm(5, "m")
        var notices = notices
        await service.look(&notices)
        #expect(recorder.lines.isEmpty)
    }

    private func running(_ service: BurstService, _ body: () async throws -> Void) async throws {
        let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: silence))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test func itLooksByItself() async throws {
        let service = BurstService(
            log: log, clocks: clock.clocks, logger: recorder.logger, interval: .milliseconds(1))
        try await running(service) {
            try await storm(3, "m")
            await recorder.logged("burst of failures")
        }
        #expect(told.count == 1)
    }

    @Test func aStoreThatCannotBeReadIsLogged() async throws {
        try await log.close()
        try await running(service) { await recorder.logged("bursts of failures not looked for") }
    }
}
