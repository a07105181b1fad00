import GRDB
import MailModel
import Synchronization
import Testing

@testable import EmailLog

/// Every statement finds its rows by an index: with a million of them, one that walks through them all would stop the
/// service. SQLite's plan does not depend on how many there are, since there are no statistics in the store.
@Suite struct QueryPlanTests {
    /// What the service does while it runs, once each, and what the commands ask.
    private static let uses: [(String, @Sendable (EmailLog) async throws -> Void)] = [
        ("accept", { _ = try await $0.accept(submission("new", to: [["a@fabrikam.com"], ["b@fabrikam.com"]])) }),
        ("lanesWithWork", { _ = try await $0.lanesWithWork() }),
        ("due", { _ = try await $0.due(in: lane, LaneSection.all(of: .normal), at: after(60), limit: 9) }),
        ("nextDue", { _ = try await $0.nextDue(in: lane, after: noon) }),
        ("claim", { _ = try await $0.claim(QueueID(rawValue: "one"), path: .graph, at: noon) }),
        ("body", { _ = try await $0.body(of: QueueID(rawValue: "one")) }),
        ("putBack", { try await $0.putBack([$0.make(.inProgress)], due: noon) }),
        ("settle", { _ = try await $0.make(.sent, keepBody: false) }),
        ("parts", { try await settleInParts($0) }),
        ("postpone", { try await $0.postpone(lane, .free, until: after(60), because: "throttled", limit: 9) }),
        ("pause", { try await $0.pause(LanePauseTests.throttle) }), ("pauses", { _ = try await $0.pauses() }),
        ("hurry", { try await $0.hurry(.trial, of: "contoso", to: noon) }),
        ("trials", { _ = try await $0.trials() }), ("trialAnswers", { try await trialAnswers($0) }),
        ("keep", { _ = try await $0.keep(TrialRecordTests.bare()) }),
        ("resume", { try await $0.resume(LanePauseTests.throttle.key) }),
        ("end", { try await $0.end(LanePauseTests.throttle, at: noon) }),
        ("bringForward", { try await $0.bringForward(by: .seconds(60), at: noon - .seconds(9)) }),
        ("expire", { try await expire($0) }),
        ("recover", { _ = try await $0.recover(at: noon) { _, _ in RecoveryPolicy(.hold) } }),
        ("attempts", { _ = try await $0.attempts(since: noon) }),
        ("troubledAttempts", { _ = try await $0.troubledAttempts(since: noon, into: 0) { count, _ in count += 1 } }),
        ("armRecords", { _ = try await $0.armRecords(route: "contoso", since: noon, paths: ["trial": .graph]) }),
        ("volume", { _ = try await $0.volume(route: "contoso", since: noon, into: 0) { count, _ in count += 1 } }),
        ("meanAttemptTime", { _ = try await $0.meanAttemptTime(route: "contoso", path: .graph, since: noon) }),
        ("count", { log in for metric in TroubleMetric.allCases { _ = try await log.count(metric, since: noon) } }),
        ("examples", { try await examples($0) }), ("oldestWaiting", { _ = try await $0.oldestWaiting() }),
        ("sweep", { try await sweep($0) }), ("dueNotifications", { _ = try await $0.dueNotifications(at: noon) }),
        ("row", { _ = try await $0.row(QueueID(rawValue: "one")) }),
        ("partsOf", { _ = try await $0.parts(of: QueueID(rawValue: "one")) }),
        ("attemptsOf", { _ = try await $0.attempts(of: QueueID(rawValue: "one")) }),
        ("queueSummary", { _ = try await $0.queueSummary() }),
        ("hold", { _ = try await $0.hold(.ids([QueueID(rawValue: "one")])) }),
        ("release", { _ = try await $0.release(.ids([QueueID(rawValue: "one")]), at: noon) }),
        ("resend", { _ = try await $0.resend([$0.make(.failed), $0.make(.sent)], again: true, at: noon) }),
        ("cancel", { _ = try await $0.cancel(.ids([QueueID(rawValue: "one")])) }),
        ("failed", { _ = try await $0.rows(LogFilter(statuses: [.failed])) }),
        ("held", { _ = try await $0.rows(LogFilter(statuses: [.held])) }),
        ("shadows", { try await shadows($0) }),
    ]

    private static func settleInParts(_ log: EmailLog) async throws {
        let id = try await log.accept(submission("parted", to: [["a@fabrikam.com", "b@fabrikam.com"]]))
        _ = try await log.claim(id, path: .smtp, at: noon)
        _ = try await log.settle(
            id,
            parts: [
                SettledPart(
                    recipients: [address("a@fabrikam.com")], settlement: .sent(keepBody: false),
                    attempt: attempt(accepted)),
                SettledPart(
                    recipients: [address("b@fabrikam.com")], settlement: .failed(because: nil),
                    attempt: attempt(rejected)),
            ], at: noon)
    }

    private static func expire(_ log: EmailLog) async throws {
        _ = try await log.accept(submission("expired", at: noon))
        _ = try await log.expire(lane, .free, waitingSince: after(9), because: "given up", at: after(9), limit: 1)
    }

    private static func trialAnswers(_ log: EmailLog) async throws {
        _ = try await log.trialAnswers(route: "contoso", arm: "trial", path: .graph, since: noon, limit: 9)
        _ = try await log.trialCounts(route: "contoso", since: noon)
    }

    private static func examples(_ log: EmailLog) async throws {
        for metric in TroubleMetric.allCases { _ = try await log.examples(of: metric, since: noon, limit: 5) }
    }

    private static func shadows(_ log: EmailLog) async throws {
        try await log.shadowed("shadowed")
        _ = try await log.routesWithShadows()
        for which in [SkippedShadows.expired(before: noon), .overflow(keeping: 9)] {
            _ = try await log.skipShadows(route: "contoso", which, at: noon, limit: 9)
        }
        let claimed = try #require(try await log.claimNextShadow())
        _ = try await log.body(of: claimed)
        try await log.keepDraft("AAMk1", of: claimed)
        var result = ShadowResult(.done)
        result.leftover = .named("AAMk1")
        try await log.end(claimed, result, at: noon)
        _ = try await log.recoverShadows(at: noon) { _, _, _ in .init() }
        _ = try await log.shadow(of: claimed.original)
        _ = try await log.shadowFindings(route: "contoso", since: noon)
        _ = try await log.shadowOutcomes(route: "contoso", since: noon)
        _ = try await log.shadowLatencies(route: "contoso", since: noon)
        _ = try await log.skipShadows(route: "contoso", .unwanted, at: noon, limit: 9)
    }

    private static func sweep(_ log: EmailLog) async throws {
        _ = try await log.make(.failed)
        _ = try await log.sweep(Retention(bodies: .zero, failedBodies: .zero, log: .seconds(1)), at: after(90_000))
    }

    /// What is read through whole is small: values in the statement, and one entry for each lane, pause or alert.
    private static let small: Set<String> = [
        "CONSTANT", "3", "leap", "lane", "pin", "p", "v", "w", "lane_pause", "trial_state", "alert",
        "alert_notification", "r",
    ]

    @Test(arguments: uses) func rowsAreFoundByAnIndex(
        _ name: String, _ use: @escaping @Sendable (EmailLog) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        _ = try await log.accept(submission("one"))
        let statements = try await log.statements { try await use(log) }
        #expect(!statements.isEmpty)
        for statement in statements {
            let plan = try directory.outside { try $0.plan(of: statement) }
            let walks = plan.filter(Self.isWalk)
            #expect(walks.isEmpty, "\(name): \(statement)")
        }
    }

    /// Also one that is called a search, but finds only by the status that a million rows have; the leap to the first one is
    /// answered from the index alone.
    private static func isWalk(_ line: String) -> Bool {
        let words = line.split(separator: " ").map(String.init)
        let isScan = words.first == "SCAN" && !words.dropFirst().prefix(1).allSatisfy(isSmall)
        let isOfStatus =
            line.hasSuffix("(status=?)") && !line.contains("COVERING") && !line.contains("email_log_set_aside")
        return isOfStatus || isScan && !line.hasSuffix(newestFailed)
    }

    /// In the order of the answer, up to its limit.
    private static let newestFailed = "email_log USING INDEX email_log_failed"

    private static func isSmall(_ table: String) -> Bool { table.hasPrefix("(") || small.contains(table) }

    /// Where many became due at one moment, as at the end of a pause, they are not all sorted for the first few.
    @Test func whatIsDueComesInOrderFromTheIndex() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let statements = try await log.statements {
            _ = try await log.due(in: lane, LaneSection.all(of: .normal), at: after(60), limit: 9)
        }
        for statement in statements {
            let plan = try directory.outside { try $0.plan(of: statement) }
            #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
        }
    }
}

private final class Statements: Sendable {
    private let all = Mutex<Set<String>>([])

    func insert(_ sql: String) { all.withLock { _ = $0.insert(sql) } }

    /// Those that SQLite makes a plan for.
    var planned: [String] {
        let words = ["SELECT", "WITH", "UPDATE", "DELETE", "INSERT"]
        return all.withLock { $0.filter { sql in words.contains { sql.hasPrefix($0) } }.sorted() }
    }
}

extension EmailLog {
    /// The statements that `body` runs, as they are handed to SQLite.
    fileprivate func statements(_ body: () async throws -> Void) async throws -> [String] {
        let found = Statements()
        let listen: @Sendable (Database) throws -> Void = { db in
            db.trace(options: .statement) { event in
                if case .statement(let statement) = event { found.insert(statement.sql) }
            }
        }
        try await write(listen)
        try await read(listen)
        try await body()
        return found.planned
    }
}

extension Database {
    fileprivate func plan(of sql: String) throws -> [String] {
        let statement = try makeStatement(sql: "EXPLAIN QUERY PLAN \(sql)")
        statement.setUncheckedArguments(StatementArguments())
        return try Row.fetchAll(statement).map { $0["detail"] }
    }
}
