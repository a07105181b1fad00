import GRDB
package import MailModel

/// What becomes of a message in progress.
package enum Settlement: Hashable, Sendable {
    /// → S. The body goes at once, unless it is kept for a while (`retention.bodies`).
    case sent(keepBody: Bool)
    /// → F. The reason, where it is another than the attempt's refusal ("given up after 2d: …"); and whether nobody refused
    /// it.
    case failed(because: String?, isGivenUp: Bool = false)
    /// → Q. `spent`: the attempt moved the row's own retry clock, as against a pause of its lane or route. The reason, where
    /// more can be said than the attempt's refusal does.
    case retry(at: Timestamp, spent: Bool, because: String? = nil)
    /// → Q, and by that path alone from now on: it falls back, as the path of the attempt has certainly not sent it.
    case moved(to: Path, at: Timestamp)
    /// → U: an operator decides.
    case unknown

    var status: Status {
        switch self {
        case .sent: .sent
        case .failed: .failed
        case .retry, .moved: .queued
        case .unknown: .unknown
        }
    }
}

extension EmailLog {
    /// P → S, F, Q or U, together with the record of the attempt that led there. Where that attempt's outcome is unknown,
    /// the message may take no other path from then on.
    ///
    /// - Parameters:
    ///   - attempt: none where nothing was attempted, which S and U rule out.
    ///   - now: the date of a failure without an attempt.
    ///   - reporter: writes the report of a failure, which is accepted in the same transaction.
    /// - Throws: `noSuchMessage`, `wrongStatus`.
    package func settle(
        _ id: QueueID, _ settlement: Settlement, attempt: AttemptRecord?, at now: Timestamp,
        reporter: FailureReporter? = nil
    ) async throws(EmailLogError) {
        let (released, report) = try await write { db in
            let released = try db.settle(id, settlement, attempt: attempt, at: now)
            return (released, try self.report(id, settlement, by: reporter, at: now, on: db))
        }
        CrashPoint.reach(.settled)
        spool.remove(released)
        reporter?.tell([report])
    }
}

extension Database {
    /// - Returns: the spool files to delete once this is committed.
    func settle(
        _ id: QueueID, _ settlement: Settlement, attempt: AttemptRecord?, at now: Timestamp,
        isDurationKnown: Bool = true
    ) throws -> [String] {
        let found = try row(
            "SELECT created_date, attempts, body_id FROM email_log WHERE id = ? AND status = 'P'", [id.rawValue])
        guard let row = found else { throw try refusal(of: id) }
        let bodyID: Int64? = row[2]
        if let attempt {
            try insert(attempt, number: row[1] + 1, of: id, isDurationKnown: isDurationKnown)
            try trace(attempt.draft, on: id)
            try record(settlement, attempt, created: Timestamp(row[0] as String), of: id)
        } else {
            try record(settlement, at: now, of: id)
        }
        guard settlement == .sent(keepBody: false) else { return [] }
        try run("UPDATE email_log SET body_id = NULL WHERE id = ?", [id.rawValue])
        return try releaseBody(bodyID)
    }

    private func record(_ settlement: Settlement, _ attempt: AttemptRecord, created: Timestamp?, of id: QueueID)
        throws
    {
        let refusal = attempt.outcome.refusal
        let finished = attempt.finishedDate
        let latency = created.map { max(0, (finished - $0).milliseconds) } ?? 0
        try run(
            """
            UPDATE email_log
            SET status = ?, sent_date = ?, next_attempt_date = ?, attempts = attempts + 1, retries = retries + ?,
                fell_back = MAX(fell_back, ?, COALESCE(path <> ?, 0)), path = ?, http_status = ?, error_code = ?,
                error_text = ?, request_id = ?, latency_ms = ?, via = COALESCE(?, via),
                claimant = NULL, claimed_date = NULL, claimed_path = NULL
            WHERE id = ? AND status = 'P'
            """,
            [
                settlement.status.rawValue, finished.description, settlement.nextAttempt?.description,
                settlement.spent ? 1 : 0, attempt.fellBack || settlement.newPin != nil ? 1 : 0, attempt.path.rawValue,
                attempt.path.rawValue,
                attempt.httpStatus, refusal?.code, settlement.reason ?? refusal?.text, attempt.requestID,
                settlement.status == .sent ? latency : nil, (attempt.pin ?? settlement.newPin)?.rawValue, id.rawValue,
            ])
    }

    private func record(_ settlement: Settlement, at now: Timestamp, of id: QueueID) throws {
        try run(
            """
            UPDATE email_log
            SET status = ?, sent_date = COALESCE(?, sent_date), next_attempt_date = ?,
                error_text = COALESCE(?, error_text), claimant = NULL, claimed_date = NULL, claimed_path = NULL
            WHERE id = ? AND status = 'P'
            """,
            [
                settlement.status.rawValue, settlement.status == .failed ? now.description : nil,
                settlement.nextAttempt?.description, settlement.reason, id.rawValue,
            ])
    }
}

extension AttemptRecord {
    /// A second copy by another path could not be told from the first.
    fileprivate var pin: Path? { if case .unknown = outcome { path } else { nil } }
}

extension Settlement {
    package var nextAttempt: Timestamp? {
        switch self {
        case .retry(let moment, _, _), .moved(_, let moment): moment
        case .sent, .failed, .unknown: nil
        }
    }
    fileprivate var newPin: Path? { if case .moved(let path, _) = self { path } else { nil } }
    fileprivate var spent: Bool { if case .retry(_, true, _) = self { true } else { false } }
    fileprivate var reason: String? {
        switch self {
        case .failed(let reason, _), .retry(_, _, let reason): reason
        case .sent, .moved, .unknown: nil
        }
    }
}
