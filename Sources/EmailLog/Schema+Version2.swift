/// What version 0.2.0 changed: when a pause began is kept, each path has its own queue, alerts are remembered, and trouble
/// is found fast. Frozen when that version is released (see `Schema`).
extension Schema {
    static let version2 = pauses + alerts + indexes

    /// An empty mailbox speaks for the whole route; what was said of both paths is said of each, the longer one if both speak. When a
    /// pause began was not kept, so it begins now.
    private static let pauses = [
        "ALTER TABLE lane_pause RENAME TO lane_pause_1",
        """
        CREATE TABLE lane_pause (
            route TEXT NOT NULL,
            mailbox TEXT NOT NULL,
            path TEXT NOT NULL CHECK (path IN ('graph', 'smtp')),
            since TEXT NOT NULL CHECK (length(since) = 23),
            until TEXT NOT NULL CHECK (length(until) = 23),
            cause TEXT NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (route, mailbox, path)
        ) WITHOUT ROWID
        """,
        """
        INSERT OR REPLACE INTO lane_pause (route, mailbox, path, since, until, cause, reason)
        SELECT route, mailbox, paths.path, min(until, strftime('%Y-%m-%d %H:%M:%f', 'now')), until, cause, reason
        FROM lane_pause_1 AS old JOIN (SELECT 'graph' AS path UNION SELECT 'smtp') AS paths
            ON old.path IN ('', paths.path)
        ORDER BY until
        """,
        "DROP TABLE lane_pause_1",
    ]

    private static let alerts = [alert, alertNotification]

    /// The alerts that are open. `told_count` is what people have last been told.
    private static let alert = """
        CREATE TABLE alert (
            name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
            opened_date TEXT NOT NULL CHECK (length(opened_date) = 23),
            peak INTEGER NOT NULL CHECK (peak >= 0),
            told_count INTEGER NOT NULL CHECK (told_count >= 0),
            told_date TEXT NOT NULL CHECK (length(told_date) = 23),
            calm_date TEXT CHECK (length(calm_date) = 23)
        ) WITHOUT ROWID
        """

    /// What is still to be told, by each channel on its own and in the order of the ids.
    private static let alertNotification = """
        CREATE TABLE alert_notification (
            id INTEGER PRIMARY KEY,
            alert TEXT NOT NULL,
            channel TEXT NOT NULL CHECK (channel IN ('webhook', 'email', 'command')),
            event TEXT NOT NULL CHECK (json_valid(event)),
            created_date TEXT NOT NULL CHECK (length(created_date) = 23),
            next_attempt_date TEXT NOT NULL CHECK (length(next_attempt_date) = 23),
            attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0)
        )
        """

    /// For messages that may take only one path, for statistics from the index alone, and for what is rare.
    private static let indexes = [
        "DROP INDEX email_log_due",
        "CREATE INDEX email_log_due ON email_log (route, mailbox, priority, via, next_attempt_date) WHERE status = 'Q'",
        "DROP INDEX email_log_failed",
        "CREATE INDEX email_log_failed ON email_log (sent_date, client, status) WHERE status = 'F'",
        "CREATE INDEX email_log_fell_back ON email_log (sent_date, client, fell_back) WHERE fell_back = 1",
        "CREATE INDEX email_log_resent ON email_log (resent_date) WHERE status = 'Q' AND resent_date IS NOT NULL",
        "CREATE INDEX email_attempt_troubled ON email_attempt (outcome, finished_date) WHERE outcome <> 'accepted'",
    ]
}
