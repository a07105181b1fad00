import GRDB
package import MailModel

/// What stands in the store of a route's trial; see `trial_state` in the schema.
package struct TrialRecord: Hashable, Sendable {
    package var route: String
    package var state: String
    /// In millionths.
    package var share: Int?
    package var since: Timestamp
    package var startedDate: Timestamp
    /// Of a schedule, the time that has counted, and when that was last reckoned.
    package var healthy: Duration
    package var lookedDate: Timestamp
    package var reason: String?
    /// What it was configured as.
    package var section: String
    /// 0 before it is kept for the first time.
    package var revision: Int

    package init(
        route: String, state: String, share: Int? = nil, since: Timestamp, startedDate: Timestamp,
        healthy: Duration = .zero, lookedDate: Timestamp, reason: String? = nil, section: String, revision: Int = 0
    ) {
        self.route = route
        self.state = state
        self.share = share
        self.since = since
        self.startedDate = startedDate
        self.healthy = healthy
        self.lookedDate = lookedDate
        self.reason = reason
        self.section = section
        self.revision = revision
    }
}

extension EmailLog {
    /// By route.
    package func trials() async throws(EmailLogError) -> [TrialRecord] {
        try await read { db in
            try db.rows("SELECT \(TrialRecord.columns) FROM trial_state ORDER BY route").compactMap(TrialRecord.init)
        }
    }

    /// Keeps what has become of the record with that revision.
    ///
    /// - Returns: false, and nothing is kept, where somebody else was first.
    package func keep(_ record: TrialRecord) async throws(EmailLogError) -> Bool {
        try await write { db in
            try db.run(
                """
                INSERT INTO trial_state (\(TrialRecord.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (route) DO UPDATE
                SET state = excluded.state, share = excluded.share, since = excluded.since,
                    started_date = excluded.started_date, healthy_ms = excluded.healthy_ms,
                    looked_date = excluded.looked_date, reason = excluded.reason, section = excluded.section,
                    revision = excluded.revision
                WHERE trial_state.revision = excluded.revision - 1
                """, record.arguments) == 1
        }
    }
}

extension TrialRecord {
    fileprivate static let columns =
        "route, state, share, since, started_date, healthy_ms, looked_date, reason, section, revision"

    fileprivate var arguments: StatementArguments {
        [
            route, state, share, since.description, startedDate.description, healthy.milliseconds,
            lookedDate.description, reason, section, revision + 1,
        ]
    }

    fileprivate init?(_ row: Row) {
        guard let since = Timestamp(row[3] as String), let started = Timestamp(row[4] as String),
            let looked = Timestamp(row[6] as String)
        else { return nil }
        self.init(
            route: row[0], state: row[1], share: row[2], since: since, startedDate: started,
            healthy: .milliseconds(row[5] as Int64), lookedDate: looked, reason: row[7], section: row[8],
            revision: row[9])
    }
}
