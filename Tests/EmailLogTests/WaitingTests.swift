import GRDB
import MailModel
import Testing

@testable import EmailLog

@Suite struct WaitingTests {
    @Test func orderIsPriorityThenDateThenArrival() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let order: [(String, Int, Priority)] = [
            ("e", 0, .bulk), ("c", 5, .normal), ("d", 5, .normal), ("b", 1, .normal), ("a", 8, .high), ("z", 11, .high),
        ]
        for (id, second, priority) in order {
            _ = try await log.accept(submission(id, at: after(second), priority: priority))
        }
        _ = try await log.accept(submission("other", mailbox: address("sales@contoso.com")))
        let due = try await log.allDue(in: lane, at: after(10))
        #expect(due.map(\.id.rawValue) == ["a", "b", "c", "d", "e"])
        #expect(due.first?.priority == .high && due.first?.nextAttemptDate == after(8) && due.first?.size == 7)
    }

    @Test(arguments: [(0, []), (1, ["b"]), (3, ["b", "c", "d"]), (9, ["b", "c", "d"])])
    func oneCallSpeaksOfOnePriority(_ limit: Int, _ expected: [String]) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        for (index, id) in ["a", "b", "c", "d", "later"].enumerated() {
            let second = id == "later" ? 90 : index
            _ = try await log.accept(submission(id, at: after(second), priority: index < 1 ? .high : .normal))
        }
        let due = try await log.due(in: lane, LaneSection.all(of: .normal), at: after(60), limit: limit)
        #expect(due.map(\.id.rawValue) == expected)
    }

    @Test func noBacklogHidesWhatMayTakeAnotherPath() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        for (index, via) in [Path.smtp, .smtp, .smtp, nil, nil, nil, .graph].enumerated() {
            _ = try await log.accept(submission("\(index)", at: after(index), via: via))
        }
        let due = try await log.due(in: lane, LaneSection.all(of: .normal), at: after(60), limit: 2)
        #expect(due.map(\.id.rawValue).sorted() == ["0", "1", "3", "4", "6"])
        #expect(try await log.nextDue(in: lane, after: after(5)) == after(6))
        #expect(try await log.lanesWithWork().first?.next == after(0))
    }

    @Test func theNextDueIsTheEarliestOfAllPriorities() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        #expect(try await log.nextDue(in: lane, after: noon) == nil)
        for (second, priority) in [(5, Priority.bulk), (30, .high), (20, .normal)] {
            _ = try await log.accept(submission(at: after(second), priority: priority))
        }
        #expect(try await log.nextDue(in: lane, after: noon) == after(5))
        #expect(try await log.nextDue(in: lane, after: after(5)) == after(20))
        #expect(try await log.nextDue(in: lane, after: after(30)) == nil)
    }

    @Test func lanesAreFoundOnce() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        #expect(try await log.lanesWithWork().isEmpty)
        let sales = address("sales@contoso.com")
        for (second, route, mailbox, priority) in [
            (9, "contoso", reports, Priority.normal), (4, "contoso", reports, .bulk), (5, "contoso", reports, .high),
            (7, "contoso", sales, .normal), (2, "fabrikam", reports, .normal), (8, "fabrikam", reports, .high),
        ] {
            _ = try await log.accept(
                submission(at: after(second), route: route, mailbox: mailbox, priority: priority))
        }
        _ = try await log.make(.sent)
        let lanes = try await log.lanesWithWork()
        #expect(lanes.map(\.lane.route) == ["contoso", "contoso", "fabrikam"])
        #expect(lanes.map(\.lane.mailbox) == [reports, sales, reports])
        #expect(lanes.map(\.next) == [after(4), after(7), after(2)])
    }

    @Test func plansUseTheIndexWithoutSorting() async throws {
        let directory = try TemporaryDirectory()
        try await directory.service().close()
        let plan = try directory.outside { db in
            try Row.fetchAll(
                db,
                sql: """
                    EXPLAIN QUERY PLAN SELECT id FROM email_log INDEXED BY email_log_due
                    WHERE status = 'Q' AND route = 'r' AND mailbox = 'm' AND priority = 'high'
                    AND \(LaneQueue.column) = 'free' AND next_attempt_date <= 'x' ORDER BY next_attempt_date, rowid LIMIT 9
                    """
            ).map { $0["detail"] as String }
        }
        #expect(plan.count == 1 && plan[0].contains("email_log_due"), "\(plan)")
    }
}
