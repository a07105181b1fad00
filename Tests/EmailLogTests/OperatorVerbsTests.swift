import MailModel
import Testing

@testable import EmailLog

@Suite struct OperatorVerbsTests {
    @Test func aRouteIsOneSelection() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        try await log.acceptMany(1203)
        let elsewhere = try await log.accept(submission("other", route: "fabrikam"))
        let report = try await log.hold(.route("contoso"))
        #expect(report.changed.count == 1203 && report.refused.isEmpty)
        #expect(try await log.status(elsewhere) == .queued)
        #expect(try await log.release(.all, at: after(9)).changed.count == 1203)
        #expect(try await log.cancel(.all).changed.count == 1204)
    }

    @Test func refusalsAreNamed() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let (queued, sent) = (try await log.make(.queued), try await log.make(.sent))
        let nobody = QueueID(rawValue: "nobody")
        let report = try await log.hold(.ids([sent, queued, nobody]))
        #expect(report.changed == [queued])
        #expect(
            report.refused == [
                .init(id: sent, error: .wrongStatus(sent, .sent)), .init(id: nobody, error: .noSuchMessage(nobody)),
            ])
    }

    @Test func flushMakesDueNow() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.queued)
        _ = try await log.postpone(lane, .free, until: after(600), because: "paused", limit: 9)
        #expect(try await log.allDue(in: lane, at: after(60)).isEmpty)
        _ = try await log.flush(.route("contoso"), at: after(60))
        #expect(try await log.allDue(in: lane, at: after(60)).map(\.id) == [id])
    }

    @Test func releasedIsDueNow() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.held)
        #expect(try await log.row(id)?.nextAttemptDate == nil)
        _ = try await log.release(.ids([id]), at: after(60))
        #expect(try await log.row(id)?.nextAttemptDate == after(60))
    }

    @Test func cancelledBodyGoes() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.cancelled)
        await #expect(throws: EmailLogError.bodyMissing(id)) { try await log.body(of: id) }
    }

    @Test func oldMailExpiresOldestFirst() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        for second in [30, 10, 20, 99] { _ = try await log.accept(submission("\(second)", at: after(second))) }
        let first = try await log.expire(
            lane, .free, waitingSince: after(50), because: "given up", at: after(100), limit: 2)
        #expect(first.map(\.rawValue) == ["10", "20"])
        let rest = try await log.expire(
            lane, .free, waitingSince: after(50), because: "given up", at: after(100), limit: 2)
        #expect(rest.map(\.rawValue) == ["30"])
        let row = try #require(try await log.row(first[0]))
        #expect(row.status == .failed && row.sentDate == after(100) && row.errorText == "given up" && row.hasBody)
    }

    @Test func resentMailWaitsAnew() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.failed)
        _ = try await log.resend([id], at: after(1000))
        #expect(
            try await log.expire(lane, .free, waitingSince: after(900), because: "", at: after(1001), limit: 9)
                .isEmpty)
        #expect(
            try await log.expire(lane, .free, waitingSince: after(1001), because: "", at: after(1002), limit: 9) == [
                id
            ])
    }
}
