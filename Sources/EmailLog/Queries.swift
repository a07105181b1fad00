import GRDB
package import MailModel

extension EmailLog {
    package func rows(_ filter: LogFilter) async throws(EmailLogError) -> [LogRow] {
        try await read { db in
            let (condition, arguments) = filter.condition
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT \(LogRow.columns) FROM email_log WHERE \(condition)
                    ORDER BY sent_date DESC, id DESC LIMIT ?
                    """, arguments: arguments + [filter.limit]
            ).compactMap(LogRow.init)
        }
    }

    package func row(_ id: QueueID) async throws(EmailLogError) -> LogRow? {
        try await read { db in
            try db.row("SELECT \(LogRow.columns) FROM email_log WHERE id = ?", [id.rawValue]).flatMap(LogRow.init)
        }
    }

    /// The message's own row and those of its other parts, in order.
    package func parts(of id: QueueID) async throws(EmailLogError) -> [LogRow] {
        try await read { db in
            let base = String(id.rawValue.prefix { $0 != "-" })
            return try db.rows(
                """
                SELECT \(LogRow.columns) FROM email_log WHERE id = ?1 OR (id >= ?1 || '-' AND id < ?1 || '.')
                ORDER BY rowid
                """, [base]
            ).compactMap(LogRow.init)
        }
    }

    /// First attempt first.
    package func attempts(of id: QueueID) async throws(EmailLogError) -> [AttemptRow] {
        try await read { db in
            try db.rows(
                "SELECT \(AttemptRow.columns) FROM email_attempt WHERE email_id = ? ORDER BY attempt", [id.rawValue]
            ).compactMap(AttemptRow.init)
        }
    }

    /// When the oldest waiting message was accepted.
    package func oldestQueuedDate() async throws(EmailLogError) -> Timestamp? {
        try await queueSummary().compactMap(\.oldestQueuedDate).min()
    }
}
