import GRDB
package import MailModel

/// What becomes of a message that was being attempted when its process ended, and what the attempt counts as.
package struct RecoveryPolicy: Sendable {
    package enum Next: Hashable, Sendable {
        /// Back to Q, due at that moment.
        case retry(at: Timestamp)
        /// To U, for an operator to decide.
        case hold
    }

    package var next: Next
    /// The attempt may have left a draft whose id was not written down: it is remembered, until it is found or used.
    package var mayLeaveDraft: Bool
    /// What the attempt may have taken of Microsoft's limits.
    package var cost: @Sendable (_ recipients: Int, _ size: Int) -> AttemptRecord.Cost

    /// - Parameter cost: one request with the message, for recipients who all count as external, where nothing else is said.
    package init(
        _ next: Next, mayLeaveDraft: Bool = false,
        cost: @escaping @Sendable (_ recipients: Int, _ size: Int) -> AttemptRecord.Cost = {
            .init(recipients: $0, externalRecipients: $0, bytes: $1)
        }
    ) {
        self.next = next
        self.mayLeaveDraft = mayLeaveDraft
        self.cost = cost
    }

    package var settlement: Settlement {
        switch next {
        case .retry(let moment): .retry(at: moment, spent: true)
        case .hold: .unknown
        }
    }
}

/// A message whose attempt was cut off.
package struct RecoveredMessage: Hashable, Sendable {
    package var id: QueueID
    package var route: String
    package var mailbox: Address
    package var path: Path
    /// Q or U.
    package var status: Status

    package var lane: LaneKey { LaneKey(route: route, mailbox: mailbox) }

    package init(id: QueueID, route: String, mailbox: Address, path: Path, status: Status) {
        self.id = id
        self.route = route
        self.mailbox = mailbox
        self.path = path
        self.status = status
    }
}

extension EmailLog {
    /// Settles every row in P whose claimant is gone: its attempt is recorded as one with an unknown outcome, because the
    /// process may have ended after the last byte left.
    ///
    /// Rows claimed here, or by another process that lives, are left alone, so it may be asked at any time; a service asks
    /// before it claims anything. One transaction. What cannot be read is set aside, also among what waits.
    /// - Parameter policy: by the route's name and the attempt's path, as `on_unknown`, `exactly_once` and `large` say.
    package func recover(
        at now: Timestamp, policy: @escaping @Sendable (_ route: String, _ path: Path) -> RecoveryPolicy
    ) async throws(EmailLogError) -> [RecoveredMessage] {
        try await setAsideWithoutLane(at: now)
        let (own, lock) = (claimant, lock)
        let recovered = try await write { db in
            let gone = try db.claimants().filter { $0 != own && !lock.isAlive($0) }
            return try gone.flatMap { try db.recover(from: $0, at: now, policy: policy) }
        }
        if !recovered.isEmpty { CrashPoint.reach(.recovered) }
        return recovered
    }
}

extension Database {
    fileprivate func claimants() throws -> [Int64] {
        try rows(
            """
            SELECT DISTINCT claimant FROM email_log WHERE status = 'P' AND status IN ('P', 'H', 'U')
            """
        ).map { $0[0] }
    }

    fileprivate func recover(from claimant: Int64, at now: Timestamp, policy: (String, Path) -> RecoveryPolicy) throws
        -> [RecoveredMessage]
    {
        try rows(
            """
            SELECT id, route, mailbox, claimed_path, claimed_date, recipient_count, size FROM email_log
            WHERE status = 'P' AND status IN ('P', 'H', 'U') AND claimant = ? ORDER BY id
            """, [claimant]
        ).compactMap { try recover($0, at: now, policy: policy) }
    }

    private func recover(_ row: Row, at now: Timestamp, policy: (String, Path) -> RecoveryPolicy) throws
        -> RecoveredMessage?
    {
        guard let mailbox = try? Address(parsing: row[2] as String), let path = Path(rawValue: row[3]),
            let started = Timestamp(row[4] as String)
        else {
            try setAside(row[0], because: "the row holds what cannot be read", at: now.description)
            return nil
        }
        let message = QueueID(rawValue: row[0])
        let policy = policy(row[1], path)
        let settlement = policy.settlement
        var attempt = AttemptRecord(
            startedDate: started, duration: max(.zero, now - started), path: path,
            outcome: .unknown(Self.cutOff), cost: policy.cost(row[5], row[6]))
        if policy.mayLeaveDraft { attempt.draft = .lost }
        _ = try settle(message, settlement, attempt: attempt, at: now, isDurationKnown: false)
        return RecoveredMessage(
            id: message, route: row[1], mailbox: mailbox, path: path, status: settlement.status)
    }

    private static let cutOff = Refusal(
        scope: .message, cause: .unavailable,
        text: "the process ended during this attempt: it is not known whether the message was sent")
}
