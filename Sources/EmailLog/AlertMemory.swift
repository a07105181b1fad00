import GRDB
package import MailModel

/// An alert that is open, as it is remembered across restarts.
package struct OpenAlert: Hashable, Sendable {
    package var name: String
    package var openedDate: Timestamp
    /// The highest count since then.
    package var peak: Int
    /// What people have last been told, and when.
    package var toldCount: Int
    package var toldDate: Timestamp
    /// Since when its condition has no longer been true.
    package var calmDate: Timestamp?

    package init(
        name: String, openedDate: Timestamp, peak: Int, toldCount: Int, toldDate: Timestamp, calmDate: Timestamp? = nil
    ) {
        self.name = name
        self.openedDate = openedDate
        self.peak = peak
        self.toldCount = toldCount
        self.toldDate = toldDate
        self.calmDate = calmDate
    }
}

/// Something an alert has to tell by one of its channels, until it is told or given up.
package struct AlertNotification: Hashable, Sendable {
    package enum Channel: String, Hashable, Sendable, CaseIterable { case webhook, email, command }

    package var id: Int64
    package var alert: String
    package var channel: Channel
    /// A JSON document of the caller's; no address of a receiver is in it.
    package var event: String
    package var createdDate: Timestamp
    /// Those that failed.
    package var attempts: Int
}

extension EmailLog {
    package func openAlerts() async throws(EmailLogError) -> [OpenAlert] {
        try await read { db in
            try db.rows("SELECT name, opened_date, peak, told_count, told_date, calm_date FROM alert ORDER BY name")
                .compactMap(OpenAlert.init)
        }
    }

    /// Remembers an open alert, together with what is to be told of it.
    package func remember(
        _ alert: OpenAlert, telling event: String? = nil, by channels: [AlertNotification.Channel] = [],
        at now: Timestamp
    ) async throws(EmailLogError) {
        try await write { db in
            try db.run(
                """
                INSERT OR REPLACE INTO alert (name, opened_date, peak, told_count, told_date, calm_date)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
                [
                    alert.name, alert.openedDate.description, alert.peak, alert.toldCount, alert.toldDate.description,
                    alert.calmDate?.description,
                ])
            try db.enqueue(event, of: alert.name, by: channels, at: now)
        }
    }

    /// The alert is closed; what is to be told of that follows what is still to be told of its opening.
    package func forgetAlert(
        _ name: String, telling event: String, by channels: [AlertNotification.Channel], at now: Timestamp
    ) async throws(EmailLogError) {
        try await write { db in
            try db.run("DELETE FROM alert WHERE name = ?", [name])
            try db.enqueue(event, of: name, by: channels, at: now)
        }
    }

    /// Drops what is remembered of alerts that are no longer there, with what they had to tell.
    ///
    /// - Returns: those that were open.
    package func forgetAlerts(besides names: Set<String>) async throws(EmailLogError) -> [String] {
        try await write { db in
            let open: [String] = try db.rows("SELECT name FROM alert ORDER BY name").map { $0[0] }
            let telling: [String] = try db.rows("SELECT DISTINCT alert FROM alert_notification").map { $0[0] }
            for name in Set(open + telling).subtracting(names) {
                try db.run("DELETE FROM alert WHERE name = ?", [name])
                try db.run("DELETE FROM alert_notification WHERE alert = ?", [name])
            }
            return open.filter { !names.contains($0) }
        }
    }

    /// What may be told now: of each alert and channel the first, if its time has come, since a closing must not overtake
    /// its opening.
    package func dueNotifications(at now: Timestamp) async throws(EmailLogError) -> [AlertNotification] {
        try await read { db in
            try db.rows(
                """
                SELECT id, alert, channel, event, created_date, attempts FROM alert_notification
                WHERE id IN (SELECT MIN(id) FROM alert_notification GROUP BY alert, channel) AND next_attempt_date <= ?
                ORDER BY id
                """, [now.description]
            ).compactMap(AlertNotification.init)
        }
    }

    /// Told, or given up.
    package func removeNotification(_ id: Int64) async throws(EmailLogError) {
        try await write { db in try db.run("DELETE FROM alert_notification WHERE id = ?", [id]) }
    }

    /// It failed, and is tried again at `moment`.
    package func postponeNotification(_ id: Int64, until moment: Timestamp) async throws(EmailLogError) {
        try await write { db in
            try db.run(
                "UPDATE alert_notification SET attempts = attempts + 1, next_attempt_date = ? WHERE id = ?",
                [moment.description, id])
        }
    }
}

extension Database {
    fileprivate func enqueue(
        _ event: String?, of alert: String, by channels: [AlertNotification.Channel], at now: Timestamp
    ) throws {
        for channel in channels {
            try run(
                """
                INSERT INTO alert_notification (alert, channel, event, created_date, next_attempt_date)
                VALUES (?, ?, ?, ?, ?)
                """, [alert, channel.rawValue, event, now.description, now.description])
        }
    }
}

extension OpenAlert {
    fileprivate init?(_ row: Row) {
        guard let opened = Timestamp(row[1] as String), let told = Timestamp(row[4] as String) else { return nil }
        name = row[0]
        openedDate = opened
        peak = row[2]
        toldCount = row[3]
        toldDate = told
        calmDate = (row[5] as String?).flatMap { Timestamp($0) }
    }
}

extension AlertNotification {
    fileprivate init?(_ row: Row) {
        guard let channel = Channel(rawValue: row[2]), let created = Timestamp(row[4] as String) else { return nil }
        id = row[0]
        alert = row[1]
        self.channel = channel
        event = row[3]
        createdDate = created
        attempts = row[5]
    }
}
