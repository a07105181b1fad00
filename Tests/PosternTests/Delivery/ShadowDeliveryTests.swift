import DeliveryPolicy
import GraphProtocol
import MIME
import MailModel
import Testing

@testable import EmailLog
@testable import Postern

/// Graph exercised beside mail that goes by SMTP: through the whole of the manager and the Graph path, against a mailbox
/// that counts what was sent.
@Suite(.timeLimit(.minutes(5))) struct ShadowDeliveryTests {
    private static let body = mail(
        "From: ann@contoso.com", "To: r1@example.org", "Message-ID: <1@contoso.com>", "Subject: Figures",
        "Auto-Submitted: auto-generated", "", "Hello")
    private static let tester = address("tester@contoso.com")

    struct Rig {
        let bench: DeliveryBench
        let mailbox: ScriptedMailbox
        let smtp: ScriptedPath

        @discardableResult
        func shadows(later seconds: Int = 0) async -> Int {
            bench.clock.advance(.seconds(max(1, seconds)))
            let turns = await bench.manager.nextShadows()
            await withDiscardingTaskGroup { group in
                for turn in turns { group.addTask { await bench.manager.run(turn) } }
            }
            return turns.count
        }

        func accept(_ id: String, _ body: [UInt8] = ShadowDeliveryTests.body, to recipients: Int = 1) async throws {
            var submission = waiting(id, to: addresses(recipients), at: bench.clock.now, body: .bytes(body))
            submission.trial = "shadow"
            submission.messageID = "<1@contoso.com>"
            _ = try await bench.log.accept(submission)
            bench.bell.ring(LaneKey(route: "contoso", mailbox: ann))
        }

        func record(_ id: String = "q1") async throws -> ShadowRecord? {
            try await bench.log.shadow(of: QueueID(rawValue: id))
        }

        func kinds(_ id: String = "q1") async throws -> [String] { try await record(id)?.remarks.map(\.kind) ?? [] }

        func leftovers() async throws -> [LeftoverDraft] {
            try await bench.log.leftoverDrafts(at: bench.clock.now + .seconds(9), limit: 9)
        }
    }

    private func run(
        _ shadow: TrialSettings.Shadow?, mailbox: ScriptedMailbox = ScriptedMailbox(),
        policy: SendPlan.Policy = SendPlan.Policy(hasSMTP: true), accepting ids: [String] = ["q1"],
        _ body: (Rig) async throws -> Void
    ) async throws {
        try await ScriptedMicrosoft.serve(mailbox.script) { microsoft in
            let (clock, smtp) = (ManualClock(), ScriptedPath())
            let path = try graphPath(microsoft, policy: policy, clock: clock)
            var limits = RouteLimits()
            (limits.primary, limits.other) = (.smtp, .graph)
            var route = DeliveryRoute(
                name: "contoso", limits: limits, schedule: RetrySchedule(jitter: 0), lostAnswers: LostAnswers(),
                paths: [.graph: path, .smtp: smtp])
            route.shadow = shadow
            let rig = Rig(
                bench: try await DeliveryBench(clock: clock, routes: [route], path: smtp), mailbox: mailbox, smtp: smtp)
            for id in ids { try await rig.accept(id) }
            try await body(rig)
        }
    }

    // MARK: Draft

    @Test func aDraftIsMadeLookedAtAndDeleted() async throws {
        try await run(.draft) { (rig: Rig) async throws in
            #expect(await rig.shadows() == 1)
            #expect(rig.mailbox.calls == [.create, .look, .delete])
            #expect(rig.mailbox.sent == 0 && rig.mailbox.drafts.isEmpty)
            let record = try #require(try await rig.record())
            #expect(record.state == .done && record.form == .draft && record.httpStatus == 201)
            #expect(record.requestForm == "mime_request" && record.latency != nil)
            #expect(try await rig.kinds().contains("header.auto-submitted"))
            #expect(try await rig.leftovers().isEmpty)
            #expect(try await rig.bench.status("q1") == .queued, "the message has nothing to do with it")
            #expect(try await rig.bench.attempts("q1").isEmpty)
            #expect(await rig.shadows(later: 60) == 0)
        }
    }

    /// Nobody who looks for the message by its marker may take the draft for it.
    @Test func itsDraftBearsAnotherMarker() async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.instead(ScriptedMicrosoft.graphError(404, "ErrorItemNotFound")), to: .look)
        mailbox.add(.instead(.status(503)), to: .delete)
        try await run(.draft, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.shadows()
            let draft = try #require(mailbox.drafts.first)
            #expect(draft.header("X-Postern-Id") == "q1.shadow1")
            #expect(draft.header("Message-ID") == "<1@contoso.com>")
        }
    }

    @Test func whatCannotBeDeletedIsSweptLater() async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.instead(ScriptedMicrosoft.graphError(500, "ErrorInternalServerError")), to: .delete)
        try await run(.draft, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.shadows()
            #expect(try await rig.record()?.state == .done)
            #expect(mailbox.drafts.count == 1)
            #expect(try await rig.leftovers().map(\.draft) == [.named("d1")])
            await rig.bench.manager.sweepDrafts()
            #expect(mailbox.drafts.isEmpty && mailbox.sent == 0)
        }
    }

    @Test func aDraftWhoseAnswerWasLostIsFoundAndDeleted() async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.after(ScriptedMicrosoft.graphError(500, "ErrorInternalServerError")), to: .create)
        try await run(.draft, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.shadows()
            #expect(try await rig.leftovers().map(\.draft) == [.somewhere])
            await rig.bench.manager.sweepDrafts()
            #expect(mailbox.drafts.isEmpty)
            await rig.shadows(later: 300)
            #expect(mailbox.drafts.isEmpty && mailbox.sent == 0)
            #expect(try await rig.record()?.state != .waiting)
        }
    }

    @Test func aMissingPermissionIsWhatItFinds() async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.instead(ScriptedMicrosoft.graphError(403, "ErrorAccessDenied")), to: .create)
        try await run(.draft, mailbox: mailbox, accepting: ["q1", "q2"]) { (rig: Rig) async throws in
            #expect(await rig.shadows() == 2)
            let states = [try await rig.record("q1"), try await rig.record("q2")].map { $0?.state }
            #expect(Set(states) == [.failed, .done], "the other is not kept from trying")
            #expect(try await rig.bench.log.pauses().isEmpty)
            let outcomes = try await rig.bench.log.shadowOutcomes(route: "contoso", since: noon)
            #expect(outcomes.contains { $0.code == "ErrorAccessDenied" && $0.state == .failed })
        }
    }

    // MARK: The real mail

    @Test func aThrottledShadowTouchesNoMail() async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(
            .instead(ScriptedMicrosoft.graphError(429, "ApplicationThrottled", ["Retry-After": "90"])), to: .create)
        try await run(.draft, mailbox: mailbox) { (rig: Rig) async throws in
            await rig.shadows()
            #expect(try await rig.record()?.state == .waiting)
            #expect(try await rig.bench.log.pauses().map(\.path) == [.graph])
            #expect(await rig.bench.turns() == ["q1"])
            #expect(try await rig.bench.status("q1") == .sent)
            #expect(try await rig.bench.row("q1")?.errorText == nil)
            try await rig.accept("q2")
            #expect(await rig.bench.turns() == ["q2"])
            #expect(rig.smtp.attempted == ["q1", "q2"])
            #expect(await rig.shadows(later: 60) == 0, "they wait for the end of the pause")
            #expect(mailbox.calls == [.create])
            #expect(await rig.shadows(later: 40) == 2)
            #expect(try await rig.record("q1")?.state == .done)
            #expect(try await rig.record("q2")?.state == .done)
            #expect(try await rig.bench.log.pauses().isEmpty, "what they found ends the pause")
        }
    }

    @Test func anOutageOfGraphPausesShadowsAlone() async throws {
        let mailbox = ScriptedMailbox()
        for _ in 0..<6 { mailbox.add(.instead(.status(503)), to: .create) }
        try await run(.draft, mailbox: mailbox, accepting: (1...6).map { "q\($0)" }) { (rig: Rig) async throws in
            await rig.shadows()
            await rig.shadows(later: 5)
            #expect(mailbox.calls.allSatisfy { $0 == .create } && mailbox.calls.count < 6)
            #expect(await rig.bench.turns().count == 6)
            #expect(try await rig.bench.log.rows(LogFilter(statuses: [.sent])).count == 6)
        }
    }

    @Test func aMessageThatIsDeliveredKeepsItsBodyForItsShadow() async throws {
        try await run(.draft) { (rig: Rig) async throws in
            await rig.bench.turns()
            #expect(try await rig.bench.status("q1") == .sent)
            await rig.shadows()
            #expect(try await rig.record()?.state == .done)
            #expect(rig.mailbox.calls.first == .create)
        }
    }

    @Test func whatIsSpentIsRememberedAcrossARestart() async throws {
        try await run(.draft) { (rig: Rig) async throws in
            await rig.shadows()
            let spent = try await rig.bench.log.attempts(since: noon, route: nil)
            #expect(spent.map(\.cost.requests) == [3] && spent.map(\.cost.recipients) == [0])
            #expect(spent.allSatisfy { $0.cost.bytes >= Self.body.count })
        }
    }

    // MARK: Render

    @Test func renderingAsksNothingOfGraph() async throws {
        try await run(.render) { (rig: Rig) async throws in
            await rig.shadows()
            let record = try #require(try await rig.record())
            #expect(record.state == .done && record.form == .render && record.latency == nil)
            #expect(record.requestSize ?? 0 > Self.body.count)
            #expect(rig.mailbox.calls.isEmpty)
        }
    }

    @Test func whatGraphCannotExpressIsSaid() async throws {
        let stranger = mail("From: ann@contoso.com", "To: stranger@example.org", "", "Hello")
        try await run(.draft, accepting: []) { (rig: Rig) async throws in
            try await rig.accept("q1", stranger)
            await rig.shadows()
            #expect(try await rig.record()?.state == .skipped)
            #expect(try await rig.record()?.errorCode == "GoesBySMTP")
            #expect(try await rig.kinds().contains("form.smtp"))
            #expect(rig.mailbox.calls.isEmpty)
        }
        try await run(.render, policy: SendPlan.Policy(unrepresentable: .refuse), accepting: []) {
            (rig: Rig) async throws in
            try await rig.accept("q1", stranger)
            await rig.shadows()
            #expect(try await rig.record()?.state == .failed)
            #expect(try await rig.record()?.errorCode == "NotExpressible")
        }
    }

    // MARK: Redirect

    @Test func aCopyReachesTheAddressAlone() async throws {
        try await run(.redirect(Self.tester)) { (rig: Rig) async throws in
            await rig.shadows()
            #expect(rig.mailbox.calls == [.sendMail])
            let copy = try #require(rig.mailbox.copies.first)
            #expect(
                copy.header("To") == "tester@contoso.com" && copy.header("Cc").isEmpty && copy.header("Bcc").isEmpty)
            #expect(copy.header("X-Original-To") == "r1@example.org")
            #expect(copy.header("Message-ID") == "<q1.shadow1@relay.test>")
            #expect(try await rig.record()?.state == .done && rig.mailbox.sent == 1)
            #expect(try await rig.bench.log.attempts(since: noon, route: nil).map(\.cost.recipients) == [1])
        }
    }

    @Test func aCopyWhoseAnswerWasLostIsNotSentAgain() async throws {
        let mailbox = ScriptedMailbox()
        mailbox.add(.after(.status(504)), to: .sendMail)
        try await run(.redirect(Self.tester), mailbox: mailbox) { (rig: Rig) async throws in
            await rig.shadows()
            #expect(try await rig.record()?.state == .failed)
            #expect(try await rig.record()?.errorCode == "OutcomeUnknown")
            await rig.shadows(later: 3600)
            #expect(mailbox.sent == 1)
        }
    }

    @Test func aHeaderThatReadersDisagreeAboutIsNotCopied() async throws {
        let torn = mail("From: ann@contoso.com", "X-Note: a\rTo: other@example.org", "To: r1@example.org", "", "Hello")
        try await run(.redirect(Self.tester), accepting: []) { (rig: Rig) async throws in
            try await rig.accept("q1", torn)
            await rig.shadows()
            #expect(try await rig.record()?.state == .skipped)
            #expect(try await rig.record()?.errorCode == "Uncertain")
            #expect(rig.mailbox.calls.isEmpty)
        }
    }

    @Test func aCopyLetsMailGoFirst() async throws {
        try await run(.redirect(Self.tester)) { (rig: Rig) async throws in
            _ = await rig.bench.manager.nextStarts()
            #expect(await rig.shadows() == 1)
            try await rig.accept("q2")
            try await rig.accept("q3")
            for id in ["q4", "q5", "q6", "q7"] { try await rig.accept(id) }
            _ = await rig.bench.manager.nextStarts()
            #expect(await rig.shadows(later: 10) == 0, "mail of the mailbox waits for its turn")
        }
    }

    // MARK: Bounds

    @Test func whereNoShadowIsConfiguredAnyMoreTheyAreSkipped() async throws {
        try await run(nil) { (rig: Rig) async throws in
            #expect(await rig.shadows() == 0)
            #expect(try await rig.record()?.errorCode == "NotWanted")
            #expect(rig.mailbox.calls.isEmpty)
        }
    }

    @Test func oneThatHasWaitedForADayIsSkipped() async throws {
        try await run(.draft) { (rig: Rig) async throws in
            #expect(await rig.shadows(later: 86_401) == 0)
            #expect(try await rig.record()?.errorCode == "Expired")
            #expect(try await rig.bench.status("q1") == .queued)
        }
    }
}
