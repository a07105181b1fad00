import MailModel
import Testing

@testable import EmailLog

@Suite struct RecoverTests {
    @Test func cutOffAttemptsAreUnknown() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let retried = try await log.accept(submission("0001"))
        let held = try await log.accept(submission("0002", route: "careful"))
        _ = try await log.claim(retried, path: .smtp, at: after(1))
        _ = try await log.claim(held, path: .graph, at: after(1))
        let waiting = try await log.accept(submission("0003"))

        let image = try directory.crashImage()
        let found = try image.service()
        let recovered = try await found.recover(at: after(100)) { route, _ in
            route == "careful" ? .hold : .retry(at: after(120))
        }
        #expect(recovered.map(\.id) == [retried, held])
        #expect(recovered.map(\.path) == [.smtp, .graph])
        #expect(recovered.map(\.status) == [.queued, .unknown])
        let row = try #require(try await found.row(retried))
        #expect(row.nextAttemptDate == after(120) && row.attempts == 1 && row.path == .smtp)
        let due = try await found.allDue(in: LaneKey(route: row.route, mailbox: reports), at: after(120))
        #expect(due.first { $0.id == retried }?.via == .smtp, "another path might send a second copy")
        let attempt = try #require(try await found.attempts(of: retried).first)
        #expect(attempt.outcome == "unknown" && attempt.duration == nil && attempt.startedDate == after(1))
        #expect(attempt.errorText?.contains("process ended") == true)
        #expect(try await found.attempts(since: after(100)).count == 2, "they may have taken from the limits")
        #expect(try await found.claim(retried, path: .smtp, at: after(120))?.unresolved?.path == .smtp)
        #expect(try await found.row(waiting)?.attempts == 0)
        #expect(try await found.recover(at: after(200)) { _, _ in .hold }.isEmpty)
    }

    @Test func theLivingAreLeftAlone() async throws {
        let directory = try TemporaryDirectory()
        let service = try directory.service()
        var tool: EmailLog? = try directory.tool()
        let own = try await service.make(.inProgress)
        let others = try await tool!.accept(submission(start: .inProgress(.graph)))
        #expect(try await service.recover(at: after(9)) { _, _ in .hold }.isEmpty)
        #expect(try await service.status(others) == .inProgress)
        tool = nil
        #expect(try await service.recover(at: after(9)) { _, _ in .hold }.map(\.id) == [others])
        #expect(try await service.status(own) == .inProgress)
    }
}
