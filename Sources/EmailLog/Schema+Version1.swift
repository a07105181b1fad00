/// The tables as version 0.1.0 made them. Frozen: stores hold them, and what is to be different is for a later migration
/// (see `Schema`).
extension Schema {
    static let version1 = [emailBody, emailLog, emailAttempt, lanePause, probe] + indexes

    /// `references_left` counts the rows of `email_log` that share the body; small columns come first, so that reading them
    /// does not walk through a blob's pages.
    private static let emailBody = """
        CREATE TABLE email_body (
            id INTEGER PRIMARY KEY,
            size INTEGER NOT NULL CHECK (size >= 0),
            references_left INTEGER NOT NULL CHECK (references_left > 0),
            spool TEXT,
            bytes BLOB,
            CHECK ((spool IS NULL) <> (bytes IS NULL))
        )
        """

    private static let emailLog = """
        CREATE TABLE email_log (
            id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
            status TEXT NOT NULL CHECK (status IN ('Q', 'P', 'S', 'F', 'H', 'C', 'U')),
            created_date TEXT NOT NULL CHECK (length(created_date) = 23),
            sent_date TEXT NOT NULL CHECK (length(sent_date) = 23),
            next_attempt_date TEXT CHECK (length(next_attempt_date) = 23),
            route TEXT NOT NULL,
            path TEXT CHECK (path IN ('graph', 'smtp')),
            mailbox TEXT NOT NULL,
            sender TEXT NOT NULL,
            recipients TEXT NOT NULL CHECK (json_valid(recipients)),
            recipient_count INTEGER NOT NULL CHECK (recipient_count > 0),
            header_from TEXT,
            subject TEXT,
            message_id TEXT,
            size INTEGER NOT NULL CHECK (size >= 0),
            client TEXT,
            user TEXT,
            attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
            fell_back INTEGER NOT NULL DEFAULT 0 CHECK (fell_back IN (0, 1)),
            http_status INTEGER,
            error_code TEXT,
            error_text TEXT,
            request_id TEXT,
            latency_ms INTEGER,
            priority TEXT NOT NULL CHECK (priority IN ('high', 'normal', 'bulk')),
            trial TEXT,
            resend_of TEXT,
            body_id INTEGER,
            received BLOB,
            is_part INTEGER NOT NULL DEFAULT 0 CHECK (is_part IN (0, 1)),
            retries INTEGER NOT NULL DEFAULT 0 CHECK (retries >= 0),
            resent_date TEXT,
            via TEXT CHECK (via IN ('graph', 'smtp')),
            claimant INTEGER,
            claimed_date TEXT,
            claimed_path TEXT CHECK (claimed_path IN ('graph', 'smtp')),
            CHECK ((status = 'Q') = (next_attempt_date IS NOT NULL)),
            CHECK ((status = 'P') = (claimant IS NOT NULL AND claimed_date IS NOT NULL AND claimed_path IS NOT NULL)),
            CHECK (status NOT IN ('Q', 'P', 'H', 'U') OR body_id IS NOT NULL),
            CHECK ((status = 'S') = (latency_ms IS NOT NULL)),
            CHECK (status NOT IN ('S', 'U') OR (path IS NOT NULL AND attempts > 0))
        )
        """

    /// `finished_date` and what follows is the rate limiters' memory: what an attempt cost of Microsoft's limits, and when.
    private static let emailAttempt = """
        CREATE TABLE email_attempt (
            email_id TEXT NOT NULL REFERENCES email_log (id) ON DELETE CASCADE,
            attempt INTEGER NOT NULL CHECK (attempt > 0),
            started_date TEXT NOT NULL CHECK (length(started_date) = 23),
            duration_ms INTEGER CHECK (duration_ms >= 0),
            path TEXT NOT NULL CHECK (path IN ('graph', 'smtp')),
            outcome TEXT NOT NULL
                CHECK (outcome IN ('accepted', 'deferred', 'throttled', 'rejected', 'unknown')),
            http_status INTEGER,
            error_code TEXT,
            error_text TEXT,
            retry_after_ms INTEGER CHECK (retry_after_ms >= 0),
            request_id TEXT,
            finished_date TEXT NOT NULL CHECK (length(finished_date) = 23),
            requests INTEGER NOT NULL CHECK (requests >= 0),
            recipients INTEGER NOT NULL CHECK (recipients >= 0),
            external_recipients INTEGER NOT NULL CHECK (external_recipients >= 0),
            bytes INTEGER NOT NULL CHECK (bytes >= 0),
            PRIMARY KEY (email_id, attempt)
        ) WITHOUT ROWID
        """

    /// An empty mailbox speaks for the whole route, an empty path for both.
    private static let lanePause = """
        CREATE TABLE lane_pause (
            route TEXT NOT NULL,
            mailbox TEXT NOT NULL,
            path TEXT NOT NULL CHECK (path IN ('', 'graph', 'smtp')),
            until TEXT NOT NULL CHECK (length(until) = 23),
            cause TEXT NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (route, mailbox, path)
        ) WITHOUT ROWID
        """

    /// One row that is rewritten to learn whether the store can be written.
    private static let probe = """
        CREATE TABLE store_probe (id INTEGER PRIMARY KEY CHECK (id = 1), checked INTEGER NOT NULL)
        """

    /// Few, since each one is paid for at every acceptance: only the first three are touched by it.
    private static let indexes = [
        "CREATE INDEX email_log_due ON email_log (route, mailbox, priority, next_attempt_date) WHERE status = 'Q'",
        "CREATE INDEX email_log_waiting ON email_log (route, mailbox, created_date) WHERE status = 'Q'",
        "CREATE INDEX email_log_sent_date ON email_log (sent_date)",
        "CREATE INDEX email_log_failed ON email_log (sent_date) WHERE status = 'F'",
        "CREATE INDEX email_log_set_aside ON email_log (status, route) WHERE status IN ('P', 'H', 'U')",
        """
        CREATE INDEX email_log_body_kept ON email_log (status, sent_date)
            WHERE body_id IS NOT NULL AND status IN ('S', 'F')
        """,
        "CREATE INDEX email_attempt_finished ON email_attempt (finished_date)",
        "CREATE UNIQUE INDEX email_body_spool ON email_body (spool) WHERE spool IS NOT NULL",
    ]
}
