import Foundation
import GRDB
package import MailModel

/// What is known of a message that has just failed for good, for a report to its sender.
package struct FailedMessage: Hashable, Sendable {
    package var id: QueueID
    /// Of the report, if there is one.
    package var reportID: QueueID
    package var sender: Address
    package var recipients: [Address]
    package var route: String
    package var mailbox: Address
    package var createdDate: Timestamp
    package var subject: String?
    package var messageID: String?
    /// Of the last attempt, where there was one; then also its path.
    package var lastAttemptDate: Timestamp?
    package var path: Path?
    /// The HTTP status or SMTP reply code, and the far side's code.
    package var errorStatus: Int?
    package var errorCode: String?
    package var errorText: String?
    /// Nobody refused it: its time was over.
    package var isGivenUp: Bool
    /// The beginning of the message, up to `FailureReporter.headLength` bytes; empty where it cannot be read.
    package var head: [UInt8]
}

/// The report of a failure, now a message that waits.
package struct FailureReport: Hashable, Sendable {
    package var id: QueueID
    /// What failed.
    package var failed: QueueID
    package var lane: LaneKey
    package var priority: Priority
}

/// Writes reports of failures, for the transaction in which the messages fail.
package struct FailureReporter: Sendable {
    package static let headLength = 64 * 1024

    /// May be asked again for the same failure, where a transaction is repeated.
    fileprivate let write: @Sendable (FailedMessage) -> Submission?
    private let accepted: @Sendable (FailureReport) -> Void

    /// - Parameters:
    ///   - write: `nil` where no report can be sent; then the failure stands alone. It may not use the store.
    ///   - accepted: told when both are committed and synced.
    package init(
        write: @escaping @Sendable (FailedMessage) -> Submission?, accepted: @escaping @Sendable (FailureReport) -> Void
    ) {
        self.write = write
        self.accepted = accepted
    }

    func tell(_ reports: [FailureReport?]) {
        for report in reports.compactMap(\.self) { accepted(report) }
    }
}

extension EmailLog {
    /// Accepts the report of a failure inside the transaction that fails the message: both are there, or neither.
    ///
    /// None for the null sender (RFC 5321 §6.1), so that no report is reported; none where none is wanted; and one for each
    /// row at most, also where it fails again after a resend.
    func report(
        _ id: QueueID, _ settlement: Settlement, by reporter: FailureReporter?, at now: Timestamp, on db: Database
    ) throws -> FailureReport? {
        guard let reporter, case .failed(_, let isGivenUp) = settlement,
            let failed = try failedMessage(id, reportID: makeID(at: now), isGivenUp: isGivenUp, on: db),
            let submission = reporter.write(failed)
        else { return nil }
        let report = submission.queueID ?? failed.reportID
        try db.insert(submission, as: report, claimant: claimant)
        try db.run("UPDATE email_log SET report_id = ? WHERE id = ?", [report.rawValue, id.rawValue])
        return FailureReport(
            id: report, failed: id, lane: LaneKey(route: submission.route, mailbox: submission.mailbox),
            priority: submission.priority)
    }

    private static let failedRow = """
        SELECT l.sender, l.recipients, l.route, l.mailbox, l.created_date, l.subject, l.message_id, l.path, l.http_status,
            l.error_code, l.error_text, substr(b.bytes, 1, ?2), b.spool,
            (SELECT MAX(finished_date) FROM email_attempt WHERE email_id = l.id)
        FROM email_log l LEFT JOIN email_body b ON b.id = l.body_id
        WHERE l.id = ?1 AND l.status = 'F' AND l.sender <> '' AND l.report_id IS NULL
        """

    private func failedMessage(
        _ id: QueueID, reportID: QueueID, isGivenUp: Bool, on db: Database
    ) throws -> FailedMessage? {
        guard let row = try db.row(Self.failedRow, [id.rawValue, FailureReporter.headLength]),
            let sender = try? Address(parsing: row[0] as String), let recipients = JSONArray.decode(row[1]),
            let mailbox = try? Address(parsing: row[3] as String), let created = Timestamp(row[4] as String)
        else { return nil }
        return FailedMessage(
            id: id, reportID: reportID, sender: sender, recipients: recipients, route: row[2], mailbox: mailbox,
            createdDate: created,
            subject: row[5], messageID: row[6], lastAttemptDate: (row[13] as String?).flatMap { Timestamp($0) },
            path: (row[7] as String?).flatMap(Path.init(rawValue:)), errorStatus: row[8], errorCode: row[9],
            errorText: row[10], isGivenUp: isGivenUp, head: head(bytes: row[11], spooled: row[12]))
    }

    /// A body that cannot be read may be the very failure.
    private func head(bytes: Data?, spooled name: String?) -> [UInt8] {
        if let bytes { return Array(bytes) }
        let file = name.flatMap { try? OpenFile(path: spool.path(of: $0), flags: O_RDONLY) }
        return (try? file?.read(at: 0, upTo: FailureReporter.headLength)) ?? []
    }
}
