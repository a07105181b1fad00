/// What version 0.3.0 changed: what waits is found by index, however much it is; reports of failures and drafts are
/// remembered, external recipients counted; trials have a queue and a state, and what their shadows have found is kept. Frozen when
/// that version is released (see `Schema`).
extension Schema {
    static let version3 = queueIndexes + trials + reports + setAside + drafts + spending + shadows

    /// Mail of a trial has a queue of its own, like mail that may take one path only (`LaneQueue`).
    ///
    /// `status` stands in them although all rows have the same there: without it SQLite reads each row to be sure of it.
    private static let queueIndexes = [
        "DROP INDEX email_log_due",
        """
        CREATE INDEX email_log_due ON email_log (
                status, route, mailbox, priority,
                COALESCE(via, CASE trial WHEN 'trial' THEN 'trial' ELSE 'free' END), next_attempt_date)
            WHERE status = 'Q'
        """,
        "DROP INDEX email_log_waiting",
        """
        CREATE INDEX email_log_waiting ON email_log (
                status, route, mailbox, COALESCE(via, CASE trial WHEN 'trial' THEN 'trial' ELSE 'free' END),
                COALESCE(resent_date, created_date))
            WHERE status = 'Q'
        """,
        "DROP INDEX email_log_resent",
    ]

    private static let trials = [
        trialState,
        "CREATE INDEX email_log_trial ON email_log (route, trial, sent_date) WHERE trial IS NOT NULL",
    ]

    /// What operators, the schedule and the rule have made of a route's trial. `section` is what it was configured as;
    /// `share` is in millionths, and NULL where the configuration says it. `revision` grows with each change, so that none
    /// is made on the strength of what is no longer so.
    private static let trialState = """
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
        """

    /// The message that told the sender of the failure; empty where nobody wants to be told.
    private static let reports = ["ALTER TABLE email_log ADD COLUMN report_id TEXT"]

    /// For what is rare.
    private static let setAside = [
        """
        CREATE INDEX email_log_unreadable ON email_log (sent_date, status, client, error_code)
            WHERE error_code = 'SetAside'
        """
    ]

    private static let drafts = [
        "ALTER TABLE email_log ADD COLUMN draft_id TEXT",
        leftoverDraft,
        "CREATE INDEX leftover_draft_next ON leftover_draft (next_look_date) WHERE next_look_date IS NOT NULL",
        "CREATE INDEX leftover_draft_looked ON leftover_draft (looked_date) WHERE looked_date IS NOT NULL",
        draftLeft,
    ]

    /// Drafts that nobody will send: to be deleted. An empty `draft_id` is one whose id was never learned, in the row as
    /// well. `looked_date` and `requests` are the rate limiters' memory; without `next_look_date` it is done.
    private static let leftoverDraft = """
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
        """

    /// Whatever ends a message, in the same transaction. One that was sent may be waiting in Drafts for its turn for a
    /// while, so that is left alone for an hour.
    private static let draftLeft = """
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
        """

    /// Earlier versions did not count external recipients: for as long as it matters all are taken to be.
    private static let spending = [
        """
        UPDATE email_attempt SET external_recipients = recipients
        WHERE finished_date >= strftime('%Y-%m-%d %H:%M:%f', 'now', '-1 day') AND external_recipients = 0
        """
    ]
    /// The exercise of Graph beside mail that goes by SMTP: one for each message that a trial in shadow mode has chosen. It
    /// holds a reference of its own to the body until it is over. `runs` tells its drafts from those of a run before.
    /// `answered_date`, `requests`, `messages` and `bytes` are the rate limiters' memory.
    private static let shadows = [
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
