import GRDB
import MailModel
import Testing

@testable import EmailLog

@Suite struct ClaimTests {
    @Test func deliveryLearnsWhatItNeeds() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        var message = submission("0001", to: [["ann@fabrikam.com", "bob@fabrikam.com"]], priority: .high)
        (message.via, message.received) = (.smtp, Array("Received: here\r\n".utf8))
        let id = try await log.accept(message)
        let claimed = try #require(try await log.claim(id, path: .graph, at: after(3)))
        let expected = QueuedMessage(
            id: id, envelope: message.envelopes[0], route: "contoso", mailbox: reports,
            headerFrom: "Reports <reports@contoso.com>", messageID: "<1@contoso.com>", size: 7, priority: .high,
            client: "192.0.2.7", user: "reports", received: message.received, isPart: false, via: .smtp,
            createdDate: noon,
            waitingSince: noon, attempts: 0,
            retries: 0)
        #expect(claimed == expected)
    }

    @Test func onlyTheClaimantReadsItsClaim() async throws {
        let directory = try TemporaryDirectory()
        let (log, tool) = (try directory.service(), try directory.tool())
        let id = try await tool.accept(submission(start: .inProgress(.graph)))
        #expect(try await tool.claimed(id).id == id)
        await #expect(throws: EmailLogError.wrongStatus(id, .inProgress)) { try await log.claimed(id) }
        let waiting = try await log.make(.queued)
        await #expect(throws: EmailLogError.wrongStatus(waiting, .queued)) { try await log.claimed(waiting) }
    }

    @Test func onlyOneOfManyClaimants() async throws {
        let directory = try TemporaryDirectory()
        let (log, tool) = (try directory.service(), try directory.tool())
        let id = try await log.accept(submission())
        let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<20 {
                group.addTask { try await (number % 2 == 0 ? log : tool).claim(id, path: .graph, at: noon) != nil }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wins == 1)
    }

    @Test func batchSkipsWhatDoesNotWait() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let (first, held, last) = (try await log.make(.queued), try await log.make(.held), try await log.make(.queued))
        #expect(try await log.claim([last, held, first], path: .graph, at: noon).map(\.id) == [last, first])
    }

    @Test func historyOfAttempts() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.inProgress)
        try await log.settle(id, .retry(at: after(9), spent: true), attempt: attempt(lost, path: .smtp), at: after(1))
        _ = try await log.claim(id, path: .smtp, at: after(9))
        try await log.settle(
            id, .retry(at: after(20), spent: false), attempt: attempt(throttled, at: after(9), path: .smtp),
            at: after(9))
        let claimed = try #require(try await log.claim(id, path: .smtp, at: after(20)))
        #expect(claimed.attempts == 2 && claimed.retries == 1 && claimed.lastPath == .smtp)
        #expect(
            claimed.unresolved
                == .init(path: .smtp, startedDate: after(1), finishedDate: after(1) + .milliseconds(250)))
    }

    @Test func putBackLeavesNoAttempt() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.inProgress)
        try await log.putBack([id], due: after(30), because: "waits for the path")
        let row = try #require(try await log.row(id))
        #expect(row.status == .queued && row.attempts == 0 && row.path == nil && row.sentDate == noon)
        #expect(row.nextAttemptDate == after(30) && row.errorText == "waits for the path")
        #expect(try await log.attempts(of: id).isEmpty)
    }

    @Test func putBackCanFallBack() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(.inProgress)
        try await log.putBack([id], due: noon, fallingBackTo: .smtp, because: "too large for one request")
        let row = try #require(try await log.row(id))
        #expect(row.status == .queued && row.fellBack && row.errorText == "too large for one request")
        #expect(try await log.claim(id, path: .smtp, at: noon)?.via == .smtp)
        try await log.putBack([id], due: noon)
        #expect(try await log.claim(id, path: .smtp, at: noon)?.via == .smtp, "for good")
        #expect(try await log.row(id)?.fellBack == true)
    }

    @Test("Pitfall 14: a corrupt row stops nobody") func unreadableRowIsSetAside() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let (broken, sound) = (try await log.make(.queued), try await log.make(.queued))
        try directory.outside {
            try $0.execute(
                sql: "UPDATE email_log SET recipients = '[\"nobody\"]' WHERE id = ?", arguments: [broken.rawValue])
        }
        #expect(try await log.claim([broken, sound], path: .graph, at: noon).map(\.id) == [sound])
        let row = try #require(try await log.row(broken))
        #expect(row.status == .held && row.errorText?.contains("cannot be read") == true)
        #expect(row.errorCode == "SetAside" && row.sentDate == noon)
        #expect(try await log.count(.setAside, since: noon) == 1)
        #expect(try await log.count(.setAside, since: after(1)) == 0)
    }

    @Test func whoeverClaimsItAloneIsTold() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let broken = try await log.make(.queued)
        try directory.outside { try $0.execute(sql: "UPDATE email_log SET created_date = '2026-13-77 99:99:99.999'") }
        #expect(try await log.allDue(in: lane, at: after(60)).map(\.id) == [broken], "it hides from nobody")
        await #expect(throws: EmailLogError.setAside(broken)) { try await log.claim(broken, path: .graph, at: noon) }
        #expect(try await log.claim(QueueID(rawValue: "none"), path: .graph, at: noon) == nil)
        _ = try await log.cancel(.ids([broken]))
        #expect(try await log.count(.setAside, since: noon) == 0)
    }

    @Test func whatIsInNoLaneIsSetAsideByTheSweep() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let (lost, claimed, sound) = (
            try await log.make(.queued), try await log.make(.inProgress), try await log.make(.queued)
        )
        try directory.outside { db in
            try db.execute(sql: "UPDATE email_log SET mailbox = 'nobody' WHERE id <> ?", arguments: [sound.rawValue])
            try db.execute(sql: "UPDATE email_log SET claimant = 7 WHERE status = 'P'")
        }
        #expect(try await log.recover(at: after(5)) { _, _ in RecoveryPolicy(.hold) }.isEmpty)
        for id in [lost, claimed] { #expect(try await log.status(id) == .held) }
        #expect(try await log.status(sound) == .queued)
        #expect(try await log.count(.setAside, since: after(5)) == 2)
    }
}
