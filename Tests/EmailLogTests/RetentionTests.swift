import MailModel
import Testing

@testable import EmailLog

@Suite struct RetentionTests {
    static let retention = Retention(bodies: .seconds(10), failedBodies: .seconds(100), log: .seconds(1000))

    /// By age in seconds: does a sent and a failed row keep its body, and are the rows there?
    @Test(arguments: [
        (9, true, true, true), (50, false, true, true), (500, false, false, true), (5000, false, false, false),
    ])
    func ages(_ age: Int, _ sentBody: Bool, _ failedBody: Bool, _ rows: Bool) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let (sent, failed) = (try await log.make(.sent), try await log.make(.failed))
        // Both ended 1.25 seconds after noon.
        _ = try await log.sweep(Self.retention, at: after(age + 1))
        let (sentRow, failedRow) = (try await log.row(sent), try await log.row(failed))
        #expect((sentRow?.hasBody ?? false) == sentBody)
        #expect((failedRow?.hasBody ?? false) == failedBody)
        #expect((sentRow != nil) == rows && (failedRow != nil) == rows)
        #expect(try await log.attempts(of: sent).isEmpty == !rows, "attempts go with their row")
    }

    @Test(arguments: Status.allCases)
    func whatIsNotFinalStays(_ status: Status) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(status)
        let report = try await log.sweep(Self.retention, at: after(1_000_000))
        #expect((try await log.row(id) == nil) == status.isFinal)
        #expect(report.rows == (status.isFinal ? 1 : 0))
    }

    @Test func manyRowsGoInSeveralSteps() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        try await log.acceptMany(450)
        _ = try await log.expire(lane, .free, waitingSince: after(9), because: "given up", at: after(9), limit: 450)
        let kept = try await log.make(.queued)
        let report = try await log.sweep(Self.retention, at: after(5000))
        #expect(report == SweepReport(bodies: 450, rows: 450))
        #expect(try await log.rows(LogFilter()).map(\.id) == [kept])
        #expect(try await log.sweep(Self.retention, at: after(5000)) == SweepReport())
    }

    @Test func spoolFilesGoWithTheirRows() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let writer = try await log.makeSpoolWriter()
        try await writer.append([1])
        let id = try await log.accept(submission(body: .spooled(try await writer.finish())))
        _ = try await log.claim(id, path: .graph, at: noon)
        try await log.settle(id, .failed(because: nil), attempt: attempt(rejected), at: after(1))
        _ = try await log.sweep(Self.retention, at: after(5000))
        log.spool.finishRemovals()
        #expect(directory.spoolNames.isEmpty)
    }
}
