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
        #expect(spent.allSatisfy { $0.rest == .seconds(30) })
        #expect(try await log.attempts(since: noon, route: "contoso").count == 3)
        #expect(try await log.attempts(since: noon, route: "fabrikam").isEmpty)
    }

    /// A message that waits for its own sake, as where it is looked for later, asks nobody else to wait.
    @Test(arguments: [429, 503, nil, 409])
    func onlyAThrottleOrAnOutageAsksTheMailboxToRest(_ status: Int?) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let refusal = Refusal(scope: .message, cause: .unavailable, status: status, text: "later")
        let record = attempt(
            .deferred(refusal, retryAfter: .seconds(300)), at: noon, took: .zero,
            cost: .init(recipients: 1, bytes: 10))
        try await log.settle(
            try await log.make(.inProgress), .retry(at: after(300), spent: true), attempt: record, at: noon)
        let isRest = [429, 503].contains(status)
        #expect(try await log.attempts(since: noon).map(\.rest) == [isRest ? .seconds(300) : nil])
        #expect(record.rest == (isRest ? .seconds(300) : nil))
    }
}
