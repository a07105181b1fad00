import GRDB
package import MailModel

/// A message of a trial's arm that has had an answer, and what has been wrong with it.
package struct TrialAnswer: Hashable, Sendable {
    package var id: QueueID
    /// Ended in F, or the path that is tried has refused it, or put it off for an error.
    package var hasFailed: Bool
    /// That path has put it off for a limit.
    package var wasThrottled: Bool
    /// An attempt had no clear answer.
    package var isUnknown: Bool
    /// It went by the other path in the end.
    package var fellBack: Bool

    /// Of the attempt `a`, in SQL: it was refused, for good or with an error that is no throttle. A look after an unknown
    /// outcome that told nothing yet is no refusal.
    static let refusal = """
        (a.outcome = 'rejected' OR a.outcome = 'deferred' AND NOT EXISTS (
            SELECT 1 FROM email_attempt b
            WHERE b.email_id = a.email_id AND b.attempt < a.attempt AND b.outcome = 'unknown'))
        """
}

extension EmailLog {
    /// The last messages of an arm that were accepted at `moment` or later and have had an answer, the last answer last.
    package func trialAnswers(route: String, arm: String, path: Path, since moment: Timestamp, limit: Int)
        async throws(EmailLogError) -> [TrialAnswer]
    {
        try await read { db in
            try db.rows(
                Self.answers, [route, arm, moment.description, path.rawValue, limit]
            ).reversed().map(TrialAnswer.init)
        }
    }

    /// How many messages of each arm were accepted at `moment` or later.
    package func trialCounts(route: String, since moment: Timestamp) async throws(EmailLogError) -> [String: Int] {
        try await read { db in
            let rows = try db.rows(
                """
                SELECT trial, COUNT(*) FROM email_log INDEXED BY email_log_trial
                WHERE trial IS NOT NULL AND route = ? AND created_date >= ? GROUP BY trial
                """, [route, moment.description])
            return Dictionary(rows.map { ($0[0], $0[1]) }) { first, _ in first }
        }
    }

    private static let answers = """
        SELECT id,
            status = 'F' OR EXISTS (
                SELECT 1 FROM email_attempt a
                WHERE a.email_id = l.id AND a.path = ?4 AND \(TrialAnswer.refusal)),
            EXISTS (
                SELECT 1 FROM email_attempt a
                WHERE a.email_id = l.id AND a.path = ?4 AND a.outcome = 'throttled'),
            EXISTS (SELECT 1 FROM email_attempt a WHERE a.email_id = l.id AND a.outcome = 'unknown'),
            fell_back
        FROM email_log l INDEXED BY email_log_trial
        WHERE trial IS NOT NULL AND route = ?1 AND trial = ?2 AND sent_date >= ?3 AND created_date >= ?3
            AND (attempts > 0 OR status = 'F')
        ORDER BY sent_date DESC, id DESC LIMIT ?5
        """
}

extension TrialAnswer {
    fileprivate init(_ row: Row) {
        self.init(
            id: QueueID(rawValue: row[0]), hasFailed: row[1], wasThrottled: row[2], isUnknown: row[3], fellBack: row[4])
    }
}
