import DeliveryPolicy
import EmailLog
import MailModel
import NIOConcurrencyHelpers
import Testing

@testable import Postern

/// What a pause holds back and what not, what is said about it, and how it ends.
@Suite(.timeLimit(.minutes(5))) struct DeliveryPauseTests {
    /// Stored dates are whole milliseconds, pauses are not.
    private static let grain = Duration.milliseconds(1)

    /// A path on which one mailbox is throttled.
    private func throttled(_ mailbox: Address, for wait: Duration?) -> ScriptedPath {
        ScriptedPath { $0.mailbox == mailbox && $0.attempts == 0 ? throttling(wait) : acceptance }
    }

    // MARK: A mailbox

    @Test func aThrottledMailboxWaitsAndTheOthersGoOn() async throws {
        let bench = try await DeliveryBench(path: throttled(ann, for: .seconds(60)))
        try await bench.accept("a1")
        await bench.turn()
        try await bench.accept("a2")
        try await bench.accept("b1", from: bob)
        #expect(await bench.turns() == ["b1"])
        for id in ["a1", "a2"] {
            let row = try #require(try await bench.row(id))
            #expect(row.status == .queued && row.nextAttemptDate == after(60), "\(id)")
            #expect(row.errorText?.hasSuffix("slow down") == true, "\(id): \(row.errorText ?? "")")
        }
        #expect(try await bench.row("a2")?.errorText == "429 ApplicationThrottled: slow down")
        bench.clock.advance(.seconds(59))
        #expect(await bench.turns() == [])
        bench.clock.advance(.seconds(1))
        #expect(await bench.turns().sorted() == ["a1", "a2"])
        // Of the two the new one is told to wait as well, before or after the other has gone.
        bench.clock.advance(.seconds(60))
        await bench.turns()
        #expect(try await bench.status("a1") == .sent)
    }

    /// Its turn had come, but nothing of it had been sent, when the other was told to wait.
    @Test func aPauseAlsoHoldsBackWhatHasBeenGivenItsTurn() async throws {
        let bench = try await DeliveryBench(path: throttled(ann, for: .seconds(60)))
        try await bench.accept("a1", "a2")
        try await bench.accept("b1", from: bob)
        let starts = await bench.manager.nextStarts()
        #expect(starts.count == 3)
        for start in starts.sorted(by: { $0.id < $1.id }) { await bench.manager.attempt(start) }
        #expect(bench.path.attempted == ["a1", "b1"])
        let row = try #require(try await bench.row("a2"))
        #expect(row.status == .queued && row.nextAttemptDate == after(60) && row.attempts == 0)
        #expect(row.errorText == "429 ApplicationThrottled: slow down")
        bench.clock.advance(.seconds(60))
        #expect(await bench.turns().sorted() == ["a1", "a2"])
    }

    @Test func theAttemptIsRecordedButSpendsNoRetry() async throws {
        let bench = try await DeliveryBench(path: ScriptedPath { _ in throttling(.seconds(30)) })
        try await bench.accept("a1")
        await bench.turn()
        let attempt = try #require(try await bench.attempts("a1").first)
        #expect(attempt.outcome == "throttled" && attempt.httpStatus == 429 && attempt.retryAfter == .seconds(30))
        bench.clock.advance(.seconds(30))
        let claimed = try await bench.log.claim(QueueID(rawValue: "a1"), path: .graph, at: bench.clock.now)
        #expect(claimed?.attempts == 1 && claimed?.retries == 0)
    }

    @Test func aPauseIsOnRecordUntilMailFlowsAgain() async throws {
        let bench = try await DeliveryBench(path: throttled(ann, for: .seconds(60)))
        try await bench.accept("a1")
        await bench.turn()
        let pause = try #require(try await bench.log.pauses().first)
        #expect(
            pause
                == LanePause(
                    route: "contoso", mailbox: ann, path: .graph, since: noon, until: after(60), cause: .throttled,
                    reason: "429 ApplicationThrottled: slow down"))
        bench.clock.advance(.seconds(60))
        await bench.turn()
        #expect(try await bench.log.pauses().isEmpty)
    }

    /// What was under way when the mailbox was throttled proves nothing about the time after.
    @Test func anAnswerFromBeforeThePauseDoesNotEndIt() async throws {
        let isPaused = Signal()
        let bench = try await DeliveryBench(
            path: ScriptedPath { message in
                guard message.id.rawValue == "a2" else { return throttling(.seconds(60)) }
                await isPaused.wait()
                return acceptance
            })
        try await bench.accept("a1", "a2")
        let starts = await bench.manager.nextStarts()
        let slow = try #require(starts.first { $0.id.rawValue == "a2" })
        let quick = try #require(starts.first { $0.id.rawValue == "a1" })
        async let ended: Void = bench.manager.attempt(slow)
        for await id in bench.path.begins where id == slow.id { break }
        await bench.manager.attempt(quick)
        isPaused.raise()
        await ended
        #expect(try await bench.status("a2") == .sent)
        #expect(try await bench.log.pauses().map(\.until) == [after(60)])
        try await bench.accept("a3")
        #expect(await bench.turns() == [])
    }

    @Test("Pitfall 21: pauses of our own grow") func withoutAWaitThePausesGrow() async throws {
        let bench = try await DeliveryBench(path: ScriptedPath { _ in throttling(nil) })
        try await bench.accept("a1")
        var waits: [Duration] = []
        for _ in 0..<4 {
            #expect(await bench.turn() == ["a1"])
            let due = try #require(try await bench.row("a1")?.nextAttemptDate)
            waits.append(due - bench.clock.now)
            bench.clock.advance(due - bench.clock.now + Self.grain)
        }
        #expect(zip(waits, waits.dropFirst()).allSatisfy { $0 < $1 }, "\(waits)")
        #expect(waits[0] >= .milliseconds(800) && waits[3] <= .seconds(10))
    }

    /// A permission that is missing stops its mailbox, whose mail goes out when it is mended.
    @Test func anOperatorsFaultIsProbedByOneMessage() async throws {
        let bench = try await DeliveryBench(
            path: ScriptedPath { message in
                message.attempts == 0 && message.id.rawValue == "a1"
                    ? .deferred(refusal(.mailbox, .unauthorized, status: 403, "denied"), retryAfter: nil) : acceptance
            })
        try await bench.accept("a1")
        await bench.turn()
        try await bench.accept("a2", "a3")
        #expect(await bench.turn() == [])
        let told = try #require(try await bench.row("a3")?.errorText)
        #expect(told.hasPrefix("403: denied ") && told.contains("permissions and policies"), "with what to do: \(told)")
        #expect(try await bench.row("a1")?.errorText == told, "also on the one that was refused")
        #expect(
            try await bench.attempts("a1").map(\.errorText) == ["denied"], "whose attempt has the words as they came")
        bench.clock.advance(.seconds(40))
        #expect(await bench.turn().count == 1, "one finds out for all")
        #expect(await bench.turns().count == 2)
        #expect(try await bench.log.pauses().isEmpty)
    }

    @Test func mailOfAPausedMailboxIsGivenUpInTime() async throws {
        let path = ScriptedPath { _ in throttling(.seconds(10_000)) }
        let bench = try await DeliveryBench(
            routes: [DeliveryBench.route(path, giveUpAfter: .seconds(600))], path: path)
        try await bench.accept("a1")
        await bench.turn()
        bench.clock.advance(.seconds(300))
        try await bench.accept("a2")
        bench.clock.advance(.seconds(301))
        #expect(await bench.turns() == [])
        let row = try #require(try await bench.row("a1"))
        #expect(row.status == .failed && row.attempts == 1 && row.sentDate == after(601))
        #expect(
            row.errorText
                == "Given up after 10m (`give_up_after`). It waited for: 429 ApplicationThrottled: slow down")
        #expect(try await bench.status("a2") == .queued, "accepted later, given up later")
    }

    // MARK: A route

    private static let outage = Outcome.deferred(refusal(.route, .unavailable, "cannot connect"), retryAfter: nil)

    @Test func threeFaultsOpenTheBreakerForAllMailboxes() async throws {
        let isDown = NIOLockedValueBox(true)
        let path = ScriptedPath { _ in isDown.withLockedValue { $0 } ? Self.outage : acceptance }
        let bench = try await DeliveryBench(routes: [DeliveryBench.route(path) { $0.concurrency = 3 }], path: path)
        let mailboxes = ["a", "b", "c", "d", "e"].map { address("\($0)@contoso.com") }
        for mailbox in mailboxes { try await bench.accept("\(mailbox.localPart)1", from: mailbox) }
        #expect(await bench.turn().count == 3)
        #expect(await bench.turn() == [])
        let pause = try #require(try await bench.log.pauses().first { $0.mailbox == nil })
        #expect(pause.cause == .unavailable && pause.reason == "cannot connect")
        // Also those whose turn had not come are told what they wait for.
        for id in ["a1", "b1", "c1", "d1", "e1"] {
            let row = try #require(try await bench.row(id))
            #expect(row.status == .queued && row.errorText == "cannot connect", "\(id)")
            #expect(row.nextAttemptDate == pause.until, "\(id)")
        }
        bench.clock.advance(pause.until - bench.clock.now + Self.grain)
        isDown.withLockedValue { $0 = false }
        #expect(await bench.turn().count == 1, "one probe")
        #expect(await bench.turns().count == 4)
        #expect(try await bench.log.pauses().isEmpty)
    }

    /// It keeps its own mailbox still for a moment, and no other.
    @Test func oneFaultIsForgiven() async throws {
        let bench = try await DeliveryBench(
            path: ScriptedPath { $0.mailbox == ann && $0.attempts == 0 ? Self.outage : acceptance })
        try await bench.accept("a1")
        await bench.turn()
        try await bench.accept("b1", from: bob)
        #expect(await bench.turns() == ["b1"])
        bench.clock.advance(.seconds(2))
        #expect(await bench.turns() == ["a1"])
        #expect(try await bench.log.pauses().isEmpty)
    }

    @Test func aSecretThatHasExpiredStopsTheRouteAtOnce() async throws {
        let path = ScriptedPath { _ in
            .deferred(refusal(.route, .unauthorized, ScriptedPath.tokenless), retryAfter: .seconds(30))
        }
        let other = ScriptedPath()
        let bench = try await DeliveryBench(
            routes: [DeliveryBench.route(path), DeliveryBench.route(other, name: "other")], path: path)
        try await bench.accept("a1", "a2", "a3", "a4")
        await bench.turn()
        try await bench.accept("b1", from: bob)
        try await bench.accept("o1", route: "other")
        #expect(await bench.turns() == ["o1"], "the other route goes on")
        #expect(try await bench.row("b1")?.errorText == ScriptedPath.tokenless)
        #expect(try await bench.attempts("a1").isEmpty)
    }

    @Test func aFailedProbeWaitsLonger() async throws {
        let bench = try await DeliveryBench(path: ScriptedPath { _ in Self.outage })
        try await bench.accept("a1")
        var waits: [Duration] = []
        while waits.count < 3 {
            #expect(await bench.turns() == ["a1"])
            let due = try #require(try await bench.row("a1")?.nextAttemptDate)
            let isOpen = try await bench.log.pauses().contains { $0.mailbox == nil }
            if isOpen { waits.append(due - bench.clock.now) }
            bench.clock.advance(due - bench.clock.now + Self.grain)
        }
        #expect(bench.path.attempted.count == 5, "three faults open it, two probes failed")
        #expect(waits[0] < waits[1] && waits[1] < waits[2], "\(waits)")
    }

    @Test func aLostAnswerSlowsTheRouteDownToo() async throws {
        let bench = try await DeliveryBench(
            path: ScriptedPath { _ in .unknown(refusal(.route, .unavailable, status: nil, "reset")) })
        for mailbox in ["a", "b", "c"] { try await bench.accept(mailbox, from: address("\(mailbox)@contoso.com")) }
        await bench.turn()
        // The first two may have been put down to their mailboxes before the third one told.
        #expect(try await bench.log.pauses().count { $0.mailbox == nil } == 1)
        // Their own clocks run on: the answer was lost, so each spent a retry.
        #expect(try await bench.attempts("a").map(\.outcome) == ["unknown"])
        #expect(try #require(try await bench.row("a")?.nextAttemptDate) >= after(15))
    }
}
