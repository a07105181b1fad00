package import EmailLog
package import MailModel

/// One attempt, from its claim to what became of it; and what an operator does.
extension MemoryStore {
    package func claim(_ id: QueueID, path: Path, at now: Timestamp) -> QueuedMessage? {
        guard let row = row(id), row.status == .queued else { return nil }
        update(row) {
            $0.status = .inProgress
            $0.claim = MemoryRow.Claim(claimant: claimant, date: now, path: path)
        }
        return row.message
    }

    package func body(of id: QueueID) throws(EmailLogError) -> MessageBody {
        guard let row = row(id) else { throw .noSuchMessage(id) }
        guard row.hasBody else { throw .bodyMissing(id) }
        return MessageBody(bytes: [])
    }

    package func putBack(_ ids: [QueueID], due: Timestamp, fallingBackTo path: Path?, because reason: String?)
        throws(EmailLogError)
    {
        var found: [MemoryRow] = []
        for id in ids { found.append(try row(id, in: [.inProgress])) }
        for row in found {
            update(row) {
                $0.status = .queued
                $0.due = due
                $0.claim = nil
                $0.errorText = reason ?? $0.errorText
                $0.via = path ?? $0.via
                $0.fellBack = $0.fellBack || path != nil
            }
        }
    }

    package func settle(
        _ id: QueueID, _ settlement: Settlement, attempt: AttemptRecord?, at now: Timestamp, reporter: FailureReporter?
    ) throws(EmailLogError) {
        settle(try row(id, in: [.inProgress]), settlement, attempt)
    }

    package func settle(_ id: QueueID, parts: [SettledPart], at now: Timestamp, reporter: FailureReporter?)
        throws(EmailLogError) -> [QueueID]
    {
        let row = try row(id, in: [.inProgress])
        let all = parts.flatMap(\.recipients)
        guard all.count == row.recipients.count, Set(all) == Set(row.recipients),
            parts.allSatisfy({ !$0.recipients.isEmpty })
        else { throw .partsDoNotMatch(id) }
        let copies = freeParts(of: row, count: parts.count - 1).map { copy(row, as: $0) }
        for (row, part) in zip([row] + copies, parts) {
            row.recipients = part.recipients
            row.isPart = true
            var attempt = part.attempt
            if row.id != id { attempt.cost = nil }
            settle(row, part.settlement, attempt)
        }
        return [id] + copies.map(\.id)
    }

    private func freeParts(of row: MemoryRow, count: Int) -> [QueueID] {
        let base = QueueID(rawValue: row.base)
        var highest = 1
        while self.row(base.part(highest + 1)) != nil { highest += 1 }
        return (0..<count).map { base.part(highest + 1 + $0) }
    }

    private func settle(_ row: MemoryRow, _ settlement: Settlement, _ attempt: AttemptRecord?) {
        update(row) { row in
            row.claim = nil
            switch settlement {
            case .sent(let keepBody):
                row.status = .sent
                row.hasBody = keepBody
            case .failed: row.status = .failed
            case .retry(let moment, let spent, _):
                row.status = .queued
                row.due = moment
                if spent, attempt != nil { row.retries += 1 }
            case .moved(let path, let moment):
                row.status = .queued
                row.due = moment
                row.via = path
                row.fellBack = true
            case .unknown: row.status = .unknown
            }
            let own = attempt == nil ? row.errorText : attempt?.outcome.refusal?.text
            row.errorText = settlement.reason ?? own
            if let attempt { record(attempt, on: row) }
        }
    }

    private func record(_ attempt: AttemptRecord, on row: MemoryRow) {
        row.fellBack = row.fellBack || attempt.fellBack || (row.path.map { $0 != attempt.path } ?? false)
        row.path = attempt.path
        row.attempts.append(MemoryRow.Attempt(record: attempt))
        if case .unknown = attempt.outcome { row.via = attempt.path }
        row.draft = attempt.draft.following(row.draft)
        book(attempt, of: row)
    }

    // MARK: Drafts, which are made nowhere here; one that may be there is remembered

    package func keepDraft(_ draft: String, of id: QueueID) throws(EmailLogError) {}
    package func leftoverDrafts(at moment: Timestamp, limit: Int) -> [LeftoverDraft] { [] }
    package func nextLeftoverDraft() -> Timestamp? { nil }
    package func looked(after draft: LeftoverDraft, next: Timestamp?, requests: Int, at now: Timestamp) {}

    // MARK: After a restart

    package func recover(
        at now: Timestamp, policy: @escaping @Sendable (_ route: String, _ path: Path) -> RecoveryPolicy
    ) -> [RecoveredMessage] {
        let cutOff = claimed.values.filter { $0.claim?.claimant != claimant }
        return cutOff.sorted { $0.id < $1.id }.compactMap { row in
            guard let claim = row.claim else { return nil }
            let policy = policy(row.lane.route, claim.path)
            var attempt = AttemptRecord(
                startedDate: claim.date, duration: max(.zero, now - claim.date), path: claim.path,
                outcome: .unknown(Self.cutOff), cost: policy.cost(row.recipients.count, row.size))
            if policy.mayLeaveDraft { attempt.draft = .lost }
            settle(row, policy.settlement, attempt)
            return RecoveredMessage(
                id: row.id, route: row.lane.route, mailbox: row.lane.mailbox, path: claim.path, status: row.status)
        }
    }

    private static let cutOff = Refusal(
        scope: .message, cause: .unavailable,
        text: "the process ended during this attempt: it is not known whether the message was sent")

    // MARK: Operators

    package func hold(_ id: QueueID) throws(EmailLogError) {
        update(try row(id, in: [.queued])) { $0.status = .held }
    }

    package func release(_ id: QueueID, at now: Timestamp) throws(EmailLogError) {
        update(try row(id, in: [.held])) {
            $0.status = .queued
            $0.due = now
        }
    }

    package func cancel(_ id: QueueID) throws(EmailLogError) {
        update(try row(id, in: [.queued, .held, .unknown])) {
            $0.status = .cancelled
            $0.hasBody = false
        }
    }

    package func resend(_ id: QueueID, at now: Timestamp) throws(EmailLogError) {
        let row = try row(id, in: [.failed, .unknown])
        guard row.hasBody else { throw .bodyMissing(id) }
        update(row) {
            $0.status = .queued
            $0.due = now
            $0.resentDate = now
            $0.resends += 1
            $0.retries = 0
            $0.via = $0.lastUnknown?.path
        }
    }
}

extension Settlement {
    var reason: String? {
        switch self {
        case .failed(let reason, _), .retry(_, _, let reason): reason
        case .sent, .moved, .unknown: nil
        }
    }
}

extension DraftTrace {
    /// What is remembered of a draft behind an attempt.
    fileprivate func following(_ remembered: RememberedDraft?) -> RememberedDraft? {
        switch self {
        case .unchanged: remembered
        case .made(let id): .named(id)
        case .lost: remembered ?? .somewhere
        case .used: nil
        }
    }
}
