import Foundation
import GRDB
package import MailModel

/// The exercises of Graph that wait, and what becomes of them: `waiting` → `running` → `done`, `failed` or `skipped`. None
/// of it touches the message's own row.

/// A shadow whose turn has not come.
package struct WaitingShadow: Hashable, Sendable {
    package var number: Int64
    package var message: QueueID
    package var lane: LaneKey
    /// Octets of the message.
    package var size: Int64
}

/// A shadow that this process runs.
package struct ClaimedShadow: Hashable, Sendable {
    package var number: Int64
    package var original: QueueID
    /// As it was accepted, under an id that tells it from the real one and from earlier runs.
    package var message: QueuedMessage
    package var form: ShadowForm
    /// 1 for the first.
    package var run: Int
}

/// What came of a run.
package struct ShadowResult: Hashable, Sendable {
    /// What it took of Microsoft's limits.
    package struct Cost: Hashable, Sendable {
        package var requests = 0
        /// Sent, each to one recipient.
        package var messages = 0
        /// Of messages, before base 64.
        package var bytes = 0

        package init(requests: Int = 0, messages: Int = 0, bytes: Int = 0) {
            self.requests = requests
            self.messages = messages
            self.bytes = bytes
        }
    }

    package enum End: Hashable, Sendable {
        case over(ShadowState)
        /// It goes back to wait.
        case again(at: Timestamp)
    }

    package var end: End
    package var latency: Duration?
    package var requestForm: String?
    package var requestSize: Int?
    package var httpStatus: Int?
    package var errorCode: String?
    package var errorText: String?
    package var requestID: String?
    package var remarks: [ShadowRemark] = []
    package var cost = Cost()
    /// That is still in the mailbox, or may be.
    package var leftover: RememberedDraft?

    package init(_ end: End) { self.end = end }

    package init(_ state: ShadowState, code: String? = nil, text: String? = nil) {
        end = .over(state)
        errorCode = code
        errorText = text
    }
}

/// The verbs of the store that shadows need.
package protocol ShadowStore: Sendable {
    func waitingShadows(route: String, at moment: Timestamp, limit: Int) async throws(EmailLogError) -> [WaitingShadow]
    func routesWithShadows() async throws(EmailLogError) -> [String]
    func postponeShadows(_ numbers: [Int64], until moment: Timestamp) async throws(EmailLogError)
    func claimShadow(_ number: Int64, as form: ShadowForm, at now: Timestamp) async throws(EmailLogError)
        -> ClaimedShadow?
    func body(of shadow: ClaimedShadow) async throws(EmailLogError) -> MessageBody
    func keepDraft(_ draft: String, of shadow: ClaimedShadow) async throws(EmailLogError)
    func end(_ shadow: ClaimedShadow, _ result: ShadowResult, at now: Timestamp) async throws(EmailLogError)
    func skipShadows(route: String, _ which: SkippedShadows, at now: Timestamp, limit: Int) async throws(EmailLogError)
        -> Int
    func recoverShadows(at now: Timestamp, cost: @escaping @Sendable (String, ShadowForm, Int64) -> ShadowResult.Cost)
        async throws(EmailLogError) -> [QueueID]
}

extension EmailLog: ShadowStore {}

/// Which of those that wait are not exercised any more.
package enum SkippedShadows: Hashable, Sendable {
    /// Those accepted before then.
    case expired(before: Timestamp)
    /// The oldest, but for so many.
    case overflow(keeping: Int)
    /// Its route has no shadow any more.
    case unwanted
}

extension QueueID {
    /// In the marker of what the shadow makes in a mailbox: nobody takes it for the message's own.
    func shadow(run: Int) -> QueueID { QueueID(rawValue: "\(rawValue).shadow\(run)") }
}

extension EmailLog {
    /// Those that are due, the longest due first.
    package func waitingShadows(
        route: String, at moment: Timestamp, limit: Int
    ) async throws(EmailLogError) -> [WaitingShadow] {
        try await read { db in
            try db.rows(
                """
                SELECT id, email_id, route, mailbox, size FROM trial_shadow
                WHERE state = 'waiting' AND route = ? AND next_date <= ? ORDER BY next_date LIMIT ?
                """, [route, moment.description, limit]
            ).compactMap { row in
                guard let mailbox = try? Address(parsing: row[3] as String) else { return nil }
                return WaitingShadow(
                    number: row[0], message: QueueID(rawValue: row[1]),
                    lane: LaneKey(route: row[2], mailbox: mailbox), size: row[4])
            }
        }
    }

    /// Where any wait.
    package func routesWithShadows() async throws(EmailLogError) -> [String] {
        try await read { db in
            try db.rows(
                """
                WITH RECURSIVE leap (route) AS (
                    SELECT MIN(route) FROM trial_shadow WHERE state = 'waiting'
                    UNION ALL
                    SELECT (SELECT MIN(route) FROM trial_shadow WHERE state = 'waiting' AND route > leap.route)
                    FROM leap WHERE leap.route IS NOT NULL)
                SELECT route FROM leap WHERE route IS NOT NULL
                """
            ).map { $0[0] }
        }
    }

    /// Others have their turn first.
    package func postponeShadows(_ numbers: [Int64], until moment: Timestamp) async throws(EmailLogError) {
        try await write { db in
            for number in numbers {
                try db.run(
                    "UPDATE trial_shadow SET next_date = ? WHERE id = ? AND state = 'waiting'",
                    [moment.description, number])
            }
        }
    }

    /// Takes one; returns when that is synced. `nil` where it does not wait any more, or its message's row is gone.
    package func claimShadow(
        _ number: Int64, as form: ShadowForm, at now: Timestamp
    ) async throws(EmailLogError) -> ClaimedShadow? {
        let claimant = claimant
        let (claimed, released) = try await write { db in
            let taken = try db.run(
                """
                UPDATE trial_shadow SET state = 'running', form = ?, runs = runs + 1, claimant = ?, started_date = ?,
                    next_date = NULL
                WHERE id = ? AND state = 'waiting'
                """, [form.rawValue, claimant, now.description, number])
            guard taken == 1 else { return (ClaimedShadow?.none, [String]()) }
            if let claimed = try db.claimedShadow(number, form) { return (claimed, []) }
            let gone = ShadowResult(.skipped, code: "MessageGone", text: "The message's row in the log is gone.")
            return (nil, try db.endShadow(number, gone, at: now))
        }
        spool.remove(released)
        return claimed
    }

    /// Writes down the draft of a shadow; returns when that is synced.
    package func keepDraft(_ draft: String, of shadow: ClaimedShadow) async throws(EmailLogError) {
        try await write { db in
            let kept = try db.run(
                "UPDATE trial_shadow SET draft_id = ? WHERE id = ? AND state = 'running'", [draft, shadow.number])
            guard kept == 1 else { throw EmailLogError.noSuchMessage(shadow.message.id) }
        }
    }

    /// Ends a run, or puts it back to wait. What it leaves in the mailbox is to be deleted, in the same transaction.
    package func end(
        _ shadow: ClaimedShadow, _ result: ShadowResult, at now: Timestamp
    ) async throws(EmailLogError) {
        let released = try await write { db in
            if let draft = result.leftover { try db.leave(draft, ofShadow: shadow.number, at: now) }
            return try db.endShadow(shadow.number, result, at: now)
        }
        spool.remove(released)
    }

    /// - Parameter limit: of one transaction.
    /// - Returns: how many.
    package func skipShadows(
        route: String, _ which: SkippedShadows, at now: Timestamp, limit: Int
    ) async throws(EmailLogError) -> Int {
        let (count, released) = try await write { db in
            let numbers = try db.shadows(route, which, limit: limit)
            return (numbers.count, try numbers.flatMap { try db.endShadow($0, which.result, at: now) })
        }
        spool.remove(released)
        return count
    }

    /// Those whose process has died: they wait again, but for a copy that may have been sent, which is never sent again.
    /// - Parameter cost: what one may have taken, by its route, its form and the octets of its message.
    /// - Returns: whose shadows they are.
    package func recoverShadows(
        at now: Timestamp, cost: @escaping @Sendable (String, ShadowForm, Int64) -> ShadowResult.Cost
    ) async throws(EmailLogError) -> [QueueID] {
        let (own, lock) = (claimant, lock)
        let (ids, released) = try await write { db in
            let rows = try db.rows(
                """
                SELECT id, email_id, form, runs, size, claimant, draft_id, route FROM trial_shadow
                WHERE state = 'running'
                """
            ).filter { $0[5] != own && !lock.isAlive($0[5]) }
            let released = try rows.flatMap { try db.recoverShadow($0, at: now, cost: cost) }
            return (rows.map { QueueID(rawValue: $0[1]) }, released)
        }
        spool.remove(released)
        return ids
    }
}

extension SkippedShadows {
    var result: ShadowResult {
        switch self {
        case .expired:
            ShadowResult(.skipped, code: "Expired", text: "There was no room for it beside real mail for too long.")
        case .overflow:
            ShadowResult(.skipped, code: "TooMany", text: "More shadows waited than are kept; the oldest were dropped.")
        case .unwanted:
            ShadowResult(.skipped, code: "NotWanted", text: "The route's trial has no shadow any more.")
        }
    }
}
