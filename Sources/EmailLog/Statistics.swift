import GRDB
package import MailModel

/// How the messages of a period fared.
package struct LogStatistics: Hashable, Sendable {
    package struct ErrorCount: Hashable, Sendable {
        package var path: Path?
        package var httpStatus: Int?
        package var errorCode: String?
        package var count: Int
    }

    package var byStatus: [Status: Int] = [:]
    /// Of sent and failed messages.
    package var byPath: [Path: Int] = [:]
    package var fellBack = 0
    /// Of failed messages, most frequent first.
    package var errors: [ErrorCount] = []
    /// Attempts of these messages, by the word in `email_attempt.outcome`.
    package var outcomes: [String: Int] = [:]
    /// From accepted to sent; `nil` where nothing was sent.
    package var latency: Percentiles?

    package init() {}
}

extension EmailLog {
    /// Over the rows that `filter` lets through; its limit does not count.
    package func statistics(_ filter: LogFilter) async throws(EmailLogError) -> LogStatistics {
        try await read { db in
            let scope = Scope(db: db, filter: filter)
            var result = LogStatistics()
            for row in try scope.rows("SELECT status, COUNT(*)", "GROUP BY status") {
                if let status = Status(rawValue: row[0]) { result.byStatus[status] = row[1] }
            }
            for row in try scope.rows("SELECT path, COUNT(*)", "AND status IN ('S', 'F') GROUP BY path") {
                if let path = (row[0] as String?).flatMap(Path.init(rawValue:)) { result.byPath[path] = row[1] }
            }
            result.fellBack = try scope.rows("SELECT COUNT(*)", "AND fell_back = 1").first?[0] ?? 0
            result.errors = try scope.errors()
            for row in try scope.outcomes() { result.outcomes[row[0]] = row[1] }
            result.latency = try db.latencies(filter.condition).percentiles
            return result
        }
    }
}

/// The rows a statistic speaks of.
private struct Scope {
    let db: Database
    let filter: LogFilter

    func rows(_ selection: String, _ rest: String) throws -> [Row] {
        let (condition, arguments) = filter.condition
        return try Row.fetchAll(
            db, sql: "\(selection) FROM email_log WHERE \(condition) \(rest)", arguments: arguments)
    }

    func errors() throws -> [LogStatistics.ErrorCount] {
        try rows(
            "SELECT path, http_status, error_code, COUNT(*) AS number",
            "AND status = 'F' GROUP BY path, http_status, error_code ORDER BY number DESC, error_code"
        ).map {
            LogStatistics.ErrorCount(
                path: ($0[0] as String?).flatMap(Path.init(rawValue:)), httpStatus: $0[1], errorCode: $0[2],
                count: $0[3])
        }
    }

    func outcomes() throws -> [Row] {
        let (condition, arguments) = filter.condition
        return try Row.fetchAll(
            db,
            sql: """
                SELECT outcome, COUNT(*) FROM email_attempt
                WHERE email_id IN (SELECT id FROM email_log WHERE \(condition)) GROUP BY outcome
                """, arguments: arguments)
    }
}

extension Database {
    /// Of the sent messages that a condition lets through. Of a million they are read one by one, each value once.
    func latencies(_ condition: (sql: String, arguments: StatementArguments)) throws -> Latencies {
        let rows = try Row.fetchCursor(
            self,
            sql: """
                SELECT latency_ms, COUNT(*) FROM email_log WHERE \(condition.sql) AND status = 'S'
                GROUP BY latency_ms ORDER BY latency_ms
                """, arguments: condition.arguments)
        var milliseconds: [Int64] = []
        while let row = try rows.next() { milliseconds += repeatElement(row[0] as Int64, count: row[1]) }
        return Latencies(ascending: milliseconds)
    }
}
