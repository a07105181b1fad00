import GRDB
import MailModel
import Testing

@testable import EmailLog

/// Single rows that wait for room in a shared limit.
@Suite struct PutOffTests {
    @Test func rowsSayWhatTheyWaitForAndWhenTheyAreLookedAt() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let ids = ["a", "b", "c"].map { QueueID(rawValue: $0) }
        for id in ids { _ = try await log.accept(submission(id.rawValue)) }
        try await log.postpone([(ids[0], after(60)), (ids[1], after(90))], because: "quota used")
        let rows = try await ids.asyncMap { try await log.row($0) }
        #expect(rows.map { $0?.nextAttemptDate } == [after(60), after(90), noon])
        #expect(rows.map { $0?.errorText } == ["quota used", "quota used", nil])
        #expect(rows.allSatisfy { $0?.status == .queued && $0?.attempts == 0 })
        #expect(
            try await log.due(in: lane, LaneSection.all(of: .normal), at: after(70), limit: 9).map(\.id.rawValue) == [
                "c", "a",
            ])
    }

    @Test(arguments: Status.allCases) func onlyWhatWaitsIsPutOff(_ status: Status) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(status)
        let before = try await log.row(id)
        try await log.postpone([(id, after(60)), (QueueID(rawValue: "gone"), after(60))], because: "quota used")
        let row = try await log.row(id)
        if status == .queued {
            #expect(row?.nextAttemptDate == after(60))
        } else {
            #expect(row == before)
        }
    }

    @Test func recipientsAreTheEnvelopes() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let first = try await log.accept(submission("a", to: [["x@fabrikam.com", "y@contoso.com"]]))
        let second = try await log.accept(submission("b"))
        _ = try await log.accept(submission("c"))
        try directory.outside { try $0.execute(sql: "UPDATE email_log SET recipients = '[]' WHERE id = 'b'") }
        let found = try await log.recipients(of: [first, second, QueueID(rawValue: "gone")])
        #expect(found == [first: [address("x@fabrikam.com"), address("y@contoso.com")]])
    }
}

extension [QueueID] {
    fileprivate func asyncMap<Value>(_ transform: (QueueID) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for id in self { values.append(try await transform(id)) }
        return values
    }
}
