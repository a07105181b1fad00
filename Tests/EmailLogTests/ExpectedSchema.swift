/// All statements of a store's tables and indexes, as `sqlite_master` shows them.
enum ExpectedSchema {
    static let statements = [
        """
        CREATE TABLE email_body (
            id INTEGER PRIMARY KEY,
            size INTEGER NOT NULL CHECK (size >= 0),
            references_left INTEGER NOT NULL CHECK (references_left > 0),
            spool TEXT,
            bytes BLOB,
            CHECK ((spool IS NULL) <> (bytes IS NULL))
        )
        """,
        """
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
            claimed_path TEXT CHECK (claimed_path IN ('graph', 'smtp')), report_id TEXT, draft_id TEXT,
            CHECK ((status = 'Q') = (next_attempt_date IS NOT NULL)),
            CHECK ((status = 'P') = (claimant IS NOT NULL AND claimed_date IS NOT NULL AND claimed_path IS NOT NULL)),
            CHECK (status NOT IN ('Q', 'P', 'H', 'U') OR body_id IS NOT NULL),
            CHECK ((status = 'S') = (latency_ms IS NOT NULL)),
            CHECK (status NOT IN ('S', 'U') OR (path IS NOT NULL AND attempts > 0))
        )
        """,
        """
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
        """,
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
        CREATE TABLE alert (
            name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
            opened_date TEXT NOT NULL CHECK (length(opened_date) = 23),
            peak INTEGER NOT NULL CHECK (peak >= 0),
            told_count INTEGER NOT NULL CHECK (told_count >= 0),
            told_date TEXT NOT NULL CHECK (length(told_date) = 23),
            calm_date TEXT CHECK (length(calm_date) = 23)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE alert_notification (
            id INTEGER PRIMARY KEY,
            alert TEXT NOT NULL,
            channel TEXT NOT NULL CHECK (channel IN ('webhook', 'email', 'command')),
            event TEXT NOT NULL CHECK (json_valid(event)),
            created_date TEXT NOT NULL CHECK (length(created_date) = 23),
            next_attempt_date TEXT NOT NULL CHECK (length(next_attempt_date) = 23),
            attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0)
        )
        """,
        """
        CREATE TABLE trial_state (
            route TEXT NOT NULL PRIMARY KEY CHECK (route <> ''),
            state TEXT NOT NULL CHECK (state IN ('running', 'rolled_back', 'stopped')),
            share INTEGER CHECK (share BETWEEN 0 AND 1000000),
            since TEXT NOT NULL CHECK (length(since) = 23),
            started_date TEXT NOT NULL CHECK (length(started_date) = 23),
            healthy_ms INTEGER NOT NULL CHECK (healthy_ms >= 0),
            looked_date TEXT NOT NULL CHECK (length(looked_date) = 23),
            reason TEXT,
            section TEXT NOT NULL,
            revision INTEGER NOT NULL CHECK (revision > 0)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX email_log_trial ON email_log (route, trial, sent_date) WHERE trial IS NOT NULL",
        """
        CREATE TABLE store_probe (id INTEGER PRIMARY KEY CHECK (id = 1), checked INTEGER NOT NULL)
        """,
        """
        CREATE INDEX email_log_due ON email_log (
                status, route, mailbox, priority,
                COALESCE(via, CASE trial WHEN 'trial' THEN 'trial' ELSE 'free' END), next_attempt_date)
            WHERE status = 'Q'
        """,
        """
        CREATE INDEX email_log_waiting ON email_log (
                status, route, mailbox, COALESCE(via, CASE trial WHEN 'trial' THEN 'trial' ELSE 'free' END),
                COALESCE(resent_date, created_date))
            WHERE status = 'Q'
        """,
        """
        CREATE INDEX email_log_unreadable ON email_log (sent_date, status, client, error_code)
            WHERE error_code = 'SetAside'
        """,
        """
        CREATE TABLE leftover_draft (
            id INTEGER PRIMARY KEY,
            email_id TEXT NOT NULL,
            route TEXT NOT NULL,
            mailbox TEXT NOT NULL,
            message_id TEXT,
            draft_id TEXT NOT NULL,
            created_date TEXT NOT NULL CHECK (length(created_date) = 23),
            next_look_date TEXT CHECK (length(next_look_date) = 23),
            looked_date TEXT CHECK (length(looked_date) = 23),
            requests INTEGER NOT NULL DEFAULT 0 CHECK (requests >= 0)
        )
        """,
        "CREATE INDEX leftover_draft_next ON leftover_draft (next_look_date) WHERE next_look_date IS NOT NULL",
        "CREATE INDEX leftover_draft_looked ON leftover_draft (looked_date) WHERE looked_date IS NOT NULL",
        """
        CREATE TRIGGER email_log_draft_left AFTER UPDATE OF status ON email_log
        WHEN NEW.draft_id IS NOT NULL AND NEW.status IN ('S', 'F', 'C')
        BEGIN
            INSERT INTO leftover_draft (email_id, route, mailbox, message_id, draft_id, created_date, next_look_date)
            VALUES (
                NEW.id, NEW.route, NEW.mailbox, NEW.message_id, NEW.draft_id, NEW.sent_date,
                CASE NEW.status
                    WHEN 'S' THEN strftime('%Y-%m-%d %H:%M:%f', NEW.sent_date, '+1 hour') ELSE NEW.sent_date
                END);
            UPDATE email_log SET draft_id = NULL WHERE id = NEW.id;
        END
        """,
        "CREATE INDEX email_log_sent_date ON email_log (sent_date)",
        "CREATE INDEX email_log_failed ON email_log (sent_date, client, status) WHERE status = 'F'",
        "CREATE INDEX email_log_fell_back ON email_log (sent_date, client, fell_back) WHERE fell_back = 1",
        "CREATE INDEX email_log_set_aside ON email_log (status, route) WHERE status IN ('P', 'H', 'U')",
        """
        CREATE INDEX email_log_body_kept ON email_log (status, sent_date)
            WHERE body_id IS NOT NULL AND status IN ('S', 'F')
        """,
        "CREATE INDEX email_attempt_finished ON email_attempt (finished_date)",
        "CREATE INDEX email_attempt_troubled ON email_attempt (outcome, finished_date) WHERE outcome <> 'accepted'",
        "CREATE UNIQUE INDEX email_body_spool ON email_body (spool) WHERE spool IS NOT NULL",
        """
        CREATE TABLE trial_shadow (
            id INTEGER PRIMARY KEY,
            email_id TEXT NOT NULL,
            route TEXT NOT NULL,
            mailbox TEXT NOT NULL,
            recipients TEXT,
            size INTEGER NOT NULL,
            body_id INTEGER,
            state TEXT NOT NULL DEFAULT 'waiting'
                CHECK (state IN ('waiting', 'running', 'done', 'failed', 'skipped')),
            form TEXT CHECK (form IN ('render', 'draft', 'redirect')),
            runs INTEGER NOT NULL DEFAULT 0,
            claimant INTEGER,
            created_date TEXT NOT NULL CHECK (length(created_date) = 23),
            next_date TEXT CHECK (length(next_date) = 23),
            started_date TEXT CHECK (length(started_date) = 23),
            finished_date TEXT CHECK (length(finished_date) = 23),
            answered_date TEXT CHECK (length(answered_date) = 23),
            draft_id TEXT,
            request_form TEXT,
            request_size INTEGER,
            latency_ms INTEGER,
            http_status INTEGER,
            error_code TEXT,
            error_text TEXT,
            request_id TEXT,
            findings TEXT,
            requests INTEGER NOT NULL DEFAULT 0 CHECK (requests >= 0),
            messages INTEGER NOT NULL DEFAULT 0 CHECK (messages >= 0),
            bytes INTEGER NOT NULL DEFAULT 0 CHECK (bytes >= 0),
            CHECK ((state = 'waiting') = (next_date IS NOT NULL)),
            CHECK ((state = 'running') = (claimant IS NOT NULL)),
            CHECK ((state IN ('waiting', 'running')) = (finished_date IS NULL)),
            CHECK ((state IN ('waiting', 'running')) = (body_id IS NOT NULL))
        )
        """,
        "CREATE INDEX trial_shadow_waiting ON trial_shadow (route, next_date) WHERE state = 'waiting'",
        "CREATE INDEX trial_shadow_running ON trial_shadow (state, claimant) WHERE state = 'running'",
        "CREATE INDEX trial_shadow_message ON trial_shadow (email_id)",
        "CREATE INDEX trial_shadow_route ON trial_shadow (route, created_date)",
        "CREATE INDEX trial_shadow_finished ON trial_shadow (finished_date) WHERE finished_date IS NOT NULL",
        "CREATE INDEX trial_shadow_answered ON trial_shadow (answered_date) WHERE answered_date IS NOT NULL",
    ]
}
