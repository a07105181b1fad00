import Foundation
import GRDB
package import MailModel

/// What shadows of a trial have found, for people: how many ended how, and what Graph would do to which mail.

/// One thing that a shadow has found out about its message.
package struct ShadowRemark: Hashable, Sendable, Codable {
    /// The same for all messages that it is the same of: `header.Auto-Submitted`, `recipients.rewritten`, …
    package var kind: String
    /// A sentence or two for people.
    package var words: String

    package init(kind: String, words: String) {
        self.kind = kind
        self.words = words
    }
}

/// The same remark on several messages.
package struct ShadowFinding: Hashable, Sendable {
    package var kind: String
    package var count: Int
    /// The latest of them, and its words.
    package var example: QueueID
    package var words: String
}

/// How several shadows ended, or that they have not.
package struct ShadowOutcome: Hashable, Sendable {
    package var state: ShadowState
    /// `nil` where it was never begun.
    package var form: ShadowForm?
    /// Graph's code, or ours: `NotExpressible`, `OutcomeUnknown`, `TooMany`, `Expired`, …; `nil` where all went well.
    package var code: String?
    package var count: Int
    /// The latest of them, and what is said of it.
    package var example: QueueID
    package var words: String?
}

package enum ShadowState: String, Hashable, Sendable, CaseIterable {
    case waiting
    case running
    /// Graph would have taken it, as far as the form can tell.
    case done
    /// Graph would not, or nobody knows.
    case failed
    /// Not exercised.
    case skipped
}

package enum ShadowForm: String, Hashable, Sendable, CaseIterable {
    case render
    case draft
    case redirect
}

/// A row of `trial_shadow`.
package struct ShadowRecord: Hashable, Sendable {
    package var message: QueueID
    package var state: ShadowState
    package var form: ShadowForm?
    package var createdDate: Timestamp
    package var finishedDate: Timestamp?
    package var latency: Duration?
    /// `mime_request`, `upload`; `nil` where no request could express it.
    package var requestForm: String?
    /// Octets of the body of the request that would be made.
    package var requestSize: Int?
    package var httpStatus: Int?
    package var errorCode: String?
    package var errorText: String?
    package var requestID: String?
    package var remarks: [ShadowRemark]
}

extension EmailLog {
    /// What shadows of messages that were accepted at `moment` or later have found, the most frequent first.
    package func shadowFindings(route: String, since moment: Timestamp) async throws(EmailLogError) -> [ShadowFinding] {
        try await read { db in
            try db.rows(
                """
                SELECT r.value ->> 'kind', COUNT(*), MAX(s.email_id), r.value ->> 'words'
                FROM trial_shadow s, json_each(s.findings) r
                WHERE s.route = ? AND s.created_date >= ? AND s.findings IS NOT NULL
                GROUP BY 1 ORDER BY 2 DESC, 1
                """, [route, moment.description]
            ).map {
                ShadowFinding(kind: $0[0], count: $0[1], example: QueueID(rawValue: $0[2]), words: $0[3] ?? "")
            }
        }
    }

    /// How shadows of messages that were accepted at `moment` or later have ended, the most frequent first.
    package func shadowOutcomes(route: String, since moment: Timestamp) async throws(EmailLogError) -> [ShadowOutcome] {
        try await read { db in
            try db.rows(
                """
                SELECT state, form, CASE WHEN state IN ('waiting', 'running') THEN NULL ELSE error_code END, COUNT(*),
                    MAX(email_id), error_text
                FROM trial_shadow WHERE route = ? AND created_date >= ?
                GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3
                """, [route, moment.description]
            ).compactMap(ShadowOutcome.init)
        }
    }

    /// How long the requests took of shadows that Graph answered, ascending.
    package func shadowLatencies(route: String, since moment: Timestamp) async throws(EmailLogError) -> [Duration] {
        try await read { db in
            try db.rows(
                """
                SELECT latency_ms FROM trial_shadow
                WHERE route = ? AND created_date >= ? AND latency_ms IS NOT NULL ORDER BY latency_ms
                """, [route, moment.description]
            ).map { .milliseconds($0[0] as Int64) }
        }
    }

    /// The shadow of a message; `nil` where it has none.
    package func shadow(of id: QueueID) async throws(EmailLogError) -> ShadowRecord? {
        try await read { db in
            try db.row(
                """
                SELECT email_id, state, form, created_date, finished_date, latency_ms, request_form, request_size,
                    http_status, error_code, error_text, request_id, findings
                FROM trial_shadow WHERE email_id = ? ORDER BY id DESC LIMIT 1
                """, [id.rawValue]
            ).flatMap(ShadowRecord.init)
        }
    }
}

extension [ShadowRemark] {
    /// The column `findings` (RFC 8259); `nil` where there are none.
    var column: String? {
        guard !isEmpty, let json = try? JSONEncoder().encode(self) else { return nil }
        return String(decoding: json, as: UTF8.self)
    }

    init(column: String?) {
        self = column.flatMap { try? JSONDecoder().decode(Self.self, from: Data($0.utf8)) } ?? []
    }
}

extension ShadowOutcome {
    fileprivate init?(_ row: Row) {
        guard let state = ShadowState(rawValue: row[0]) else { return nil }
        self.init(
            state: state, form: (row[1] as String?).flatMap(ShadowForm.init), code: row[2], count: row[3],
            example: QueueID(rawValue: row[4]), words: row[5])
    }
}

extension ShadowRecord {
    fileprivate init?(_ row: Row) {
        guard let state = ShadowState(rawValue: row[1]), let created = Timestamp(row[3] as String) else { return nil }
        self.init(
            message: QueueID(rawValue: row[0]), state: state, form: (row[2] as String?).flatMap(ShadowForm.init),
            createdDate: created, finishedDate: (row[4] as String?).flatMap { Timestamp($0) },
            latency: (row[5] as Int64?).map { .milliseconds($0) }, requestForm: row[6], requestSize: row[7],
            httpStatus: row[8], errorCode: row[9], errorText: row[10], requestID: row[11],
            remarks: [ShadowRemark](column: row[12]))
    }
}
