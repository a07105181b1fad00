import MailModel
import Testing

@testable import EmailLog

@Suite struct QueriesTests {
    private static func filter(_ change: (inout LogFilter) -> Void) -> LogFilter {
        var filter = LogFilter()
        change(&filter)
        return filter
    }

    static let table: [(LogFilter, [String])] = [
        (filter { _ in }, ["5", "4", "3", "2", "1"]),
        (filter { $0.limit = 2 }, ["5", "4"]),
        (filter { $0.statuses = [.failed] }, ["2"]),
        (filter { $0.statuses = [.failed, .held, .queued] }, ["5", "4", "3", "2"]),
        (filter { $0.since = after(30) }, ["5", "4", "3"]),
        (filter { $0.until = after(30) }, ["2", "1"]),
        (filter { ($0.since, $0.until) = (after(30), after(40)) }, ["3"]),
        (filter { $0.route = "fabrikam" }, ["4"]),
        (filter { $0.mailbox = "REPORTS@contoso.com" }, ["5", "3", "2", "1"]),
        (filter { $0.from = "REPORTS <" }, ["5", "4", "3", "2", "1"]),
        (filter { $0.to = "Bob@" }, ["3"]),
        (filter { $0.search = "100% sure" }, ["5"]),
        (filter { $0.search = "%" }, ["5"]),
        (filter { $0.search = "_" }, []),
        (filter { $0.search = "such recipient" }, ["2"]),
        (filter { $0.search = "ErrorInvalid" }, ["2"]),
        (filter { ($0.search, $0.statuses) = ("weekly", [.sent]) }, ["1"]),
        (filter { $0.trial = "graph" }, []),
        (filter { $0.path = .graph }, ["2", "1"]),
        (filter { $0.path = .smtp }, []),
        (filter { $0.search = "'; DROP TABLE email_log; --" }, []),
    ]

    @Test func filters() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        _ = try await log.make(.sent, id: "1", at: after(10))
        _ = try await log.make(.failed, id: "2", at: after(20))
        _ = try await log.accept(submission("3", at: after(30), to: [["bob@fabrikam.com"]]))
        _ = try await log.accept(
            submission("4", at: after(40), route: "fabrikam", mailbox: address("sales@contoso.com")))
        _ = try await log.accept(submission("5", at: after(50), subject: "100% sure", start: .held))
        for (filter, expected) in Self.table {
            #expect(try await log.rows(filter).map(\.id.rawValue) == expected, "\(filter)")
        }
    }

    @Test func oldest() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        #expect(try await log.oldestQueuedDate() == nil)
        _ = try await log.make(.held, at: noon)
        _ = try await log.make(.queued, at: after(9))
        _ = try await log.accept(submission(at: after(4), route: "fabrikam"))
        #expect(try await log.oldestQueuedDate() == after(4))
    }
}
