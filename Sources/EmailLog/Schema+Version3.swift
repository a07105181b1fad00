/// What version 0.3.0 changed: what waits is found by index, however much it is, and reports of failures are remembered.
/// Frozen when that version is released (see `Schema`).
extension Schema {
    static let version3 = queueIndexes + reports + setAside

    /// `status` stands in them although all rows have the same there: without it SQLite reads each row to be sure of it.
    private static let queueIndexes = [
        "DROP INDEX email_log_due",
        """
        CREATE INDEX email_log_due ON email_log (status, route, mailbox, priority, via, next_attempt_date)
            WHERE status = 'Q'
        """,
        "DROP INDEX email_log_waiting",
        """
        CREATE INDEX email_log_waiting ON email_log (status, route, mailbox, via, COALESCE(resent_date, created_date))
            WHERE status = 'Q'
        """,
        "DROP INDEX email_log_resent",
    ]

    /// The message that told the sender of the failure; empty where nobody wants to be told.
    private static let reports = ["ALTER TABLE email_log ADD COLUMN report_id TEXT"]

    /// For what is rare.
    private static let setAside = [
        """
        CREATE INDEX email_log_unreadable ON email_log (sent_date, status, client, error_code)
            WHERE error_code = 'SetAside'
        """
    ]
}
