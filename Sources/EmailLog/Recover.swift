import GRDB
package import MailModel

/// What becomes of a message that was being attempted when its process ended.
package enum RecoveryPolicy: Hashable, Sendable {
    /// Back to Q, due at that moment. The attempt may have left a draft whose id was not written down.
    case retry(at: Timestamp, mayLeaveDraft: Bool = false)
    /// To U, for an operator to decide.
    case hold
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
    /// - Parameter policy: by the route's name and the attempt's path, as `on_unknown` and `exactly_once` say.
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
        let settlement = Settlement(policy)
        var attempt = AttemptRecord(
            startedDate: started, duration: max(.zero, now - started), path: path,
            outcome: .unknown(Self.cutOff), cost: .recovered(by: path, recipients: row[5], bytes: row[6]))
        if case .retry(_, mayLeaveDraft: true) = policy { attempt.draft = .lost }
        _ = try settle(message, settlement, attempt: attempt, at: now, isDurationKnown: false)
        return RecoveredMessage(
            id: message, route: row[1], mailbox: mailbox, path: path, status: settlement.status)
    }

    private static let cutOff = Refusal(
        scope: .message, cause: .unavailable,
        text: "the process ended during this attempt: it is not known whether the message was sent")
}

extension AttemptRecord.Cost {
    /// Charged in full, since it may have reached Microsoft: as many requests as any attempt by Graph makes, which are more
    /// where a large message goes as a draft whose attachments follow.
    fileprivate static func recovered(by path: Path, recipients: Int, bytes: Int) -> Self {
        let most = bytes > 1_000_000 ? 400 : 4
        return Self(
            requests: path == .graph ? most : 1, recipients: recipients, externalRecipients: recipients, bytes: bytes)
    }
}

extension Settlement {
    fileprivate init(_ policy: RecoveryPolicy) {
        switch policy {
        case .retry(let moment, _): self = .retry(at: moment, spent: true)
        case .hold: self = .unknown
        }
    }
}
