import GRDB
import MailModel
import Testing

@testable import EmailLog

/// Thousands of verbs in random order against one store, with what must always be true asked of the file itself after
/// each stretch. A failing seed is printed with the test's name.
@Suite struct RandomWalkTests {
    @Test(arguments: [1, 2, 3, 5, 8, 13] as [UInt64])
    func invariantsHold(_ seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        var walk = Walk(log: log, seed: seed)
        for _ in 0..<12 {
            for _ in 0..<25 { try await walk.step() }
            try check(directory, recipients: walk.recipients)
        }
        log.spool.finishRemovals()
        try checkSpool(directory)
        let image = try directory.crashImage()
        _ = try image.service()
        try check(image, recipients: walk.recipients)
    }

    private func check(_ directory: TemporaryDirectory, recipients: Set<String>) throws {
        try directory.outside { db in
            for (promise, sql) in Self.promises {
                let broken = try Row.fetchAll(db, sql: sql)
                #expect(broken.isEmpty, "\(promise): \(broken)")
            }
            let stored = try String.fetchAll(
                db, sql: "SELECT r.value FROM email_log, json_each(recipients) r WHERE resend_of IS NULL")
            #expect(Set(stored) == recipients && stored.count == recipients.count, "each recipient stands in one row")
            #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
        }
    }

    private func checkSpool(_ directory: TemporaryDirectory) throws {
        let names = try directory.outside {
            try String.fetchSet($0, sql: "SELECT spool FROM email_body WHERE spool IS NOT NULL")
        }
        #expect(names == Set(directory.spoolNames))
    }

    /// Each statement finds the rows that break a promise.
    private static let promises = [
        (
            "a body is counted by its rows",
            """
            SELECT b.id FROM email_body b
            WHERE references_left <> (SELECT COUNT(*) FROM email_log l WHERE l.body_id = b.id)
            """
        ),
        (
            "a row's body is there",
            "SELECT id FROM email_log WHERE body_id IS NOT NULL AND body_id NOT IN (SELECT id FROM email_body)"
        ),
        (
            "what may be sent has a body",
            "SELECT id FROM email_log WHERE status IN ('Q', 'P', 'H', 'U') AND body_id IS NULL"
        ),
        (
            "attempts are counted",
            """
            SELECT id FROM email_log l
            WHERE attempts <> (SELECT COUNT(*) FROM email_attempt a WHERE a.email_id = l.id)
                OR attempts <> (SELECT COALESCE(MAX(attempt), 0) FROM email_attempt a WHERE a.email_id = l.id)
            """
        ),
        (
            "S has an accepted attempt as its last",
            """
            SELECT id FROM email_log l WHERE status = 'S' AND 'accepted' <> (
                SELECT outcome FROM email_attempt a WHERE a.email_id = l.id ORDER BY attempt DESC LIMIT 1)
            """
        ),
        (
            "no message is sent twice by one row",
            "SELECT email_id FROM email_attempt WHERE outcome = 'accepted' GROUP BY email_id HAVING COUNT(*) > 1"
        ),
        ("recipients are counted", "SELECT id FROM email_log WHERE recipient_count <> json_array_length(recipients)"),
        ("a row is not older than its acceptance", "SELECT id FROM email_log WHERE sent_date < created_date"),
    ]
}

/// One operator, one delivery and many senders in a single sequence of dice.
private struct Walk {
    let log: EmailLog
    var random: SplitMix64
    var now = noon
    var ids: [QueueID] = []
    var recipients: Set<String> = []

    init(log: EmailLog, seed: UInt64) {
        self.log = log
        random = SplitMix64(state: seed)
    }

    mutating func step() async throws {
        now = now + .milliseconds(.random(in: 1...5000, using: &random))
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<5: try await accept()
        case 5..<9: try await claim()
        case 9..<13: try await settle()
        case 13: try await settleParts()
        case 14: _ = try await log.hold(.ids(some()))
        case 15: _ = try await log.release(.ids(some()), at: now)
        case 16: _ = try await log.cancel(.ids(Array(some().prefix(1))))
        case 17: try await resend()
        case 18:
            _ = try await log.expire(
                lane, .free, waitingSince: now - .seconds(100), because: "old", at: now, limit: 2)
        default: try await sweep()
        }
    }

    private mutating func some() -> [QueueID] {
        ids.isEmpty ? [] : (0..<4).map { _ in ids.randomElement(using: &random)! }
    }

    private mutating func accept() async throws {
        let envelopes = (0..<Int.random(in: 1...3, using: &random)).map { _ in
            (0..<Int.random(in: 1...3, using: &random)).map { _ in newRecipient() }
        }
        let id = try await log.accept(submission(at: now, to: envelopes, body: try await body()))
        ids += (1...envelopes.count).map { id.part($0) }
    }

    private mutating func newRecipient() -> String {
        let text = "r\(recipients.count)@fabrikam.com"
        recipients.insert(text)
        return text
    }

    private mutating func body() async throws -> Submission.Body {
        guard Bool.random(using: &random) else { return .bytes([1, 2, 3]) }
        let writer = try await log.makeSpoolWriter()
        try await writer.append([4, 5, 6])
        return .spooled(try await writer.finish())
    }

    private mutating func claim() async throws {
        _ = try await log.claim(some(), path: Bool.random(using: &random) ? .graph : .smtp, at: now)
    }

    private mutating func inProgress() async throws -> LogRow? {
        try await log.rows(LogFilter(statuses: [.inProgress])).randomElement(using: &random)
    }

    private mutating func verdict() -> (Settlement, AttemptRecord) {
        let path = Bool.random(using: &random) ? Path.graph : .smtp
        let cases: [(Settlement, Outcome)] = [
            (.sent(keepBody: Bool.random(using: &random)), accepted), (.failed(because: nil), rejected),
            (.retry(at: now, spent: true), throttled), (.retry(at: now, spent: true), lost), (.unknown, lost),
        ]
        let (settlement, outcome) = cases.randomElement(using: &random)!
        return (settlement, attempt(outcome, at: now, path: path))
    }

    private mutating func settle() async throws {
        guard let row = try await inProgress() else { return }
        let (settlement, attempt) = verdict()
        try await log.settle(row.id, settlement, attempt: attempt, at: now)
    }

    private mutating func settleParts() async throws {
        guard let row = try await inProgress() else { return }
        let cut = Int.random(in: 1...row.recipients.count, using: &random)
        let groups = [row.recipients.prefix(cut), row.recipients.dropFirst(cut)].filter { !$0.isEmpty }
        let parts = groups.map { group in
            let (settlement, attempt) = verdict()
            return SettledPart(recipients: group.map(address), settlement: settlement, attempt: attempt)
        }
        ids += try await log.settle(row.id, parts: parts, at: now).dropFirst()
    }

    private mutating func resend() async throws {
        let again = Bool.random(using: &random)
        let report = try await log.resend(some(), again: again, at: now)
        ids += report.repeated.values.sorted()
    }

    private mutating func sweep() async throws {
        let age = Duration.seconds(.random(in: 1...60, using: &random))
        _ = try await log.sweep(Retention(bodies: age, failedBodies: age, log: .seconds(1_000_000)), at: now)
    }
}
