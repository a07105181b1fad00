import GRDB
package import MailModel

/// How the messages of one arm of a trial have fared, those accepted in the same period.
package struct ArmRecord: Hashable, Sendable {
    /// Attempts that did not get their message through, by what the far side said.
    package struct ErrorClass: Hashable, Sendable {
        package var path: Path
        /// The word in `email_attempt.outcome`.
        package var outcome: String
        package var httpStatus: Int?
        package var errorCode: String?
        /// Of the last of them.
        package var errorText: String?
        package var attempts: Int
        package var messages: Int

        package init(
            path: Path, outcome: String, httpStatus: Int? = nil, errorCode: String? = nil, errorText: String? = nil,
            attempts: Int, messages: Int
        ) {
            self.path = path
            self.outcome = outcome
            self.httpStatus = httpStatus
            self.errorCode = errorCode
            self.errorText = errorText
            self.attempts = attempts
            self.messages = messages
        }
    }

    package var byStatus: [Status: Int] = [:]
    package var fellBack = 0
    /// Messages of which an attempt by the path of their arm was refused: for good, or with an error that is no throttle.
    package var refused = 0
    /// Messages that were throttled on their way.
    package var throttled = 0
    /// Messages of which an answer was lost, whatever became of them.
    package var lost = 0
    /// Messages that have come to an end badly: failed for good, of unknown outcome, or sent after they were refused by the
    /// path of their arm.
    package var failures = 0
    /// Most frequent first.
    package var errors: [ErrorClass] = []
    package var latencies = Latencies(ascending: [])

    package init() {}

    package var messages: Int { byStatus.values.reduce(0, +) }
    /// That have come to an end: sent, failed, or of unknown outcome.
    package var ended: Int { [.sent, .failed, .unknown].reduce(0) { $0 + (byStatus[$1] ?? 0) } }
    /// That are on their way still, or held.
    package var waiting: Int { [.queued, .inProgress, .held].reduce(0) { $0 + (byStatus[$1] ?? 0) } }
}

extension EmailLog {
    /// All arms as one look at the store shows them.
    ///
    /// - Parameters:
    ///   - since: messages accepted from then on.
    ///   - paths: of each arm, by its word in `email_log.trial`, the path its messages are to take.
    package func armRecords(route: String, since: Timestamp, paths: [String: Path]) async throws(EmailLogError)
        -> [String: ArmRecord]
    {
        try await read { db in
            var records: [String: ArmRecord] = [:]
            for (arm, path) in paths {
                records[arm] = try ArmQuery(db: db, route: route, arm: arm, since: since).record(path)
            }
            return records
        }
    }
}

/// The messages of one arm. Nothing is dated before it was accepted, so the index of `sent_date` leads to them.
private struct ArmQuery {
    let db: Database
    let route: String
    let arm: String
    let since: Timestamp

    private var condition: (sql: String, arguments: StatementArguments) {
        (
            "sent_date >= ? AND created_date >= ? AND route = ? AND trial = ?",
            [since.description, since.description, route, arm]
        )
    }

    func record(_ path: Path) throws -> ArmRecord {
        var record = ArmRecord()
        for group in try groups(path) { group.add(to: &record) }
        record.errors = try errors()
        record.latencies = try db.latencies(condition)
        return record
    }

    /// What was sent at the first attempt needs no look at its attempts.
    private func groups(_ path: Path) throws -> [ArmGroup] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT status, fell_back,
                    \(Self.had("a.path = '\(path.rawValue)' AND \(TrialAnswer.refusal)")) AS refused,
                    \(Self.had("outcome = 'throttled'")) AS throttled, \(Self.had("outcome = 'unknown'")) AS lost,
                    COUNT(*)
                FROM email_log WHERE \(condition.sql) GROUP BY status, fell_back, refused, throttled, lost
                """, arguments: condition.arguments)
        var groups: [ArmGroup] = []
        while let row = try rows.next() { if let group = ArmGroup(row) { groups.append(group) } }
        return groups
    }

    private static func had(_ attempt: String) -> String {
        """
        ((status <> 'S' OR attempts > 1) AND EXISTS (
            SELECT 1 FROM email_attempt a WHERE a.email_id = email_log.id AND \(attempt)))
        """
    }

    /// The text is that of the row with the greatest date: SQLite's bare columns follow `MAX`.
    private func errors() throws -> [ArmRecord.ErrorClass] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT a.path, a.outcome, a.http_status, a.error_code, a.error_text, COUNT(*) AS attempts,
                    COUNT(DISTINCT a.email_id), MAX(a.finished_date)
                FROM email_attempt a JOIN email_log l ON l.id = a.email_id
                WHERE a.outcome <> 'accepted' AND a.finished_date >= ? AND l.created_date >= ? AND l.route = ?
                    AND l.trial = ?
                GROUP BY a.path, a.outcome, a.http_status, a.error_code
                ORDER BY attempts DESC, a.path, a.outcome, a.error_code, a.http_status LIMIT 100
                """, arguments: condition.arguments
        ).compactMap(ArmRecord.ErrorClass.init)
    }
}

extension ArmRecord.ErrorClass {
    fileprivate init?(_ row: Row) {
        guard let path = Path(rawValue: row[0]) else { return nil }
        self.init(
            path: path, outcome: row[1], httpStatus: row[2], errorCode: row[3], errorText: row[4], attempts: row[5],
            messages: row[6])
    }
}

/// Messages of which the same is true.
private struct ArmGroup {
    let status: Status
    let fellBack, refused, throttled, lost: Bool
    let count: Int

    init?(_ row: Row) {
        guard let status = Status(rawValue: row[0]) else { return nil }
        self.status = status
        (fellBack, refused, throttled, lost) = (row[1], row[2], row[3], row[4])
        count = row[5]
    }

    func add(to record: inout ArmRecord) {
        record.byStatus[status, default: 0] += count
        if fellBack { record.fellBack += count }
        if refused { record.refused += count }
        if throttled { record.throttled += count }
        if lost { record.lost += count }
        if status == .failed || status == .unknown || (status == .sent && refused) { record.failures += count }
    }
}
