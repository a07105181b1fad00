import MailModel
import Testing

@testable import EmailLog

@Suite struct AttemptHistoryTests {
    @Test func limitersRememberWhatReachedMicrosoft() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let costs: [(Int, AttemptRecord.Cost?)] = [
            (0, .init(recipients: 1, bytes: 10)),
            (30, .init(requests: 3, recipients: 5, externalRecipients: 2, bytes: 99)),
            (40, nil), (10, .init(recipients: 7, bytes: 1)),
        ]
        for (second, cost) in costs {
            let id = try await log.make(.inProgress)
            try await log.settle(
                id, .retry(at: after(99), spent: true),
                attempt: attempt(throttled, at: after(second), took: .seconds(5), cost: cost), at: after(50))
        }
        let spent = try await log.attempts(since: after(10))
        #expect(spent.map(\.finishedDate) == [after(15), after(35)], "by the moment of the answer")
        #expect(spent.map(\.cost) == [costs[3].1, costs[1].1])
        #expect(spent.allSatisfy { $0.lane == lane && $0.path == .graph })
        #expect(spent.allSatisfy { $0.retryAfter == .seconds(30) })
        #expect(try await log.attempts(since: noon, route: "contoso").count == 3)
        #expect(try await log.attempts(since: noon, route: "fabrikam").isEmpty)
    }
}
