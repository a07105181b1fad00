import Foundation
import GRDB
import MailModel

/// The statements behind the verbs of `ShadowQueue`.
extension Database {
    func insertShadow(of submission: Submission, as id: QueueID, _ envelope: Envelope, body: Int64) throws {
        let date = submission.createdDate.description
        try insert(
            """
            INSERT INTO trial_shadow (email_id, route, mailbox, recipients, size, body_id, created_date, next_date)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """
        ) {
            $0.bind(id.rawValue)
            $0.bind(submission.route)
            $0.bind(submission.mailbox.description)
            $0.bind(JSONArray.encode(envelope.recipients))
            $0.bind(submission.body.size)
            $0.bind(body)
            $0.bind(date)
            $0.bind(date)
        }
    }

    func claimedShadow(_ number: Int64, _ form: ShadowForm) throws -> ClaimedShadow? {
        let found = try row("SELECT email_id, recipients, runs FROM trial_shadow WHERE id = ?", [number])
        guard let shadow = found, let recipients = (shadow[1] as String?).flatMap(JSONArray.decode) else { return nil }
        let original = QueueID(rawValue: shadow[0])
        let columns = try row("SELECT \(QueuedMessage.columns) FROM email_log WHERE id = ?", [original.rawValue])
        guard var message = columns.flatMap(QueuedMessage.init) else { return nil }
        message.id = original.shadow(run: shadow[2])
        message.envelope = Envelope(sender: message.envelope.sender, recipients: recipients)
        (message.via, message.draft, message.unresolved) = (nil, nil, nil)
        return ClaimedShadow(number: number, original: original, message: message, form: form, run: shadow[2])
    }

    /// - Returns: the spool files to delete once this is committed.
    func endShadow(_ number: Int64, _ result: ShadowResult, at now: Timestamp) throws -> [String] {
        try record(result, of: number, at: now)
        switch result.end {
        case .again(let moment):
            try run(
                """
                UPDATE trial_shadow SET state = 'waiting', claimant = NULL, draft_id = NULL, next_date = ? WHERE id = ?
                """, [moment.description, number])
            return []
        case .over(let state):
            let body: Int64? = try row("SELECT body_id FROM trial_shadow WHERE id = ?", [number])?[0]
            try run(
                """
                UPDATE trial_shadow SET state = ?, claimant = NULL, next_date = NULL, finished_date = ?, body_id = NULL,
                    recipients = NULL
                WHERE id = ?
                """, [state.rawValue, now.description, number])
            return try releaseBody(body)
        }
    }

    private func record(_ result: ShadowResult, of number: Int64, at now: Timestamp) throws {
        try run(
            """
            UPDATE trial_shadow SET latency_ms = ?, request_form = ?, request_size = ?, http_status = ?, error_code = ?,
                error_text = ?, request_id = ?, findings = ?, requests = requests + ?, messages = messages + ?,
                bytes = bytes + ?, answered_date = CASE WHEN ? > 0 THEN ? ELSE answered_date END
            WHERE id = ?
            """,
            [
                result.latency.map { max(0, $0.milliseconds) }, result.requestForm, result.requestSize,
                result.httpStatus, result.errorCode, result.errorText, result.requestID, result.remarks.column,
                result.cost.requests, result.cost.messages, result.cost.bytes, result.cost.requests, now.description,
                number,
            ])
    }

    func leave(_ draft: RememberedDraft, ofShadow number: Int64, at now: Timestamp) throws {
        let found = try row(
            """
            SELECT s.email_id, s.runs, s.route, s.mailbox, l.message_id FROM trial_shadow s
            LEFT JOIN email_log l ON l.id = s.email_id WHERE s.id = ?
            """, [number])
        guard let row = found else { return }
        let name =
            switch draft {
            case .named(let name): name
            case .somewhere: ""
            }
        try run(
            """
            INSERT INTO leftover_draft (email_id, route, mailbox, message_id, draft_id, created_date, next_look_date)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                QueueID(rawValue: row[0]).shadow(run: row[1]).rawValue, row[2] as String, row[3] as String,
                row[4] as String?, name, now.description, now.description,
            ])
    }

    func shadows(_ route: String, _ which: SkippedShadows, limit: Int) throws -> [Int64] {
        switch which {
        case .expired(let date):
            return try rows(
                """
                SELECT id FROM trial_shadow
                WHERE state = 'waiting' AND route = ? AND created_date < ? ORDER BY id LIMIT ?
                """, [route, date.description, limit]
            ).map { $0[0] }
        case .overflow(let kept):
            let count: Int =
                try row("SELECT COUNT(*) FROM trial_shadow WHERE state = 'waiting' AND route = ?", [route])?[0] ?? 0
            guard count > kept else { return [] }
            return try rows(
                "SELECT id FROM trial_shadow WHERE state = 'waiting' AND route = ? ORDER BY id LIMIT ?",
                [route, min(limit, count - kept)]
            ).map { $0[0] }
        case .unwanted:
            return try rows(
                "SELECT id FROM trial_shadow WHERE state = 'waiting' AND route = ? ORDER BY id LIMIT ?", [route, limit]
            ).map { $0[0] }
        }
    }

    /// A message that ends the process each time is left alone in the end.
    private static var mostShadowRuns: Int { 3 }

    /// - Parameter shadow: id, email_id, form, runs, size, claimant, draft_id, route.
    func recoverShadow(
        _ shadow: Row, at now: Timestamp, cost: (String, ShadowForm, Int64) -> ShadowResult.Cost
    ) throws -> [String] {
        let (number, runs, size): (Int64, Int, Int64) = (shadow[0], shadow[3], shadow[4])
        let form = ShadowForm(rawValue: shadow[2])
        let draft = RememberedDraft(column: shadow[6]) ?? .somewhere
        if form == .draft { try leave(draft, ofShadow: number, at: now) }
        if form == .redirect, case .named = draft { try leave(draft, ofShadow: number, at: now) }
        var result = ShadowResult(.again(at: now))
        result.errorText = "The process ended while the shadow ran."
        if form == .redirect {
            result = ShadowResult(
                .failed, code: "OutcomeUnknown",
                text:
                    "The process ended while the copy was being sent: it is not known whether it was, and it is not sent again."
            )
        } else if runs >= Self.mostShadowRuns {
            result = ShadowResult(
                .failed, code: "CutOff", text: "The process ended \(runs) times while the shadow ran.")
        }
        if let form { result.cost = cost(shadow[7], form, size) }
        return try endShadow(number, result, at: now)
    }
}
