import DeliveryPolicy
import GRDB
import GraphProtocol
import MailModel
import NIOConcurrencyHelpers
import Testing

@testable import EmailLog
@testable import Postern

/// Delivery through the whole of the manager and the Graph path, against a mailbox that loses answers: one copy, whatever
/// is lost, and wherever the process dies.
@Suite(.timeLimit(.minutes(5))) struct ExactlyOnceTests {
    private static let body = mail("From: ann@contoso.com", "To: r1@example.org", "", "Hello")
    private static let lost = ScriptedMicrosoft.Answer.status(504)
    /// The same of one message alone, which pauses nothing.
    private static let fault = ScriptedMicrosoft.graphError(500, "ErrorInternalServerError")

    struct Rig {
        let bench: DeliveryBench
        let mailbox: ScriptedMailbox
        let route: DeliveryRoute

        /// Attempts so many seconds later.
        @discardableResult
        func later(_ seconds: Int) async -> [String] {
            bench.clock.advance(.seconds(seconds))
            return await bench.turn()
        }

        func outcomes(_ id: String = "q1") async throws -> [String] { try await bench.attempts(id).map(\.outcome) }
        func status(_ id: String = "q1") async throws -> Status? { try await bench.status(id) }

        /// As the service does now and then.
        func sweep() async { await bench.manager.sweepDrafts() }
    }

    private func run(
        _ mode: ExactlyOnce, onUnknown: Disposition.UnknownPolicy = .retry, accepting ids: [String] = ["q1"],
        mailbox: ScriptedMailbox = ScriptedMailbox(), _ body: (Rig) async throws -> Void
    ) async throws {
        try await ScriptedMicrosoft.serve(mailbox.script) { microsoft in
            let clock = ManualClock()
            let policy = LostAnswers(mode: mode, onUnknown: onUnknown)
            let path = try graphPath(microsoft, clock: clock, lostAnswers: policy)
            var limits = RouteLimits()
            limits.lane.requestsPerAttempt = Int64(mode.requestsPerAttempt)
            let route = DeliveryRoute(
                name: "contoso", limits: limits, schedule: RetrySchedule(jitter: 0), lostAnswers: policy,
                paths: [.graph: path])
            let bench = try await DeliveryBench(clock: clock, routes: [route])
            for id in ids { try await bench.accept(id, body: .bytes(Self.body)) }
            try await body(Rig(bench: bench, mailbox: mailbox, route: route))
        }
    }

    // MARK: lookup

    @Test func whatWasSentIsFoundAndNotSentAgain() async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.after(Self.lost), to: .sendMail)
        try await run(.lookup, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.bench.turn()
            #expect(try await rig.outcomes() == ["unknown"])
            await rig.later(15)
            #expect(try await rig.status() == .sent && mailbox.sent == 1)
            let attempts = try await rig.bench.attempts("q1")
            #expect(attempts.map(\.outcome) == ["unknown", "accepted"] && attempts.last?.httpStatus == 200)
            #expect(attempts.last?.errorText?.contains("it is in the mailbox") == true)
            #expect(try await rig.bench.row("q1")?.errorText == nil)
        }
    }

    /// The copy may only be late: nothing is sent before the grace time is over.
    @Test func whatIsNotFoundIsSentAgainAfterTheGraceTime() async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.instead(Self.lost), to: .sendMail)
        try await run(.lookup, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.bench.turn()
            await rig.later(15)
            #expect(try await rig.outcomes() == ["unknown", "deferred"])
            #expect(try await rig.bench.row("q1")?.nextAttemptDate == after(300))
            #expect(try await rig.bench.row("q1")?.errorText?.contains("lookup_after") == true)
            #expect(await rig.later(284) == [])
            #expect(mailbox.calls == [.sendMail, .search])
            #expect(await rig.later(1) == ["q1"])
            #expect(mailbox.calls == [.sendMail, .search, .search, .sendMail] && mailbox.sent == 1)
            #expect(try await rig.outcomes() == ["unknown", "deferred", "accepted"])
        }
    }

    @Test func aCopyThatShowsLateIsFoundAllTheSame() async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.after(Self.lost), to: .sendMail)
        mailbox.hideSent(true)
        try await run(.lookup, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.bench.turn()
            await rig.later(15)
            mailbox.hideSent(false)
            await rig.later(285)
            #expect(try await rig.status() == .sent && mailbox.sent == 1)
        }
    }

    private static let failedLooks: [(ScriptedMicrosoft.Answer, Int)] = [
        (.status(503), 300), (.status(504), 300),
        (ScriptedMicrosoft.graphError(429, "ApplicationThrottled", ["Retry-After": "20"]), 20),
        (.status(200, [:], "{}"), 60),
    ]

    /// A look that fails tells nothing: the message is neither found nor missing.
    @Test(arguments: failedLooks.indices) func aLookThatFailsIsPutOff(_ index: Int) async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.instead(Self.lost), to: .sendMail)
        mailbox.add(.instead(Self.failedLooks[index].0), to: .search)
        try await run(.lookup, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.bench.turn()
            await rig.later(301)
            #expect(mailbox.calls == [.sendMail, .search] && mailbox.sent == 0)
            #expect(try await rig.status() == .queued)
            for _ in 0..<20 where mailbox.sent == 0 { await rig.later(Self.failedLooks[index].1) }
            #expect(try await rig.status() == .sent && mailbox.sent == 1)
        }
    }

    /// Mail whose answers are not lost does not need the permission.
    @Test func aMissingPermissionHoldsUpOneMessageOnly() async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.instead(Self.lost), to: .sendMail)
        // With the token in hand, and with the new one that is asked for because of that.
        for _ in 1...2 {
            mailbox.add(.instead(ScriptedMicrosoft.graphError(403, "ErrorAccessDenied")), to: .search)
        }
        try await run(.lookup, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.bench.turn()
            await rig.later(301)
            #expect(try await rig.bench.row("q1")?.errorText?.contains("Mail.Read") == true)
            try await rig.bench.accept("q2", body: .bytes(Self.body))
            await rig.bench.turn()
            #expect(try await rig.status("q2") == .sent)
        }
    }

    /// Two rows of one Message-ID: each is known by its own marker.
    @Test func anotherMessageOfThatMessageIDIsNotTakenForIt() async throws {
        let mailbox = ScriptedMailbox()
        let other = mail("X-Postern-Id: other", "Message-ID: <q1@relay.test>", "", "x")
        mailbox.put(.init(id: "m9", message: other, isDraft: false))
        mailbox.add(.instead(Self.lost), to: .sendMail)
        try await run(.lookup, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.bench.turn()
            await rig.later(301)
            #expect(try await rig.status() == .sent && mailbox.sent == 1)
            #expect(mailbox.calls == [.sendMail, .search, .sendMail])
        }
    }

    /// With `off`, that is what `on_unknown: retry` risks.
    @Test func offSendsTwice() async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.after(Self.lost), to: .sendMail)
        try await run(.off, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.bench.turn()
            await rig.later(15)
            #expect(mailbox.sent == 2 && mailbox.calls == [.sendMail, .sendMail])
            #expect(try await rig.outcomes() == ["unknown", "accepted"])
        }
    }

    // MARK: draft

    @Test func aDraftIsWrittenDownBeforeItIsSent() async throws {
        let log = NIOLockedValueBox<EmailLog?>(nil)
        let written = NIOLockedValueBox<String?>(nil)
        let mailbox = ScriptedMailbox {
            let store = log.withLockedValue { $0 }
            let found = try? await store?.read { db in
                try db.row("SELECT draft_id FROM email_log WHERE id = 'q1' AND status = 'P'")
                    .flatMap { $0[0] as String? }
            }
            written.withLockedValue { $0 = found.flatMap { $0 } }
        }
        try await run(.draft, mailbox: mailbox) { (rig: Rig) async throws in
            log.withLockedValue { $0 = rig.bench.log }
            await rig.bench.turn()
            #expect(written.withLockedValue { $0 } == "d1")
            #expect(mailbox.calls == [.create, .send] && mailbox.sent == 1 && mailbox.drafts.isEmpty)
            #expect(try await rig.outcomes() == ["accepted"])
            let spent = try await rig.bench.log.attempts(since: noon)
            #expect(spent.map(\.cost.requests) == [2] && spent.map(\.cost.recipients) == [1])
            #expect(spent.first?.cost.bytes == mailbox.copies.first?.message.count)
            await rig.sweep()
            #expect(mailbox.calls == [.create, .send] && mailbox.copies.count == 1)
        }
    }

    private static let lostSends: [(ScriptedMailbox.Trouble, [ScriptedMailbox.Operation])] = [
        (.after(lost), [.create, .send, .look]), (.after(.hangUp), [.create, .send, .look]),
        (.after(.status(200)), [.create, .send, .look]),
        (.instead(lost), [.create, .send, .look, .send]), (.instead(.hangUp), [.create, .send, .look, .send]),
    ]

    @Test(arguments: lostSends.indices) func theAnswerToTheSendingIsLost(_ index: Int) async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(Self.lostSends[index].0, to: .send)
        try await run(.draft, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.bench.turn()
            #expect(try await rig.outcomes() == ["unknown"])
            await rig.later(15)
            #expect(mailbox.calls == Self.lostSends[index].1 && mailbox.sent == 1)
            #expect(try await rig.outcomes() == ["unknown", "accepted"])
            #expect(mailbox.drafts.isEmpty)
        }
    }

    /// Between Drafts and Sent Items it is in neither for a while.
    @Test func aDraftOnItsWayIsWaitedFor() async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.after(Self.lost), to: .send)
        mailbox.hideSent(true)
        try await run(.draft, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.bench.turn()
            await rig.later(15)
            #expect(try await rig.outcomes() == ["unknown", "deferred"])
            mailbox.hideSent(false)
            await rig.later(285)
            #expect(try await rig.status() == .sent && mailbox.sent == 1)
        }
    }

    /// The draft is gone for good, and nobody knows whether before or after it was sent.
    @Test(arguments: [Disposition.UnknownPolicy.retry, .hold])
    func aDraftThatVanishedIsForOnUnknownToDecide(_ policy: Disposition.UnknownPolicy) async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.instead(Self.lost), to: .send)
        try await run(.draft, onUnknown: policy, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.bench.turn()
            mailbox.removeAll()
            await rig.later(301)
            #expect(mailbox.calls.prefix(4) == [.create, .send, .look, .search])
            #expect(try await rig.status() == (policy == .hold ? .unknown : .sent))
            #expect(mailbox.sent == (policy == .hold ? 0 : 1))
            #expect(try await rig.outcomes().last == (policy == .hold ? "unknown" : "accepted"))
        }
    }

    private static let lostCreations: [(ScriptedMailbox.Trouble, [ScriptedMailbox.Operation])] = [
        (.after(lost), [.create, .search, .send]), (.after(.hangUp), [.create, .search, .send]),
        (.instead(lost), [.create, .search, .create, .send]),
    ]

    /// Nothing was sent: no unknown outcome, and no second draft where the first is found.
    @Test(arguments: lostCreations.indices) func theAnswerToTheCreationIsLost(_ index: Int) async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(Self.lostCreations[index].0, to: .create)
        try await run(.draft, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.bench.turn()
            #expect(try await rig.outcomes() == ["deferred"])
            for _ in 0..<4 where mailbox.sent == 0 { await rig.later(15) }
            #expect(mailbox.calls == Self.lostCreations[index].1 && mailbox.sent == 1)
            #expect(try await rig.outcomes() == ["deferred", "accepted"])
        }
    }

    @Test func aDraftWhoseSendingWasPutOffIsSentLater() async throws {
        let mailbox = ScriptedMailbox()
        let throttled = ScriptedMicrosoft.graphError(429, "ApplicationThrottled", ["Retry-After": "20"])
        mailbox.add(.instead(throttled), to: .send)
        try await run(.draft, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.bench.turn()
            await rig.later(20)
            #expect(mailbox.calls == [.create, .send, .send] && mailbox.sent == 1)
            #expect(try await rig.outcomes() == ["throttled", "accepted"])
        }
    }

    // MARK: Drafts that are left

    @Test func theDraftOfARefusedMessageIsTakenAway() async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.instead(ScriptedMicrosoft.graphError(400, "ErrorInvalidRecipients")), to: .send)
        try await run(.draft, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.bench.turn()
            #expect(try await rig.status() == .failed && mailbox.drafts.count == 1)
            await rig.sweep()
            #expect(mailbox.drafts.isEmpty && mailbox.calls == [.create, .send, .look, .delete])
            let looks = try await rig.bench.log.attempts(since: noon).filter { $0.cost.recipients == 0 }
            #expect(looks.map(\.cost.requests) == [2])
            await rig.sweep()
            #expect(mailbox.calls.count == 4, "done is done")
        }
    }

    /// The answer to its creation was lost, and then somebody cancelled the message.
    @Test func aDraftThatNobodyKnowsTheIDOfIsTakenAway() async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.after(Self.fault), to: .create)
        try await run(.draft, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.bench.turn()
            _ = try await rig.bench.log.cancel(.ids([QueueID(rawValue: "q1")]))
            await rig.sweep()
            #expect(mailbox.drafts.isEmpty && mailbox.calls == [.create, .search, .look, .delete])
        }
    }

    /// The id of a draft goes on to the copy in Sent Items.
    @Test func aSentCopyIsNeverTakenAway() async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.after(Self.fault), to: .send)
        try await run(.draft, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.bench.turn()
            _ = try await rig.bench.log.cancel(.ids([QueueID(rawValue: "q1")]))
            await rig.sweep()
            #expect(mailbox.copies.count == 1 && mailbox.calls == [.create, .send, .look])
        }
    }

    @Test func aSweepThatFailsIsTriedAgainLater() async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.instead(ScriptedMicrosoft.graphError(400, "ErrorInvalidRecipients")), to: .send)
        mailbox.add(.instead(.status(503)), to: .look)
        try await run(.draft, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.bench.turn()
            await rig.sweep()
            await rig.sweep()
            #expect(mailbox.calls == [.create, .send, .look] && mailbox.drafts.count == 1)
            rig.bench.clock.advance(.seconds(600))
            await rig.sweep()
            #expect(mailbox.drafts.isEmpty)
        }
    }

    // MARK: The process dies

    /// Where it was, and what the mailbox holds.
    enum Point: String, CaseIterable, Sendable {
        case beforeTheCreation, afterTheCreation, afterTheNote, afterTheSending
    }

    @Test(arguments: Point.allCases) func oneCopyWhereverADraftWasCutOff(_ point: Point) async throws {
        let mailbox = ScriptedMailbox()
        let stored = mail("X-Postern-Id: q1", "Message-ID: <q1@relay.test>", "", "Hello")
        if point != .beforeTheCreation {
            mailbox.put(.init(id: "d0", message: stored, isDraft: point != .afterTheSending))
        }
        try await run(.draft, accepting: [], mailbox: mailbox) { (rig: Rig) async throws in
            try await rig.bench.log.close()
            try await Self.die(point, in: rig.bench.directory)
            let next = try await DeliveryBench(
                in: rig.bench.directory, clock: ManualClock(at: after(5)), routes: [rig.route])
            #expect(try await next.attempts("q1").map(\.outcome) == ["unknown"])
            for _ in 0..<30 where try await next.status("q1") != .sent {
                next.clock.advance(.seconds(15))
                rig.bench.clock.advance(.seconds(15))
                await next.turn()
            }
            #expect(try await next.status("q1") == .sent && mailbox.copies.count == 1 && mailbox.drafts.isEmpty)
            #expect(mailbox.sent == (point == .afterTheSending ? 0 : 1))
            #expect(mailbox.calls.contains(.create) == (point == .beforeTheCreation))
        }
    }

    private static func die(_ point: Point, in directory: TemporaryDirectory) async throws {
        let log = try directory.service()
        _ = try await log.accept(waiting("q1", to: addresses(1), start: .inProgress(.graph), body: .bytes(body)))
        if point == .afterTheNote || point == .afterTheSending {
            try await log.keepDraft("d0", of: QueueID(rawValue: "q1"))
        }
        try await log.close()
    }

    @Test(arguments: [true, false]) func oneCopyWhereverALookupWasCutOff(_ wasSent: Bool) async throws {
        let mailbox = ScriptedMailbox()
        let stored = mail("X-Postern-Id: q1", "Message-ID: <q1@relay.test>", "", "Hello")
        if wasSent { mailbox.put(.init(id: "m0", message: stored, isDraft: false)) }
        try await run(.lookup, onUnknown: .hold, accepting: [], mailbox: mailbox) { (rig: Rig) async throws in
            try await rig.bench.log.close()
            try await Self.die(.beforeTheCreation, in: rig.bench.directory)
            let next = try await DeliveryBench(
                in: rig.bench.directory, clock: ManualClock(at: after(5)), routes: [rig.route])
            for _ in 0..<30 where try await next.status("q1") != .sent {
                next.clock.advance(.seconds(15))
                rig.bench.clock.advance(.seconds(15))
                await next.turn()
            }
            #expect(try await next.status("q1") == .sent && mailbox.copies.count == 1)
            #expect(mailbox.calls.filter { $0 == .sendMail }.count == (wasSent ? 0 : 1))
        }
    }

    // MARK: Permissions

    /// Before an answer is lost, and again after a reload; not where the token has it, or does not say.
    @Test(arguments: [
        (["Mail.Send"], ExactlyOnce.draft, true), (["Mail.Send", "Mail.Read"], .draft, true),
        (["Mail.Send", "Mail.ReadWrite"], .draft, false), (["Mail.Send", "Mail.Read"], .lookup, false),
        (["Mail.Send"], .off, false), ([], .draft, false),
    ])
    func aPermissionThatIsMissingIsSaidAtTheStart(_ roles: [String], _ mode: ExactlyOnce, _ isSaid: Bool) async throws {
        let list = roles.map { "\"\($0)\"" }.joined(separator: ",")
        let token = "e30." + Base64.encodeURL(Array("{\"roles\":[\(list)]}".utf8)) + ".x"
        try await ScriptedMicrosoft.serve { _, _ in
            ScriptedMicrosoft.token(token)
        } _: { microsoft in
            let recorder = LogRecorder()
            let policy = LostAnswers(mode: mode)
            func route() throws -> DeliveryRoute {
                DeliveryRoute(
                    name: "contoso", limits: RouteLimits(), schedule: RetrySchedule(jitter: 0), lostAnswers: policy,
                    paths: [.graph: try graphPath(microsoft, lostAnswers: policy)])
            }
            let bench = try await DeliveryBench(routes: [try route()], logger: recorder.logger)
            #expect(await bench.manager.isTimeForPermissions() == (mode != .off))
            await bench.manager.checkPermissions()
            let sentence = "a permission that `exactly_once` needs is not in the token"
            #expect(recorder.sentences.contains(sentence) == isSaid)
            bench.clock.advance(.seconds(60))
            #expect(!(await bench.manager.isTimeForPermissions()), "once")
            await bench.manager.reload([try route()], keepsSentBodies: false, bounces: nil)
            #expect(await bench.manager.isTimeForPermissions() == (mode != .off))
        }
    }

    /// Entra was down at the start.
    @Test func permissionsAreAskedForUntilThereIsAToken() async throws {
        let isUp = NIOLockedValueBox(false)
        try await ScriptedMicrosoft.serve { _, _ in
            isUp.withLockedValue { $0 } ? ScriptedMicrosoft.token("e30.e30.x") : .status(503, [:], "")
        } _: { microsoft in
            let (policy, clock) = (LostAnswers(mode: .draft), ManualClock())
            let route = DeliveryRoute(
                name: "contoso", limits: RouteLimits(), schedule: RetrySchedule(jitter: 0), lostAnswers: policy,
                paths: [.graph: try graphPath(microsoft, clock: clock, lostAnswers: policy)])
            let bench = try await DeliveryBench(clock: clock, routes: [route])
            #expect(await bench.manager.isTimeForPermissions())
            await bench.manager.checkPermissions()
            #expect(!(await bench.manager.isTimeForPermissions()), "not at every turn")
            isUp.withLockedValue { $0 = true }
            clock.advance(.seconds(60))
            #expect(await bench.manager.isTimeForPermissions())
            await bench.manager.checkPermissions()
            clock.advance(.seconds(60))
            #expect(!(await bench.manager.isTimeForPermissions()), "once there is an answer")
        }
    }
}
