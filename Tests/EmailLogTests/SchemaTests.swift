import GRDB
import MailModel
import Testing

@testable import EmailLog

@Suite struct SchemaTests {
    static let emailLog = [
        "id", "status", "created_date", "sent_date", "next_attempt_date", "route", "path", "mailbox", "sender",
        "recipients", "recipient_count", "header_from", "subject", "message_id", "size", "client", "user", "attempts",
        "fell_back", "http_status", "error_code", "error_text", "request_id", "latency_ms", "priority", "trial",
        "resend_of",
    ]
    static let emailAttempt = [
        "email_id", "attempt", "started_date", "duration_ms", "path", "outcome", "http_status", "error_code",
        "error_text", "retry_after_ms", "request_id",
    ]

    @Test func documentedColumnsComeFirstAndInOrder() async throws {
        let directory = try TemporaryDirectory()
        try await directory.service().close()
        let (log, attempt) = try directory.outside { db in
            (try db.columns(in: "email_log").map(\.name), try db.columns(in: "email_attempt").map(\.name))
        }
        #expect(Array(log.prefix(Self.emailLog.count)) == Self.emailLog)
        #expect(Array(attempt.prefix(Self.emailAttempt.count)) == Self.emailAttempt)
        #expect(
            log.dropFirst(Self.emailLog.count)
                == [
                    "body_id", "received", "is_part", "retries", "resent_date", "via", "claimant",
                    "claimed_date", "claimed_path", "report_id", "draft_id",
                ])
    }

    @Test func publicStatementsRunAsTheyStand() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        // The statements say `now`, so the rows lie beyond every day the test may run on.
        let future = Timestamp("2999-01-01 08:00:00")!
        let failed = try await log.make(.failed, at: future)
        _ = try await log.make(.sent, at: future + .seconds(5))
        _ = try await log.make(.failed, at: Timestamp("2001-01-01")!)
        let (counts, recent, newest) = try directory.outside { db in
            (
                try Row.fetchAll(
                    db,
                    sql: "SELECT status, COUNT(*) FROM email_log WHERE sent_date >= date('now') GROUP BY status;"
                ).map { "\($0[0] as String)\($0[1] as Int)" },
                try Row.fetchAll(
                    db,
                    sql: """
                        SELECT * FROM email_log WHERE status = 'F' AND sent_date >= datetime('now','-1 day') ORDER BY sent_date DESC;
                        """
                ).map { $0["id"] as String },
                try Row.fetchAll(
                    db, sql: "SELECT * FROM email_log WHERE status = 'F' ORDER BY sent_date DESC LIMIT 20;"
                ).map { $0["id"] as String }
            )
        }
        #expect(counts == ["F1", "S1"])
        #expect(recent == [failed.rawValue])
        #expect(newest.count == 2 && newest.first == failed.rawValue)
    }

    @Test(arguments: [
        "UPDATE email_log SET status = 'X'",
        "UPDATE email_log SET status = 'S'",
        "UPDATE email_log SET status = 'P', next_attempt_date = NULL",
        "UPDATE email_log SET status = 'H'",
        "UPDATE email_log SET next_attempt_date = NULL",
        "UPDATE email_log SET sent_date = NULL",
        "UPDATE email_log SET sent_date = 'yesterday'",
        "UPDATE email_log SET recipients = 'ann@fabrikam.com'",
        "UPDATE email_log SET recipient_count = 0",
        "UPDATE email_log SET body_id = NULL",
        "UPDATE email_log SET path = 'post'",
        "UPDATE email_log SET priority = 'urgent'",
        "UPDATE email_log SET fell_back = 2",
        "UPDATE email_body SET references_left = 0",
        "UPDATE email_body SET spool = 'x'",
        "UPDATE email_body SET bytes = NULL",
        "INSERT INTO email_log SELECT * FROM email_log",
        """
        INSERT INTO email_attempt VALUES
            ('nobody', 1, '2026-11-21 12:00:00.000', 1, 'graph', 'accepted', 202, NULL, NULL, NULL, NULL,
            '2026-11-21 12:00:00.000', 1, 1, 0, 1)
        """,
    ])
    func invariantsAreHeldByTheDatabase(_ statement: String) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        _ = try await log.accept(submission("one"))
        #expect {
            try directory.outside { try $0.execute(sql: statement) }
        } throws: {
            ($0 as? DatabaseError)?.resultCode == .SQLITE_CONSTRAINT
        }
    }

    @Test(arguments: [
        ("SELECT * FROM email_log WHERE status = 'F' ORDER BY sent_date DESC LIMIT 20", "email_log_failed"),
        (
            "SELECT status, COUNT(*) FROM email_log WHERE sent_date >= date('now') GROUP BY status",
            "email_log_sent_date"
        ),
        ("SELECT 1 FROM email_body WHERE spool = 'x'", "email_body_spool"),
        ("SELECT * FROM email_attempt WHERE finished_date >= 'x'", "email_attempt_finished"),
        ("SELECT COUNT(*) FROM email_log WHERE status IN ('P', 'H', 'U')", "email_log_set_aside"),
        (
            "SELECT COUNT(*) FROM email_log WHERE status = 'F' AND sent_date >= 'x' AND client IS NOT 'alert'",
            "COVERING INDEX email_log_failed"
        ),
        (
            "SELECT COUNT(*) FROM email_log WHERE fell_back = 1 AND sent_date >= 'x' AND client IS NOT 'alert'",
            "COVERING INDEX email_log_fell_back"
        ),
        (
            """
            SELECT 1 FROM email_attempt
            WHERE outcome = 'unknown' AND outcome <> 'accepted' AND finished_date >= 'x'
            """, "email_attempt_troubled"
        ),
    ])
    func indexIsUsed(_ statement: String, _ index: String) async throws {
        let directory = try TemporaryDirectory()
        try await directory.service().close()
        let plan = try directory.outside { db in
            try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(statement)").map { $0["detail"] as String }
        }
        #expect(plan.contains { $0.contains(index) }, "\(plan)")
    }
}
