import GRDB
package import MailModel

/// What waits in one order.
private struct Queue: Sendable {
    var lane: LaneKey
    var priority: Priority
    var queue: LaneQueue

    var arguments: StatementArguments {
        [lane.route, lane.mailbox.description, priority.rawValue, queue.rawValue]
    }
}

extension EmailLog {
    private static let chunk = 1000

    /// Makes the dates of waiting rows and of pauses that much earlier, though not earlier than `now`: they were reckoned by
    /// a clock that has been set back since. In transactions of bounded length.
    package func bringForward(by step: Duration, at now: Timestamp) async throws(EmailLogError) {
        for (lane, _) in try await lanesWithWork() {
            for priority in Priority.allCases {
                for queue in LaneQueue.allCases {
                    try await bringForward(Queue(lane: lane, priority: priority, queue: queue), by: step, at: now)
                }
            }
        }
        try await write { db in
            try db.run(
                "UPDATE lane_pause SET since = MIN(since, ?1), until = \(Self.earlier("until")) WHERE until > ?1",
                [now.description, Self.modifier(step)])
        }
    }

    private func bringForward(_ queue: Queue, by step: Duration, at now: Timestamp) async throws(EmailLogError) {
        var reached = now.description
        while let end = try await endOfChunk(of: queue, after: reached) {
            let arguments = queue.arguments + [now.description, Self.modifier(step), reached, end]
            try await write { db in
                try db.run(
                    """
                    UPDATE email_log INDEXED BY email_log_due
                    SET next_attempt_date = \(Self.earlier("next_attempt_date", now: "?5", step: "?6"))
                    WHERE status = 'Q' AND route = ?1 AND mailbox = ?2 AND priority = ?3 AND \(LaneQueue.column) = ?4
                        AND next_attempt_date > ?7 AND next_attempt_date <= ?8
                    """, arguments)
            }
            reached = end
        }
    }

    private func endOfChunk(of queue: Queue, after date: String) async throws(EmailLogError) -> String? {
        let arguments = queue.arguments + [date, Self.chunk]
        return try await read { db in
            try db.row(
                """
                SELECT MAX(date) FROM (
                    SELECT next_attempt_date AS date FROM email_log INDEXED BY email_log_due
                    WHERE status = 'Q' AND route = ?1 AND mailbox = ?2 AND priority = ?3 AND \(LaneQueue.column) = ?4
                        AND next_attempt_date > ?5
                    ORDER BY next_attempt_date LIMIT ?6)
                """, arguments)?[0]
        }
    }

    /// A date that cannot be read stays as it is.
    private static func earlier(_ column: String, now: String = "?1", step: String = "?2") -> String {
        "COALESCE(MAX(\(now), strftime('%Y-%m-%d %H:%M:%f', \(column), \(step))), \(column))"
    }

    private static func modifier(_ step: Duration) -> String {
        let milliseconds = step.milliseconds
        return "-\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst()) seconds"
    }
}
