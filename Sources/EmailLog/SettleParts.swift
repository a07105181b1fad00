import GRDB
package import MailModel

/// Some recipients of a message in progress, and what becomes of them.
package struct SettledPart: Sendable {
    package var recipients: [Address]
    package var settlement: Settlement
    package var attempt: AttemptRecord

    package init(recipients: [Address], settlement: Settlement, attempt: AttemptRecord) {
        self.recipients = recipients
        self.settlement = settlement
        self.attempt = attempt
    }
}

extension EmailLog {
    /// Settles a message whose recipients were answered differently: the first part keeps the row, each other becomes one
    /// of its own (`ID-2`, `ID-3`, …) with the same history, sharing the body.
    ///
    /// The attempt counts against the limits once, as the first part says it.
    /// - Parameter reporter: writes the reports of the failures, one for each part, which are accepted in the same
    ///   transaction.
    /// - Returns: the ids, in the order of the parts.
    /// - Throws: `noSuchMessage`, `wrongStatus`, `partsDoNotMatch`.
    package func settle(
        _ id: QueueID, parts: [SettledPart], at now: Timestamp, reporter: FailureReporter? = nil
    ) async throws(EmailLogError) -> [QueueID] {
        let (ids, released, reports) = try await write { db in
            let (ids, released) = try db.settle(id, parts: parts, at: now)
            let reports = try zip(ids, parts).map { try self.report($0, $1.settlement, by: reporter, at: now, on: db) }
            return (ids, released, reports)
        }
        CrashPoint.reach(.settled)
        spool.remove(released)
        reporter?.tell(reports)
        return ids
    }
}

extension Database {
    fileprivate func settle(_ id: QueueID, parts: [SettledPart], at now: Timestamp) throws -> ([QueueID], [String]) {
        let found = try row("SELECT recipients FROM email_log WHERE id = ? AND status = 'P'", [id.rawValue])
        guard let row = found else { throw try refusal(of: id) }
        let all = parts.flatMap(\.recipients)
        guard let recipients = JSONArray.decode(row[0]), all.count == recipients.count, Set(all) == Set(recipients),
            parts.allSatisfy({ !$0.recipients.isEmpty })
        else { throw EmailLogError.partsDoNotMatch(id) }
        let ids = [id] + (try freeParts(of: id, count: parts.count - 1))
        for (part, settled) in zip(ids, parts) { try narrow(part, copying: id, to: settled.recipients) }
        var released: [String] = []
        for (part, settled) in zip(ids, parts) {
            var attempt = settled.attempt
            if part != id { attempt.cost = nil }
            released += try settle(part, settled.settlement, attempt: attempt, at: now)
        }
        return (ids, released)
    }

    /// Gives `part` these recipients alone; one that is not the row itself is made as its copy.
    private func narrow(_ part: QueueID, copying id: QueueID, to recipients: [Address]) throws {
        if part != id { try copy(id, as: part) }
        try run(
            "UPDATE email_log SET recipients = ?, recipient_count = ?, is_part = 1 WHERE id = ?",
            [JSONArray.encode(recipients), recipients.count, part.rawValue])
    }

    private func copy(_ id: QueueID, as part: QueueID) throws {
        let columns = """
            status, created_date, sent_date, next_attempt_date, route, path, mailbox, sender, recipients,
            recipient_count, header_from, subject, message_id, size, client, user, attempts, fell_back, http_status,
            error_code, error_text, request_id, latency_ms, priority, trial, resend_of, body_id, received, is_part, retries,
            resent_date, via, report_id, claimant, claimed_date, claimed_path
            """
        try run(
            "INSERT INTO email_log (id, \(columns)) SELECT ?, \(columns) FROM email_log WHERE id = ?",
            [part.rawValue, id.rawValue])
        let attemptColumns = """
            attempt, started_date, duration_ms, path, outcome, http_status, error_code, error_text, retry_after_ms,
            request_id, finished_date
            """
        try run(
            """
            INSERT INTO email_attempt (
                email_id, \(attemptColumns), requests, recipients, external_recipients, bytes)
            SELECT ?, \(attemptColumns), 0, 0, 0, 0 FROM email_attempt WHERE email_id = ?
            """, [part.rawValue, id.rawValue])
        if let body: Int64 = try row("SELECT body_id FROM email_log WHERE id = ?", [id.rawValue])?[0] {
            try retainBody(body)
        }
    }

    /// The next numbers behind the message's highest part.
    private func freeParts(of id: QueueID, count: Int) throws -> [QueueID] {
        let base = QueueID(rawValue: String(id.rawValue.prefix { $0 != "-" }))
        let taken = try rows(
            "SELECT id FROM email_log WHERE id >= ? AND id < ?", ["\(base)-", "\(base)."])
        let highest = taken.compactMap { Int(($0[0] as String).drop { $0 != "-" }.dropFirst()) }.max() ?? 1
        return (0..<count).map { base.part(highest + 1 + $0) }
    }
}
