import GRDB
package import MailModel

extension EmailLog {
    /// Takes a message: when this returns, its rows and its body are committed and synced.
    ///
    /// A spooled body belongs to the store from here on, also where this fails.
    /// - Returns: the id; the parts of a split message are `id.part(2)`, `id.part(3)`, …
    package func accept(_ submission: Submission) async throws(EmailLogError) -> QueueID {
        let id = submission.queueID ?? makeID(at: submission.createdDate)
        let claimant = claimant
        do {
            try await write { db in try db.insert(submission, as: id, claimant: claimant) }
        } catch {
            discardBody(of: submission, after: error)
            throw error
        }
        withExtendedLifetime(submission) {}
        return id
    }

    /// After a failed sync the row may yet be found at the next start, so its body stays until a sweep has looked.
    private func discardBody(of submission: Submission, after error: EmailLogError) {
        guard case .spooled(let file) = submission.body else { return }
        if case .inputOutput = error { return }
        file.discard()
    }
}

extension Database {
    func insert(_ submission: Submission, as id: QueueID, claimant: Int64) throws {
        let holders = submission.isShadowed ? 2 : 1
        let body = try insertBody(submission.body, references: holders * submission.envelopes.count)
        let date = submission.createdDate.description
        for (index, envelope) in submission.envelopes.enumerated() {
            let part = id.part(index + 1)
            do {
                try insert(Self.insertRow) {
                    $0.bind(submission, as: part, envelope, body: body, date: date, claimant: claimant)
                }
            } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_PRIMARYKEY {
                throw EmailLogError.duplicateID(part)
            }
            if submission.isShadowed { try insertShadow(of: submission, as: part, envelope, body: body) }
        }
    }

    private static let insertRow = """
        INSERT INTO email_log (
            id, status, created_date, sent_date, next_attempt_date, route, mailbox, sender, recipients, recipient_count,
            header_from, subject, message_id, size, client, user, priority, trial, body_id, received, is_part, via,
            fell_back, error_text, report_id, claimant, claimed_date, claimed_path)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
}

extension ParameterBinder {
    /// In the order of the columns above.
    fileprivate mutating func bind(
        _ submission: Submission, as id: QueueID, _ envelope: Envelope, body: Int64, date: String, claimant: Int64
    ) {
        let start = submission.start.columns
        bind(id.rawValue)
        bind(start.status.rawValue)
        bind(date)
        bind(date)
        bind(start.status == .queued ? date : nil)
        bind(submission.route)
        bind(submission.mailbox.description)
        bind(envelope.sender?.description ?? "")
        bind(JSONArray.encode(envelope.recipients))
        bind(envelope.recipients.count)
        bind(submission.headerFrom)
        bind(submission.subject)
        bind(submission.messageID)
        bind(submission.body.size)
        bind(submission.client)
        bind(submission.user)
        bind(submission.priority.rawValue)
        bind(submission.trial)
        bind(body)
        bind(submission.received)
        bind(submission.envelopes.count > 1 ? 1 : 0)
        bind(submission.via?.rawValue)
        bind(submission.fallsBackBecause == nil ? 0 : 1)
        bind(submission.fallsBackBecause)
        bind(submission.wantsReport ? nil : "")
        bind(start.path == nil ? nil : claimant)
        bind(start.path == nil ? nil : date)
        bind(start.path?.rawValue)
    }
}

extension Submission.Start {
    fileprivate var columns: (status: Status, path: Path?) {
        switch self {
        case .queued: (.queued, nil)
        case .held: (.held, nil)
        case .inProgress(let path): (.inProgress, path)
        }
    }
}
