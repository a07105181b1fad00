import GRDB
import MailModel
import Testing

@testable import EmailLog

@Suite struct ClockStepsTests {
    /// Accepts messages that are due at these seconds after noon, by name.
    private func store(_ dates: [String: Timestamp], via: Path? = nil, priority: Priority = .normal) async throws
        -> (TemporaryDirectory, EmailLog)
    {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        for (name, date) in dates {
            let id = try await log.accept(submission(name, priority: priority, via: via))
            _ = try await log.claim(id, path: .graph, at: noon)
            try await log.putBack([id], due: date)
        }
        return (directory, log)
    }

    @Test(arguments: [(Path?.none, Priority.normal), (.graph, .high), (.smtp, .bulk)])
    func datesAheadComeNearer(_ via: Path?, _ priority: Priority) async throws {
        let dates = ["due": after(-5), "soon": after(600), "later": after(4200) + .milliseconds(7), "now": noon]
        let (directory, log) = try await store(dates, via: via, priority: priority)
        defer { withExtendedLifetime(directory) {} }
        try await log.bringForward(by: .seconds(3600), at: noon)
        let expected = ["due": after(-5), "soon": noon, "later": after(600) + .milliseconds(7), "now": noon]
        for (name, date) in expected {
            #expect(try await log.row(QueueID(rawValue: name))?.nextAttemptDate == date, "\(name)")
        }
    }

    @Test func partsOfASecondCount() async throws {
        let (directory, log) = try await store(["a": after(60)])
        defer { withExtendedLifetime(directory) {} }
        try await log.bringForward(by: .milliseconds(1005), at: noon)
        #expect(try await log.row(QueueID(rawValue: "a"))?.nextAttemptDate == after(59) - .milliseconds(5))
    }

    /// More than one transaction's worth, many of them of one moment, and each only once.
    @Test func allOfABacklogComeNearer() async throws {
        let (directory, log) = try await store(["a": after(7200)])
        defer { withExtendedLifetime(directory) {} }
        try directory.outside { db in
            try db.execute(
                sql: """
                    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
                    INSERT INTO email_log (id, status, created_date, sent_date, next_attempt_date, route, mailbox, sender,
                        recipients, recipient_count, size, priority, body_id)
                    SELECT 'n' || i, status, created_date, sent_date,
                        strftime('%Y-%m-%d %H:%M:%f', next_attempt_date, '+' || (i / 1500) || ' seconds'), route, mailbox,
                        sender, recipients, 1, size, priority, body_id
                    FROM n, email_log WHERE id = 'a'
                    """)
        }
        try await log.bringForward(by: .seconds(3600), at: noon)
        let counts = try directory.outside { db in
            try db.rows("SELECT next_attempt_date, COUNT(*) FROM email_log GROUP BY 1 ORDER BY 1").map {
                "\($0[0] as String) \($0[1] as Int)"
            }
        }
        #expect(counts == ["\(after(3600)) 1500", "\(after(3601)) 1001"])
    }

    @Test func pausesEndEarlierToo() async throws {
        let (directory, log) = try await store([:])
        defer { withExtendedLifetime(directory) {} }
        var pause = LanePauseTests.throttle
        (pause.since, pause.until) = (after(3590), after(3720))
        try await log.pause(pause)
        try await log.bringForward(by: .seconds(3600), at: noon)
        #expect(try await log.pauses().map(\.until) == [after(120)])
        #expect(try await log.pauses().map(\.since) == [noon])
    }
}
