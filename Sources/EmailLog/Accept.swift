import Foundation
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
    fileprivate func insert(_ submission: Submission, as id: QueueID, claimant: Int64) throws {
        let body = try insertBody(submission.body, references: submission.envelopes.count)
        let date = submission.createdDate.description
        for (index, envelope) in submission.envelopes.enumerated() {
            let part = id.part(index + 1)
            do {
                try run(Self.insertRow, submission.values(part, envelope, body: body, date: date, claimant: claimant))
            } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_PRIMARYKEY {
                throw EmailLogError.duplicateID(part)
            }
        }
    }

    private static let insertRow = """
        INSERT INTO email_log (
            id, status, created_date, sent_date, next_attempt_date, route, mailbox, sender, recipients, recipient_count,
            header_from, subject, message_id, size, client, user, priority, trial, body_id, received, is_part, via,
            claimant, claimed_date, claimed_path)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
}

extension Submission {
    fileprivate func values(_ id: QueueID, _ envelope: Envelope, body bodyID: Int64, date: String, claimant: Int64)
        -> StatementArguments
    {
        let start = start.columns
        let isClaimed = start.path != nil
        return [
            id.rawValue, start.status.rawValue, date, date, start.status == .queued ? date : nil, route,
            mailbox.description, envelope.sender?.description ?? "", JSONArray.encode(envelope.recipients),
            envelope.recipients.count, headerFrom, subject, messageID, body.size, client, user, priority.rawValue,
            trial,
            bodyID, Data(received), envelopes.count > 1, via?.rawValue, isClaimed ? claimant : nil,
            isClaimed ? date : nil,
            start.path?.rawValue,
        ]
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
