import GRDB
import MailModel

/// Rows that hold what Postern never writes: nobody waits for them, nothing of them is lost, and an operator hears of it.
extension Database {
    /// What `error_code` says of them.
    static let setAsideCode = "SetAside"

    /// → H, and no process's claim.
    func setAside(_ id: String, because reason: String, at date: String) throws {
        try run(
            """
            UPDATE email_log
            SET status = 'H', next_attempt_date = NULL, claimant = NULL, claimed_date = NULL, claimed_path = NULL,
                sent_date = ?, error_code = '\(Self.setAsideCode)', error_text = 'set aside: ' || ?
            WHERE id = ? AND status IN ('Q', 'P')
            """, [date, reason, id])
    }
}

extension EmailLog {
    /// Q → H for what waits in a mailbox that is no address, and so in no lane.
    func setAsideWithoutLane(at now: Timestamp) async throws(EmailLogError) {
        let lost = try await read { db in
            try db.rows("\(Self.leapingLanes) SELECT route, mailbox FROM lane WHERE mailbox IS NOT NULL")
                .map { (route: $0[0] as String, mailbox: $0[1] as String) }
                .filter { (try? Address(parsing: $0.mailbox)) == nil }
        }
        for (route, mailbox) in lost {
            try await write { db in
                let rows = try db.rows(
                    """
                    SELECT id FROM email_log INDEXED BY email_log_due
                    WHERE status = 'Q' AND route = ? AND mailbox = ? LIMIT 1000
                    """, [route, mailbox])
                for row in rows {
                    try db.setAside(row[0], because: "its mailbox is no address", at: now.description)
                }
            }
        }
    }
}
