import GRDB
package import MailModel

/// Why a lane, or a whole route, waits and until when; kept so that Retry-After holds across restarts.
package struct LanePause: Hashable, Sendable {
    package var route: String
    /// `nil` is every mailbox of the route.
    package var mailbox: Address?
    package var path: Path
    /// When the trouble began that it is for.
    package var since: Timestamp
    package var until: Timestamp
    package var cause: Refusal.Cause
    package var reason: String

    package init(
        route: String, mailbox: Address?, path: Path, since: Timestamp, until: Timestamp,
        cause: Refusal.Cause = .throttled,
        reason: String
    ) {
        self.route = route
        self.mailbox = mailbox
        self.path = path
        self.since = since
        self.until = until
        self.cause = cause
        self.reason = reason
    }

    /// What is paused; there is one pause of each at most.
    package struct Key: Hashable, Sendable {
        package var route: String
        package var mailbox: Address?
        package var path: Path

        package init(route: String, mailbox: Address?, path: Path) {
            self.route = route
            self.mailbox = mailbox
            self.path = path
        }
    }

    package var key: Key { Key(route: route, mailbox: mailbox, path: path) }

    fileprivate func holds(_ lane: LaneKey) -> Bool { lane.route == route && (mailbox ?? lane.mailbox) == lane.mailbox }
}

extension EmailLog {
    /// Records a pause, in place of an earlier one of the same lane and path.
    package func pause(_ pause: LanePause) async throws(EmailLogError) {
        try await write { db in
            try db.run(
                """
                INSERT INTO lane_pause (route, mailbox, path, since, until, cause, reason) VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (route, mailbox, path) DO UPDATE
                SET since = excluded.since, until = excluded.until, cause = excluded.cause, reason = excluded.reason
                """,
                [
                    pause.route, pause.mailbox?.description ?? "", pause.path.rawValue, pause.since.description,
                    pause.until.description,
                    pause.cause.rawValue, pause.reason,
                ])
        }
    }

    /// Ends a pause; nothing happens where there is none.
    package func resume(_ key: LanePause.Key) async throws(EmailLogError) {
        try await write { db in try db.delete(key) }
    }

    /// Dates of one pause differ by as much, as each was reckoned at a moment of its own.
    private static let tolerance = Duration.milliseconds(100)

    /// The most rows that the end of a pause makes due, over all lanes; the others are due by themselves when the next probe
    /// would have been, which is within five minutes.
    private static let rowsHurried = 3000

    /// Ends a pause before its time: what was put off by it is due at `now`, the first of each lane where it is much.
    package func end(_ pause: LanePause, at now: Timestamp) async throws(EmailLogError) {
        let latest = pause.until + Self.tolerance
        let lanes = try await lanesWithWork().map(\.lane).filter(pause.holds)
        let limit = max(5, Self.rowsHurried / max(1, lanes.count))
        try await write { db in
            for lane in lanes { try db.hurry(lane, LaneQueue.allCases, putOffUntil: latest, to: now, limit: limit) }
            try db.delete(pause.key)
        }
    }

    /// What waits in that queue of the route's lanes is due at `now`, the first of each where it is much.
    package func hurry(_ queue: LaneQueue, of route: String, to now: Timestamp) async throws(EmailLogError) {
        let lanes = try await lanesWithWork().map(\.lane).filter { $0.route == route }
        let limit = max(5, Self.rowsHurried / max(1, lanes.count))
        try await write { db in
            for lane in lanes { try db.hurry(lane, [queue], putOffUntil: .distantFuture, to: now, limit: limit) }
        }
    }

    /// All pauses on record, also those that have run out.
    package func pauses() async throws(EmailLogError) -> [LanePause] {
        try await read { db in
            try db.rows(
                "SELECT route, mailbox, path, until, cause, reason, since FROM lane_pause ORDER BY route, mailbox, path"
            )
            .compactMap(LanePause.init)
        }
    }

    /// Says on the rows of a lane's queue that are due before `until` what they wait for, and makes them due then.
    ///
    /// - Parameters:
    ///   - limit: the most rows touched by one call; what is left is due, and is found by the next one.
    /// - Returns: how many rows were touched.
    @discardableResult
    package func postpone(_ lane: LaneKey, _ queue: LaneQueue, until: Timestamp, because reason: String, limit: Int)
        async throws(EmailLogError) -> Int
    {
        let one = Postponement(lane: lane, queue: queue, until: until, reason: reason, limit: limit)
        return try await write { db in try db.postpone(one) }
    }

    /// In transactions of bounded length.
    package func postpone(_ all: [Postponement]) async throws(EmailLogError) {
        for start in stride(from: 0, to: all.count, by: Self.postponedAtOnce) {
            let some = all[start..<min(start + Self.postponedAtOnce, all.count)]
            try await write { db in for one in some { _ = try db.postpone(one) } }
        }
    }

    private static let postponedAtOnce = 100
}

/// What of a lane waits in a queue, until when and why.
package struct Postponement: Sendable {
    package var lane: LaneKey
    package var queue: LaneQueue
    package var until: Timestamp
    package var reason: String
    package var limit: Int

    package init(lane: LaneKey, queue: LaneQueue, until: Timestamp, reason: String, limit: Int) {
        self.lane = lane
        self.queue = queue
        self.until = until
        self.reason = reason
        self.limit = limit
    }
}

extension Database {
    /// - Returns: how many rows were touched.
    fileprivate func postpone(_ what: Postponement) throws -> Int {
        var touched = 0
        for priority in Priority.allCases where touched < what.limit {
            touched += try run(
                """
                UPDATE email_log SET error_text = ?1, next_attempt_date = ?2
                WHERE rowid IN (
                    SELECT rowid FROM email_log INDEXED BY email_log_due
                    WHERE status = 'Q' AND route = ?3 AND mailbox = ?4 AND priority = ?5
                        AND next_attempt_date < ?2 AND \(LaneQueue.column) = ?7
                    ORDER BY next_attempt_date LIMIT ?6)
                """,
                [
                    what.reason, what.until.description, what.lane.route, what.lane.mailbox.description,
                    priority.rawValue, what.limit - touched, what.queue.rawValue,
                ])
        }
        return touched
    }
}

extension Database {
    fileprivate func hurry(
        _ lane: LaneKey, _ queues: [LaneQueue], putOffUntil latest: Timestamp, to now: Timestamp, limit: Int
    ) throws {
        for queue in queues {
            var left = limit
            for priority in Priority.allCases where left > 0 {
                left -= try run(
                    """
                    UPDATE email_log SET next_attempt_date = ?1
                    WHERE rowid IN (
                        SELECT rowid FROM email_log INDEXED BY email_log_due
                        WHERE status = 'Q' AND route = ?2 AND mailbox = ?3 AND priority = ?4
                            AND \(LaneQueue.column) = ?5 AND next_attempt_date > ?1 AND next_attempt_date <= ?6
                        ORDER BY next_attempt_date LIMIT ?7)
                    """,
                    [
                        now.description, lane.route, lane.mailbox.description, priority.rawValue, queue.rawValue,
                        latest.description, left,
                    ])
            }
        }
    }

    fileprivate func delete(_ pause: LanePause.Key) throws {
        try run(
            "DELETE FROM lane_pause WHERE route = ? AND mailbox = ? AND path = ?",
            [pause.route, pause.mailbox?.description ?? "", pause.path.rawValue])
    }
}

extension LanePause {
    fileprivate init?(_ row: Row) {
        guard let until = Timestamp(row[3] as String), let cause = Refusal.Cause(rawValue: row[4]),
            let path = Path(rawValue: row[2]), let since = Timestamp(row[6] as String)
        else { return nil }
        route = row[0]
        mailbox = try? Address(parsing: row[1] as String)
        self.path = path
        self.since = since
        self.until = until
        self.cause = cause
        reason = row[5]
    }
}
