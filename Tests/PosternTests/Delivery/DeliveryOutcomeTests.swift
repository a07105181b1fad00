import DeliveryPolicy
import Foundation
import Logging
import MailModel
import Testing

@testable import EmailLog
@testable import Postern

/// What becomes of one message: each outcome on its row and in the record of its attempts.
@Suite(.timeLimit(.minutes(5))) struct DeliveryOutcomeTests {
    private static let late = refusal(.message, .unavailable, status: 409, "try later")
    private static let lost = refusal(.message, .unavailable, status: 504, "no answer")

    @Test func anAcceptedMessageIsSent() async throws {
        let clock = ManualClock()
        let bench = try await DeliveryBench(
            clock: clock,
            path: ScriptedPath { _ in
                clock.advance(.milliseconds(250))
                return acceptance
            })
        try await bench.accept("q1", recipients: 2)
        clock.advance(.seconds(1))
        #expect(await bench.turn() == ["q1"])
        let row = try #require(try await bench.row("q1"))
        #expect(row.status == .sent && row.path == .graph && row.attempts == 1 && row.nextAttemptDate == nil)
        #expect(row.httpStatus == 202 && row.requestID == "request-1" && row.errorText == nil && row.errorCode == nil)
        #expect(row.latency == .milliseconds(1250) && row.sentDate == noon + .milliseconds(1250))
        #expect(!row.hasBody)
        let attempt = try #require(try await bench.attempts("q1").first)
        #expect(attempt.outcome == "accepted" && attempt.startedDate == after(1))
        #expect(attempt.duration == .milliseconds(250) && attempt.requestID == "request-1")
        let spent = try await bench.log.attempts(since: noon)
        #expect(spent.map(\.cost.recipients) == [2] && spent.map(\.cost.requests) == [1])
    }

    @Test(arguments: [true, false])
    func bodiesOfSentMailAreKeptIfAskedFor(_ keeps: Bool) async throws {
        let bench = try await DeliveryBench(keepsSentBodies: keeps)
        try await bench.accept("q1")
        await bench.turn()
        #expect(try await bench.row("q1")?.hasBody == keeps)
    }

    @Test func theRowIsInProgressWhileItIsAttempted() async throws {
        let directory = try TemporaryDirectory()
        let reader = try directory.service()
        try await reader.close()
        let beside = try directory.tool()
        let bench = try await DeliveryBench(
            in: directory,
            path: ScriptedPath { message in
                let status = try? await beside.row(message.id)?.status
                return status == .inProgress ? acceptance : .rejected(refusal(.message, .rejected))
            })
        try await bench.accept("q1")
        await bench.turn()
        #expect(try await bench.status("q1") == .sent)
    }

    @Test func aRefusalForGoodFails() async throws {
        let words = Refusal(
            scope: .message, cause: .rejected, status: 400, code: "ErrorInvalidRecipients", text: "no such recipient",
            requestID: "r-2")
        let bench = try await DeliveryBench(path: ScriptedPath { _ in .rejected(words) })
        try await bench.accept("q1")
        await bench.turn()
        let row = try #require(try await bench.row("q1"))
        #expect(row.status == .failed && row.httpStatus == 400 && row.errorCode == "ErrorInvalidRecipients")
        #expect(row.errorText == "no such recipient" && row.requestID == "r-2" && row.hasBody && row.latency == nil)
        #expect(try await bench.attempts("q1").map(\.outcome) == ["rejected"])
        #expect(await bench.turn() == [], "it is not tried again")
    }

    @Test func aTemporaryRefusalIsTriedAgainAsScheduled() async throws {
        let bench = try await DeliveryBench(
            path: ScriptedPath { $0.attempts < 3 ? .deferred(Self.late, retryAfter: nil) : acceptance })
        try await bench.accept("q1")
        await bench.turn()
        var due = noon
        for (attempts, wait) in [(1, 15), (2, 30), (3, 60)] {
            due = due + .seconds(wait)
            let row = try #require(try await bench.row("q1"))
            #expect(row.status == .queued && row.attempts == attempts && row.nextAttemptDate == due)
            #expect(row.errorText == "try later" && row.httpStatus == 409)
            bench.clock.advance(.seconds(wait - 1))
            #expect(await bench.turn() == [], "not a second before")
            bench.clock.advance(.seconds(1))
            #expect(await bench.turn() == ["q1"])
        }
        #expect(try await bench.status("q1") == .sent)
        #expect(try await bench.attempts("q1").map(\.outcome) == ["deferred", "deferred", "deferred", "accepted"])
    }

    @Test func aWaitThatIsAskedForIsKept() async throws {
        let bench = try await DeliveryBench(
            path: ScriptedPath { _ in .deferred(Self.late, retryAfter: .milliseconds(90_500)) })
        try await bench.accept("q1")
        await bench.turn()
        #expect(try await bench.row("q1")?.nextAttemptDate == noon + .milliseconds(90_500))
    }

    @Test func inTheEndItIsGivenUp() async throws {
        let path = ScriptedPath { _ in .deferred(Self.late, retryAfter: nil) }
        let bench = try await DeliveryBench(
            routes: [DeliveryBench.route(path, giveUpAfter: .seconds(60))], path: path)
        try await bench.accept("q1")
        for wait in [0, 15, 30, 15] {
            #expect(try await bench.status("q1") == .queued)
            bench.clock.advance(.seconds(wait))
            #expect(await bench.turn() == ["q1"])
        }
        let row = try #require(try await bench.row("q1"))
        #expect(row.status == .failed && row.attempts == 4 && row.sentDate == after(60) && row.hasBody)
        #expect(row.errorText == "Given up after 1m (`give_up_after`). Last answer: try later")
    }

    // MARK: Unknown outcomes

    @Test(arguments: [Disposition.UnknownPolicy.retry, .hold])
    func aLostAnswerIsRetriedOrHeld(_ policy: Disposition.UnknownPolicy) async throws {
        let path = ScriptedPath { _ in .unknown(Self.lost) }
        let bench = try await DeliveryBench(routes: [DeliveryBench.route(path, onUnknown: policy)], path: path)
        try await bench.accept("q1")
        await bench.turn()
        let row = try #require(try await bench.row("q1"))
        #expect(row.status == (policy == .retry ? .queued : .unknown) && row.errorText == "no answer")
        #expect(row.nextAttemptDate == (policy == .retry ? after(15) : nil) && row.hasBody)
        #expect(try await bench.attempts("q1").map(\.outcome) == ["unknown"])
        bench.clock.advance(.seconds(15))
        #expect(await bench.turn() == (policy == .retry ? ["q1"] : []))
    }

    @Test func theNextAttemptKnowsOfTheLostOne() async throws {
        let bench = try await DeliveryBench(
            path: ScriptedPath { message in
                message.unresolved?.startedDate == noon ? acceptance : .unknown(Self.lost)
            })
        try await bench.accept("q1")
        await bench.turn()
        bench.clock.advance(.seconds(15))
        await bench.turn()
        #expect(try await bench.status("q1") == .sent)
    }

    // MARK: Without a token

    @Test func whatWasNotTriedIsNoAttempt() async throws {
        let tokenless = refusal(.route, .unauthorized, ScriptedPath.tokenless)
        let bench = try await DeliveryBench(
            path: ScriptedPath { _ in .deferred(tokenless, retryAfter: .seconds(30)) })
        try await bench.accept("q1")
        await bench.turn()
        let row = try #require(try await bench.row("q1"))
        #expect(row.status == .queued && row.attempts == 0 && row.path == nil && row.errorText == "no token")
        #expect(try #require(row.nextAttemptDate) >= after(30))
        #expect(try await bench.attempts("q1").isEmpty)
        #expect(try await bench.log.attempts(since: noon).isEmpty)
    }

    // MARK: Bodies

    @Test func aMissingBodyFailsItsMessageOnly() async throws {
        let bench = try await DeliveryBench()
        let writer = try await bench.log.makeSpoolWriter()
        try await writer.append(Array(repeating: 65, count: 200_000))
        try await bench.accept("q1", body: .spooled(try await writer.finish()))
        try await bench.accept("q2")
        let name = try #require(bench.directory.spoolNames.first)
        try FileManager.default.removeItem(atPath: "\(bench.directory.spool)/\(name)")
        #expect(await bench.turn().sorted() == ["q1", "q2"])
        #expect(try await bench.status("q1") == .failed && bench.path.attempted == ["q2"])
        let text = try #require(try await bench.row("q1")?.errorText)
        #expect(text == "The message cannot be read from the store: the body of message q1 is gone")
        #expect(try await bench.status("q2") == .sent)
    }

    /// A store that cannot be read just now is no reason to fail a message.
    @Test func aBodyThatCannotBeReadNowIsReadLater() async throws {
        let bench = try await DeliveryBench()
        try await bench.accept("q1")
        try bench.directory.outside("ALTER TABLE email_body RENAME TO elsewhere")
        await bench.turn()
        let row = try #require(try await bench.row("q1"))
        #expect(row.status == .queued && row.attempts == 0 && row.nextAttemptDate == after(15))
        #expect(row.errorText?.hasPrefix("The message cannot be read from the store: ") == true)
        try bench.directory.outside("ALTER TABLE elsewhere RENAME TO email_body")
        bench.clock.advance(.seconds(15))
        await bench.turn()
        #expect(try await bench.status("q1") == .sent)
    }

    @Test func aMessageThatNeverFitsFailsWithAdvice() async throws {
        let path = ScriptedPath()
        let bench = try await DeliveryBench(
            routes: [DeliveryBench.route(path) { $0.lane.recipients = Rate(5, per: .seconds(60)) }], path: path)
        try await bench.accept("q1", recipients: 6)
        try await bench.accept("q2", recipients: 5)
        #expect(await bench.turn() == ["q2"])
        let row = try #require(try await bench.row("q1"))
        #expect(row.status == .failed && row.attempts == 0)
        #expect(row.errorText?.contains("more than `recipients_per_mailbox` allows") == true)
    }

    // MARK: A store in trouble

    @Test func anOutcomeIsRecordedOnceTheStoreTakesIt() async throws {
        let recorder = LogRecorder(awaiting: "store failed, delivery rests")
        let directory = try TemporaryDirectory()
        let bench = try await DeliveryBench(
            in: directory, logger: recorder.logger,
            path: ScriptedPath { _ in
                try? directory.outside("ALTER TABLE email_attempt RENAME TO elsewhere")
                return acceptance
            })
        try await bench.accept("q1")
        async let turn = bench.turn()
        await recorder.logged("store failed, delivery rests")
        #expect(try await bench.status("q1") == .inProgress)
        try directory.outside("ALTER TABLE elsewhere RENAME TO email_attempt")
        #expect(await turn == ["q1"])
        #expect(try await bench.status("q1") == .sent)
        #expect(bench.path.attempted == ["q1"], "recorded late, not sent twice")
    }

    /// Someone deletes a row by hand while it is attempted: nobody waits for it to come back.
    @Test func aRowThatIsGoneHoldsUpNobody() async throws {
        let recorder = LogRecorder()
        let directory = try TemporaryDirectory()
        let bench = try await DeliveryBench(
            in: directory, logger: recorder.logger,
            path: ScriptedPath { message in
                if message.id.rawValue == "q1" { try? directory.outside("DELETE FROM email_log WHERE id = 'q1'") }
                return acceptance
            })
        try await bench.accept("q1")
        await bench.turn()
        #expect(recorder.sentences.contains("outcome not recorded"))
        try await bench.accept("q2")
        #expect(await bench.turn() == ["q2"])
        #expect(try await bench.status("q2") == .sent)
    }

    @Test func nothingStartsWhileTheStoreRests() async throws {
        let bench = try await DeliveryBench()
        try await bench.accept("q1")
        await bench.manager.rest(after: .busy)
        #expect(await bench.turn() == [])
        bench.clock.advance(.seconds(1))
        #expect(await bench.turn() == ["q1"])
    }

    @Test func reportsNeverShowAddresses() async throws {
        let recorder = LogRecorder()
        let bench = try await DeliveryBench(
            logger: recorder.logger,
            path: ScriptedPath { $0.id.rawValue == "q1" ? acceptance : .rejected(refusal(.message, .rejected)) })
        try await bench.accept("q1", "q2")
        await bench.turn()
        #expect(Set(recorder.sentences).isSuperset(of: ["message sent", "message failed"]))
        let sent = try #require(recorder.lines.first { $0.sentence == "message sent" })
        #expect(sent.level == .info && "\(sent.metadata["id"] ?? "")" == "q1")
        #expect(!recorder.lines.contains { "\($0)".contains("ann@") || "\($0)".contains("@example.org") })
    }
}
