import GRDB
import MailModel
import Testing

@testable import EmailLog

/// Stores of earlier versions, opened by this one.
@Suite struct MigrationTests {
    @Test func freshStoreHasAllOfTheSchema() async throws {
        let directory = try TemporaryDirectory()
        try await directory.service().close()
        #expect(try directory.outside { try $0.schema() } == ExpectedSchema.statements.sorted())
        #expect(try directory.outside { try $0.migrations() } == ["1", "2", "3"])
    }

    /// FNV-1a of what the released versions made. A failure is never mended here: add a migration.
    @Test(arguments: [("1", 0x0376_c321_db5a_9969 as UInt64), ("2", 0x1803_3a5d_8ff9_2b54)])
    func releasedMigrationIsFrozen(_ name: String, _ digest: UInt64) throws {
        let directory = try TemporaryDirectory()
        try directory.makeStore(upTo: name)
        let text = try directory.outside { try $0.schemaByName().joined(separator: "\n") }
        let found = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        #expect(found == digest)
    }

    @Test(arguments: ["1", "2"]) func migratedStoreIsAsAFreshOne(_ old: String) async throws {
        let directory = try TemporaryDirectory()
        try directory.makeStore(upTo: old, filledWith: OldStore.rows)
        try await directory.service().close()
        #expect(try directory.outside { try $0.schema() } == ExpectedSchema.statements.sorted())
        #expect(try directory.outside { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
        #expect(try directory.outside { try Row.fetchAll($0, sql: "PRAGMA foreign_key_check").isEmpty })
    }

    @Test(arguments: ["1", "2"]) func queueAndRecordArePreserved(_ old: String) async throws {
        let directory = try TemporaryDirectory()
        try directory.makeStore(upTo: old, filledWith: OldStore.rows)
        let before = try directory.outside { try $0.messagesAndAttempts() }
        let log = try directory.service()
        let after = try directory.outside { try $0.messagesAndAttempts() }
        #expect(before.count == 5 && after.count == 5)
        for (old, new) in zip(before, after) {
            #expect(old.allSatisfy { column, value in new[column] as DatabaseValue == value })
        }
        #expect(try await log.row(QueueID(rawValue: "sent"))?.status == .sent)
        #expect(try await log.troubledAttemptIDs() == ["sent"])
    }

    @Test(arguments: ["1", "2"]) func queueIsWorkedOff(_ old: String) async throws {
        let directory = try TemporaryDirectory()
        try directory.makeStore(upTo: old, filledWith: OldStore.rows)
        let log = try directory.service()
        #expect(try await log.allDue(in: lane, at: noon).map(\.id.rawValue).sorted() == ["bound", "free"])
        let id = QueueID(rawValue: "free")
        let message = try #require(try await log.claim(id, path: .graph, at: noon))
        #expect(message.envelope.recipients == [address("ann@fabrikam.com")])
        try await log.settle(id, .sent(keepBody: false), attempt: attempt(accepted), at: after(1))
        #expect(try await log.status(id) == .sent)
        _ = try await log.accept(submission("new"))
        #expect(try await log.allDue(in: lane, at: noon).map(\.id.rawValue).sorted() == ["bound", "new"])
    }

    @Test func rowsCutOffInTheOldVersionAreRecovered() async throws {
        let directory = try TemporaryDirectory()
        let claim = """
            UPDATE email_log SET status = 'P', next_attempt_date = NULL, claimant = 7,
                claimed_date = '2026-11-21 11:00:01.000', claimed_path = 'graph' WHERE id = 'free'
            """
        try directory.makeStore(upTo: "1", filledWith: OldStore.rows + [claim])
        let recovered = try await directory.service().recover(at: noon) { _, _ in RecoveryPolicy(.hold) }
        #expect(recovered.map(\.id.rawValue) == ["free"])
    }

    /// What waited before there were reports of failures gets one.
    @Test(arguments: ["1", "2"]) func whatWaitedMayBeReported(_ old: String) async throws {
        let directory = try TemporaryDirectory()
        try directory.makeStore(upTo: old, filledWith: OldStore.rows)
        let log = try directory.service()
        _ = try await log.claim(QueueID(rawValue: "free"), path: .graph, at: noon)
        let reporter = FailureReporter { failed in
            submission("report", to: [[failed.sender.description]])
        } accepted: { _ in
        }
        try await log.settle(
            QueueID(rawValue: "free"), .failed(because: nil), attempt: attempt(rejected), at: after(1),
            reporter: reporter)
        #expect(try await log.status(QueueID(rawValue: "report")) == .queued)
    }

    @Test func whatWasNotCountedIsTakenToBeExternal() async throws {
        let directory = try TemporaryDirectory()
        let changes = [(1, "-1 hour"), (2, "-2 days")].map { attempt, age in
            """
            UPDATE email_attempt SET external_recipients = 0, recipients = 3,
                finished_date = strftime('%Y-%m-%d %H:%M:%f', 'now', '\(age)') WHERE attempt = \(attempt)
            """
        }
        try directory.makeStore(upTo: "2", filledWith: OldStore.rows + changes)
        try await directory.service().close()
        let counts = try directory.outside {
            try Int.fetchAll($0, sql: "SELECT external_recipients FROM email_attempt ORDER BY attempt")
        }
        #expect(counts == [3, 0])
    }

    @Test func pausesGoOnAndBeginNow() async throws {
        let directory = try TemporaryDirectory()
        try directory.makeStore(
            upTo: "1",
            filledWith: [
                OldStore.pause("reports@contoso.com", "graph", until: "2999-01-01 00:00:00.000", "throttled"),
                OldStore.pause("", "smtp", until: "2001-01-01 00:00:00.000", "over long ago"),
            ])
        let pauses = try await directory.service().pauses()
        let (over, throttle) = (try #require(pauses.first), try #require(pauses.last))
        #expect(pauses.count == 2)
        #expect(over.mailbox == nil && over.path == .smtp && over.since == over.until)
        #expect(throttle.mailbox == reports && throttle.path == .graph && throttle.reason == "throttled")
        #expect(throttle.until == Timestamp("2999-01-01")! && throttle.cause == .throttled)
        #expect(throttle.since > Timestamp("2026-01-01")! && throttle.since < throttle.until)
    }

    @Test(arguments: [("2999-01-01", "both"), ("2997-01-01", "graph")])
    func pauseOfBothPathsBecomesOneOfEach(_ until: String, _ graphs: String) async throws {
        let directory = try TemporaryDirectory()
        try directory.makeStore(
            upTo: "1",
            filledWith: [
                OldStore.pause("", "", until: "\(until) 00:00:00.000", "both"),
                OldStore.pause("", "graph", until: "2998-01-01 00:00:00.000", "graph"),
            ])
        let pauses = try await directory.service().pauses()
        #expect(pauses.map(\.path) == [.graph, .smtp])
        #expect(pauses.map(\.reason) == [graphs, "both"], "the longer one holds")
    }

    @Test(arguments: [("1", ["1"]), ("2", ["1", "2"])])
    func toolWaitsForTheServiceToMigrate(_ old: String, _ migrations: [String]) async throws {
        let directory = try TemporaryDirectory()
        try directory.makeStore(upTo: old, filledWith: OldStore.rows)
        let service = try LockFile(path: directory.store + ".lock")
        #expect(service.takeWhole())
        #expect(throws: EmailLogError.olderSchema(path: directory.store)) { try directory.tool() }
        #expect(try directory.outside { try $0.migrations() } == migrations)
    }

    @Test(arguments: ["1", "2"]) func toolMigratesWhereNoServiceRuns(_ old: String) async throws {
        let directory = try TemporaryDirectory()
        try directory.makeStore(upTo: old, filledWith: OldStore.rows)
        let tool = try directory.tool()
        #expect(try await tool.allDue(in: lane, at: noon).count == 2)
        #expect(try directory.outside { try $0.migrations() } == ["1", "2", "3"])
        try await directory.service().close()
    }

    @Test(arguments: ["1", "2", "3"]) func migrationOfALaterVersionIsRefused(_ known: String) throws {
        let directory = try TemporaryDirectory()
        try directory.makeStore(upTo: known, filledWith: ["INSERT INTO grdb_migrations VALUES ('from the future')"])
        #expect(throws: EmailLogError.newerSchema(path: directory.store)) { try directory.service() }
        #expect(throws: EmailLogError.newerSchema(path: directory.store)) { try directory.tool() }
    }
}

/// Rows as versions 0.1.0 and 0.2.0 wrote them.
private enum OldStore {
    static let rows = [
        "INSERT INTO email_body (id, size, references_left, bytes) VALUES (1, 7, 2, CAST('Hello' AS BLOB))",
        message("free", "'Q'", next: "'2026-11-21 11:00:00.000'", body: "1"),
        message("bound", "'Q'", next: "'2026-11-21 11:00:00.000'", body: "1", via: "'smtp'"),
        message("sent", "'S'", path: "'graph'", attempts: 2, latency: "250"),
        attempt("sent", 1, "throttled", status: 429),
        attempt("sent", 2, "accepted", status: 202),
    ]

    static func message(
        _ id: String, _ status: String, next: String = "NULL", body: String = "NULL", via: String = "NULL",
        path: String = "NULL", attempts: Int = 0, latency: String = "NULL"
    ) -> String {
        """
        INSERT INTO email_log (
            id, status, created_date, sent_date, next_attempt_date, route, path, mailbox, sender, recipients,
            recipient_count, size, attempts, latency_ms, priority, body_id, via)
        VALUES (
            '\(id)', \(status), '2026-11-21 11:00:00.000', '2026-11-21 11:00:00.000', \(next), 'contoso', \(path),
            'reports@contoso.com', 'reports@contoso.com', '["ann@fabrikam.com"]', 1, 7, \(attempts), \(latency),
            'normal', \(body), \(via))
        """
    }

    static func attempt(_ id: String, _ number: Int, _ outcome: String, status: Int) -> String {
        """
        INSERT INTO email_attempt VALUES (
            '\(id)', \(number), '2026-11-21 11:00:0\(number).000', 10, 'graph', '\(outcome)', \(status), NULL, NULL, NULL,
            NULL, '2026-11-21 11:00:0\(number).010', 1, 1, 1, 7)
        """
    }

    static func pause(_ mailbox: String, _ path: String, until: String, _ reason: String) -> String {
        "INSERT INTO lane_pause VALUES ('contoso', '\(mailbox)', '\(path)', '\(until)', 'throttled', '\(reason)')"
    }
}

extension TemporaryDirectory {
    /// A store as the version left it whose newest migration is `name`.
    fileprivate func makeStore(upTo name: String, filledWith statements: [String] = []) throws {
        let pool = try DatabasePool(path: store)
        try Schema.migrator.migrate(pool, upTo: name)
        try pool.write { db in
            for statement in statements { try db.execute(sql: statement) }
        }
        try pool.close()
    }
}

extension Database {
    private static let ours = "FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'grdb%'"

    fileprivate func schemaByName() throws -> [String] {
        try String.fetchAll(self, sql: "SELECT sql \(Self.ours) ORDER BY name")
    }

    fileprivate func schema() throws -> [String] { try schemaByName().sorted() }

    fileprivate func migrations() throws -> [String] {
        try String.fetchAll(self, sql: "SELECT identifier FROM grdb_migrations ORDER BY identifier")
    }

    fileprivate func messagesAndAttempts() throws -> [Row] {
        try Row.fetchAll(self, sql: "SELECT * FROM email_log ORDER BY id")
            + Row.fetchAll(self, sql: "SELECT * FROM email_attempt ORDER BY email_id, attempt")
    }
}

extension EmailLog {
    fileprivate func troubledAttemptIDs() async throws -> [String] {
        try await read { db in
            try String.fetchAll(
                db,
                sql: "SELECT email_id FROM email_attempt INDEXED BY email_attempt_troubled WHERE outcome <> 'accepted'")
        }
    }
}
