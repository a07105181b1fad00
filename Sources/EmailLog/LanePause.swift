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

    /// The most rows of each queue of a lane that are made due by the end of a pause. Exchange takes 150 of a mailbox in the
    /// five minutes that lie between two probes at most, and by then the others are due by themselves.
    private static let rowsHurried = 200

    /// Ends a pause before its time: what was put off by it is due at `now`, as much of it as can be sent before the rest is
    /// due anyway.
    package func end(_ pause: LanePause, at now: Timestamp) async throws(EmailLogError) {
        let latest = pause.until + Self.tolerance
        for (lane, _) in try await lanesWithWork() where pause.holds(lane) {
            try await write { db in try db.hurry(lane, putOffUntil: latest, to: now, limit: Self.rowsHurried) }
        }
        try await resume(pause.key)
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

    /// Says on the rows of a lane that are due before `until` what they wait for, and makes them due then.
    ///
    /// - Parameters:
    ///   - via: only those that may take no other path than this; `nil`: only those that are free to take any.
    ///   - limit: the most rows touched by one call; what is left is due, and is found by the next one.
    /// - Returns: how many rows were touched.
    @discardableResult
    package func postpone(_ lane: LaneKey, via: Path?, until: Timestamp, because reason: String, limit: Int)
        async throws(EmailLogError) -> Int
    {
        try await write { db in
            var touched = 0
            for priority in Priority.allCases where touched < limit {
                touched += try db.run(
                    """
                    UPDATE email_log SET error_text = ?1, next_attempt_date = ?2
                    WHERE status = 'Q' AND rowid IN (
                        SELECT rowid FROM email_log INDEXED BY email_log_due
                        WHERE status = 'Q' AND route = ?3 AND mailbox = ?4 AND priority = ?5
                            AND next_attempt_date < ?2 AND via IS ?7
                        ORDER BY next_attempt_date LIMIT ?6)
                    """,
                    [
                        reason, until.description, lane.route, lane.mailbox.description, priority.rawValue,
                        limit - touched, via?.rawValue,
                    ])
            }
            return touched
        }
    }
}

extension Database {
    fileprivate func hurry(_ lane: LaneKey, putOffUntil latest: Timestamp, to now: Timestamp, limit: Int) throws {
        for priority in Priority.allCases {
            for via in [Path?.none] + Path.allCases {
                try run(
                    """
                    UPDATE email_log SET next_attempt_date = ?1
                    WHERE status = 'Q' AND rowid IN (
                        SELECT rowid FROM email_log INDEXED BY email_log_due
                        WHERE status = 'Q' AND route = ?2 AND mailbox = ?3 AND priority = ?4 AND via IS ?5
                            AND next_attempt_date > ?1 AND next_attempt_date <= ?6
                        ORDER BY next_attempt_date LIMIT ?7)
                    """,
                    [
                        now.description, lane.route, lane.mailbox.description, priority.rawValue, via?.rawValue,
                        latest.description, limit,
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
