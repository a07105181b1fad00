import GRDB
package import MailModel

/// What `resend` did, or would do.
package struct ResendReport: Hashable, Sendable {
    /// F or U rows that wait again.
    package var requeued: [QueueID] = []
    /// New rows that repeat sent ones.
    package var repeated: [QueueID: QueueID] = [:]
    package var refused: [OperatorReport.Refusal] = []

    package init() {}
}

extension EmailLog {
    /// F or U → Q, the same row, so that asking twice doubles nothing: its attempts stay, its retry clock starts anew.
    ///
    /// - Parameters:
    ///   - again: also repeats sent ones, each as a new row with `resend_of`, where the body is still kept.
    ///   - via: the only path it may take from now on; `nil` takes an earlier such wish away, but leaves a message whose outcome
    ///     is unknown on its path: nobody has asked to risk a second copy by the other.
    ///   - dryRun: says what would happen and changes nothing.
    package func resend(
        _ ids: [QueueID], again: Bool = false, via: Path? = nil, at now: Timestamp, dryRun: Bool = false
    ) async throws(EmailLogError) -> ResendReport {
        let (order, copies) = (Resend(again: again, via: via, now: now), ids.map { ($0, makeID(at: now)) })
        return dryRun
            ? try await read { db in try order.report(copies, on: db, apply: false) }
            : try await write { db in try order.report(copies, on: db, apply: true) }
    }
}

private struct Resend: Sendable {
    var again: Bool
    var via: Path?
    var now: Timestamp

    func report(_ ids: [(QueueID, newID: QueueID)], on db: Database, apply: Bool) throws -> ResendReport {
        var report = ResendReport()
        for (id, newID) in ids {
            do {
                let status = try check(id, on: db)
                if status == .sent {
                    if apply { try repeatSent(id, as: newID, on: db) }
                    report.repeated[id] = newID
                } else {
                    if apply { try requeue(id, on: db) }
                    report.requeued.append(id)
                }
            } catch let error as EmailLogError {
                report.refused.append(OperatorReport.Refusal(id: id, error: error))
            }
        }
        return report
    }

    private func check(_ id: QueueID, on db: Database) throws -> Status {
        guard let row = try db.row("SELECT status, body_id FROM email_log WHERE id = ?", [id.rawValue]),
            let status = Status(rawValue: row[0])
        else { throw EmailLogError.noSuchMessage(id) }
        guard status == .failed || status == .unknown || (again && status == .sent) else {
            throw EmailLogError.wrongStatus(id, status)
        }
        guard row[1] as Int64? != nil else { throw EmailLogError.bodyMissing(id) }
        return status
    }

    private func requeue(_ id: QueueID, on db: Database) throws {
        try db.move(
            id, from: [.failed, .unknown],
            """
            status = 'Q', next_attempt_date = ?1, resent_date = ?1, retries = 0,
            via = COALESCE(?2, (
                SELECT path FROM email_attempt WHERE email_id = email_log.id AND outcome = 'unknown'
                ORDER BY attempt DESC LIMIT 1))
            """,
            [now.description, via?.rawValue])
    }

    private func repeatSent(_ id: QueueID, as newID: QueueID, on db: Database) throws {
        let columns = """
            route, mailbox, sender, recipients, recipient_count, header_from, subject, message_id, size, client, user,
            priority, received, is_part, body_id
            """
        try db.run(
            """
            INSERT INTO email_log (
                id, status, created_date, sent_date, next_attempt_date, via, resend_of, report_id, \(columns))
            SELECT ?1, 'Q', ?2, ?2, ?2, ?3, id, CASE WHEN report_id = '' THEN '' END, \(columns) FROM email_log WHERE id = ?4 AND status = 'S'
            """, [newID.rawValue, now.description, via?.rawValue, id.rawValue])
        let body: Int64? = try db.row("SELECT body_id FROM email_log WHERE id = ?", [newID.rawValue])?[0]
        if let body { try db.retainBody(body) }
    }
}
