import GRDB
package import MailModel

/// Which messages an operator means.
package enum Selection: Sendable {
    case ids([QueueID])
    case route(String)
    case all
}

/// What an operator's verb did.
package struct OperatorReport: Hashable, Sendable {
    package struct Refusal: Hashable, Sendable {
        package var id: QueueID
        package var error: EmailLogError
    }

    /// In the order given, or by id.
    package var changed: [QueueID] = []
    /// Named messages that the verb is not for, and why.
    package var refused: [Refusal] = []
}

extension EmailLog {
    /// One transaction at most this long, so that mail is accepted in between.
    private static let chunk = 500

    /// The ids a selection names; for a route, those in `statuses`.
    func resolve(_ selection: Selection, in statuses: Set<Status>) async throws(EmailLogError) -> [QueueID] {
        switch selection {
        case .ids(let ids): return ids
        case .route(let route): return try await read { db in try db.ids(in: statuses, route: route) }
        case .all: return try await read { db in try db.ids(in: statuses, route: nil) }
        }
    }

    /// Applies `change` to each message in turn, in transactions of bounded length. Refusals are collected, not thrown.
    ///
    /// - Parameter change: returns the spool files to delete.
    func forEach(_ ids: [QueueID], _ change: @escaping @Sendable (Database, QueueID) throws -> [String])
        async throws(EmailLogError) -> OperatorReport
    {
        var report = OperatorReport()
        for start in stride(from: 0, to: ids.count, by: Self.chunk) {
            let part = ids[start..<min(start + Self.chunk, ids.count)]
            let (step, released) = try await write { db in try db.forEach(part, change) }
            spool.remove(released)
            report.changed += step.changed
            report.refused += step.refused
        }
        return report
    }
}

extension Database {
    fileprivate func forEach(_ ids: ArraySlice<QueueID>, _ change: (Database, QueueID) throws -> [String]) throws
        -> (OperatorReport, [String])
    {
        var report = OperatorReport()
        var released: [String] = []
        for id in ids {
            do {
                released += try change(self, id)
                report.changed.append(id)
            } catch let error as EmailLogError {
                report.refused.append(OperatorReport.Refusal(id: id, error: error))
            }
        }
        return (report, released)
    }

    /// Every status is asked for in the words of an index.
    fileprivate func ids(in statuses: Set<Status>, route: String?) throws -> [QueueID] {
        try statuses.flatMap { status in
            let setAside = [.inProgress, .held, .unknown].contains(status) ? "AND status IN ('P', 'H', 'U')" : ""
            return try rows(
                """
                SELECT id FROM email_log
                WHERE status = '\(status.rawValue)' \(setAside) AND route = COALESCE(?, route)
                """, [route]
            ).map { QueueID(rawValue: $0[0]) }
        }.sorted()
    }
}
