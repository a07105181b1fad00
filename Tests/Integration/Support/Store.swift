import Foundation
import Testing

/// The SQLite file as its users see it: opened read-only by another program.
struct Store: Sendable {
    let path: String

    struct Row: Decodable, Sendable {
        var id: String
        var status: String
        var path: String?
        var attempts: Int
        var fellBack: Int
        var subject: String?
        var sender: String
        var mailbox: String
        var recipients: String
        var recipientCount: Int
        var httpStatus: Int?
        var errorCode: String?
        var errorText: String?
        var requestId: String?
        var nextAttemptDate: String?
        var sentDate: String
        var createdDate: String
        var latencyMs: Int?
        var client: String?
        var user: String?
        var priority: String
        var resendOf: String?
    }

    struct Attempt: Decodable, Sendable {
        var emailId: String
        var attempt: Int
        var path: String
        var outcome: String
        var httpStatus: Int?
        var errorCode: String?
        var errorText: String?
        var retryAfterMs: Int?
    }

    /// Columns and rows of any statement, everything as text.
    struct Table: Decodable, Sendable {
        var columns: [String]
        var rows: [[String?]]
    }

    func query(_ sql: String) async throws -> Table {
        try await Python.run("query.py", ["table", path, sql], as: Table.self)
    }

    func rows(_ condition: String = "1") async throws -> [Row] {
        try await list("SELECT * FROM email_log WHERE \(condition) ORDER BY id")
    }

    func attempts(_ condition: String = "1") async throws -> [Attempt] {
        try await list("SELECT * FROM email_attempt WHERE \(condition) ORDER BY email_id, attempt")
    }

    /// Messages by status.
    func counts() async throws -> [String: Int] {
        let table = try await query("SELECT status, COUNT(*) FROM email_log GROUP BY status")
        return Dictionary(uniqueKeysWithValues: table.rows.map { ($0[0] ?? "", Int($0[1] ?? "") ?? 0) })
    }

    private func list<Value: Decodable>(_ sql: String) async throws -> [Value] {
        try await Python.run("query.py", ["rows", path, sql], as: [Value].self)
    }

    // MARK: Waiting

    @discardableResult
    func counts(_ what: String, within limit: Duration = .seconds(60), until isRight: ([String: Int]) -> Bool)
        async throws -> [String: Int]
    {
        try await eventually(what, within: limit, counts, until: isRight)
    }

    @discardableResult
    func rows(
        _ what: String, where condition: String = "1", within limit: Duration = .seconds(60),
        until isRight: ([Row]) -> Bool
    ) async throws -> [Row] {
        try await eventually(what, within: limit, { try await rows(condition) }, until: isRight)
    }
}
