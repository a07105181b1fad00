import MailModel
import Testing

@testable import EmailLog

@Suite struct StatisticsTests {
    @Test func counts() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        for status in Status.allCases { _ = try await log.make(status) }
        _ = try await log.make(.failed)
        let statistics = try await log.statistics(LogFilter(limit: 1))
        #expect(statistics.byStatus.values.reduce(0, +) == 8 && statistics.byStatus[.failed] == 2)
        #expect(statistics.byPath == [.graph: 3])
        #expect(
            statistics.errors
                == [.init(path: .graph, httpStatus: 400, errorCode: "ErrorInvalidRecipients", count: 2)])
        #expect(statistics.outcomes == ["accepted": 1, "rejected": 2, "unknown": 1])
        #expect(statistics.fellBack == 0)
        #expect(statistics.latency?.p99 == .milliseconds(1250))
    }

    @Test func onlyWhatTheFilterLetsThrough() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        _ = try await log.make(.sent)
        _ = try await log.make(.failed, at: after(100))
        let statistics = try await log.statistics(LogFilter(since: after(50)))
        #expect(statistics.byStatus == [.failed: 1] && statistics.outcomes == ["rejected": 1])
        #expect(statistics.latency == nil)
        #expect(try await log.statistics(LogFilter(route: "fabrikam")) == LogStatistics())
    }
}
