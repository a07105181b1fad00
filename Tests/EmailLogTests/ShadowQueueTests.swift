import GRDB
import MailModel
import Testing

@testable import EmailLog

/// The way of a shadow through the store, beside its message's own.
@Suite struct ShadowQueueTests {
    private let directory: TemporaryDirectory
    private let log: EmailLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try directory.service()
    }

    private func bodies() async throws -> [Int] {
        try await log.read { try $0.rows("SELECT references_left FROM email_body ORDER BY id").map { $0[0] } }
    }

    private func deliver(_ id: QueueID) async throws {
        _ = try await log.claim(id, path: .smtp, at: after(1))
        try await log.settle(id, .sent(keepBody: false), attempt: attempt(accepted, path: .smtp), at: after(2))
    }

    // MARK: Acceptance

    @Test func onlyWhatTheTrialShadowsHasOne() async throws {
        _ = try await log.accept(submission("plain"))
        var control = submission("control")
        control.trial = "control"
        _ = try await log.accept(control)
        #expect(try await log.waitingShadows(route: "contoso", at: noon, limit: 9).isEmpty)
        try await log.shadowed("one", body: .bytes([1, 2, 3]))
        let waiting = try await log.waitingShadows(route: "contoso", at: noon, limit: 9)
        #expect(waiting.map(\.message.rawValue) == ["one"])
        #expect(waiting.map(\.lane) == [lane] && waiting.map(\.size) == [3])
        #expect(try await log.routesWithShadows() == ["contoso"])
    }

    @Test func eachPartOfASplitMessageHasItsOwn() async throws {
        try await log.shadowed("one", to: [["a@fabrikam.com"], ["b@fabrikam.com"]])
        #expect(try await bodies() == [4])
        let waiting = try await log.waitingShadows(route: "contoso", at: noon, limit: 9)
        #expect(waiting.map(\.message.rawValue) == ["one", "one-2"])
        let second = try #require(try await log.claimShadow(waiting[1].number, as: .render, at: noon))
        #expect(second.message.envelope.recipients == [address("b@fabrikam.com")] && second.message.isPart)
    }

    // MARK: The body

    @Test func theBodyStaysUntilBothAreDone() async throws {
        let writer = try await log.makeSpoolWriter()
        try await writer.append([7, 8])
        let id = try await log.shadowed(body: .spooled(try await writer.finish()))
        try await deliver(id)
        #expect(try await bodies() == [1])
        let claimed = try #require(try await log.claimNextShadow())
        #expect(try await log.body(of: claimed).read(at: 0, upTo: 9) == [7, 8])
        try await log.end(claimed, ShadowResult(.done), at: after(3))
        #expect(try await bodies() == [])
        log.spool.finishRemovals()
        #expect(directory.spoolNames.isEmpty)
    }

    @Test func theBodyOfAMessageOutlivesItsShadow() async throws {
        let id = try await log.shadowed()
        let claimed = try #require(try await log.claimNextShadow())
        try await log.end(claimed, ShadowResult(.failed, code: "X"), at: after(3))
        #expect(try await bodies() == [1])
        #expect(try await log.body(of: id).size == 7)
        #expect(try await log.status(id) == .queued, "it has nothing to do with its shadow")
    }

    // MARK: Runs

    @Test func aClaimedShadowIsTheMessageAsItWasAccepted() async throws {
        let id = try await log.shadowed("one", to: [["a@fabrikam.com", "b@fabrikam.com"]])
        _ = try await log.claim(id, path: .smtp, at: after(1))
        _ = try await log.settle(
            id,
            parts: [
                SettledPart(
                    recipients: [address("a@fabrikam.com")], settlement: .sent(keepBody: false),
                    attempt: attempt(accepted, path: .smtp)),
                SettledPart(
                    recipients: [address("b@fabrikam.com")], settlement: .failed(because: nil),
                    attempt: attempt(rejected, path: .smtp)),
            ], at: after(2))
        let claimed = try #require(try await log.claimNextShadow(as: .redirect))
        #expect(claimed.message.envelope.recipients == ["a@fabrikam.com", "b@fabrikam.com"].map(address))
        #expect(claimed.original == id && claimed.form == .redirect)
        #expect(claimed.message.id.rawValue == "one.shadow1")
        #expect(claimed.message.messageID == "<1@contoso.com>")
        #expect(claimed.message.via == nil && claimed.message.draft == nil && claimed.message.unresolved == nil)
        #expect(try await log.claimNextShadow() == nil, "nobody else has it")
    }

    @Test func oneThatIsPutBackRunsAgainUnderAnotherName() async throws {
        try await log.shadowed("one")
        let first = try #require(try await log.claimNextShadow())
        var result = ShadowResult(.again(at: after(60)))
        (result.errorText, result.cost.requests) = ("throttled", 1)
        try await log.end(first, result, at: after(1))
        #expect(try await log.claimNextShadow(at: after(59)) == nil)
        let second = try #require(try await log.claimNextShadow(at: after(60)))
        #expect(second.message.id.rawValue == "one.shadow2")
        result.end = .over(.done)
        result.cost = .init(requests: 3, messages: 0, bytes: 44)
        try await log.end(second, result, at: after(70))
        let spent = try await log.attempts(since: after(65))
        #expect(spent.map(\.cost) == [.init(requests: 4, recipients: 0, bytes: 44)])
        #expect(spent.map(\.path) == [.graph] && spent.map(\.lane) == [lane])
        #expect(try await log.attempts(since: after(71)).isEmpty)
    }

    @Test func oneThatFindsNoRoomLetsOthersGoFirst() async throws {
        try await log.shadowed("one")
        try await log.shadowed("two", at: after(1))
        let waiting = try await log.waitingShadows(route: "contoso", at: after(1), limit: 1)
        try await log.postponeShadows(waiting.map(\.number), until: after(9))
        #expect(
            try await log.waitingShadows(route: "contoso", at: after(9), limit: 9).map(\.message.rawValue)
                == ["two", "one"])
    }

    @Test func aShadowWithoutItsMessagesRowIsSkipped() async throws {
        let id = try await log.shadowed()
        try await deliver(id)
        _ = try await log.sweep(Retention(bodies: .zero, failedBodies: .zero, log: .zero), at: after(9))
        #expect(try await log.claimNextShadow(at: after(9)) == nil)
        #expect(try await log.shadow(of: id)?.errorCode == "MessageGone")
        #expect(try await bodies() == [])
    }

    // MARK: Bounds

    @Test func theOldestAreSkippedWhereTooManyWait() async throws {
        for number in 1...5 { try await log.shadowed("m\(number)", at: after(number)) }
        try await log.shadowed("other", route: "fabrikam")
        let now = after(9)
        #expect(try await log.skipShadows(route: "contoso", .overflow(keeping: 3), at: now, limit: 100) == 2)
        #expect(try await log.skipShadows(route: "contoso", .overflow(keeping: 3), at: now, limit: 100) == 0)
        #expect(try await log.shadow(of: QueueID(rawValue: "m2"))?.errorCode == "TooMany")
        #expect(try await log.shadow(of: QueueID(rawValue: "m3"))?.state == .waiting)
        #expect(try await log.skipShadows(route: "contoso", .expired(before: after(4)), at: now, limit: 100) == 1)
        #expect(try await log.shadow(of: QueueID(rawValue: "m3"))?.errorCode == "Expired")
        #expect(try await log.skipShadows(route: "contoso", .unwanted, at: now, limit: 1) == 1)
        #expect(try await log.shadow(of: QueueID(rawValue: "m4"))?.errorCode == "NotWanted")
        #expect(try await log.waitingShadows(route: "fabrikam", at: now, limit: 9).count == 1)
    }

    @Test func whatIsOverGoesWithTheLog() async throws {
        let done = try await log.shadowed("done")
        let claimed = try #require(try await log.claimNextShadow())
        try await log.end(claimed, ShadowResult(.done), at: after(5))
        let waiting = try await log.shadowed("waiting")
        _ = try await log.sweep(Retention(bodies: .zero, failedBodies: .zero, log: .seconds(10)), at: after(15))
        #expect(try await log.shadow(of: done) != nil)
        _ = try await log.sweep(Retention(bodies: .zero, failedBodies: .zero, log: .seconds(10)), at: after(16))
        #expect(try await log.shadow(of: done) == nil)
        #expect(try await log.shadow(of: waiting) != nil)
    }

    // MARK: Drafts and deaths

    private func leftovers(_ log: EmailLog) async throws -> [LeftoverDraft] {
        try await log.leftoverDrafts(at: after(1000), limit: 9)
    }

    @Test func whatARunLeavesIsSweptWithoutWaitingForItsMessage() async throws {
        try await log.shadowed("one")
        let claimed = try #require(try await log.claimNextShadow())
        try await log.keepDraft("AAMk1", of: claimed)
        var result = ShadowResult(.failed)
        result.leftover = .named("AAMk1")
        try await log.end(claimed, result, at: after(3))
        let left = try #require(try await leftovers(log).first)
        #expect(left.message.rawValue == "one.shadow1" && left.draft == .named("AAMk1"))
        #expect(left.lane == lane && left.messageID == "<1@contoso.com>")
        await #expect(throws: EmailLogError.self) { try await log.keepDraft("AAMk2", of: claimed) }
    }

    private let taken: @Sendable (String, ShadowForm, Int64) -> ShadowResult.Cost = { route, form, size in
        guard route == "contoso", form != .render else { return .init() }
        return .init(requests: form == .draft ? 3 : 2, bytes: 10 * Int(size))
    }

    /// By form and whether a draft was written down: what becomes of it when its process dies, and what is swept.
    @Test(
        arguments: [
            (ShadowForm.render, nil, ShadowState.waiting, []),
            (.draft, nil, .waiting, [RememberedDraft.somewhere]),
            (.draft, "AAMk1", .waiting, [.named("AAMk1")]),
            (.redirect, nil, .failed, []),
            (.redirect, "AAMk1", .failed, [.named("AAMk1")]),
        ] as [(ShadowForm, String?, ShadowState, [RememberedDraft])])
    func deaths(_ form: ShadowForm, _ draft: String?, _ state: ShadowState, _ left: [RememberedDraft]) async throws {
        let id = try await log.shadowed("one")
        let claimed = try #require(try await log.claimNextShadow(as: form))
        if let draft { try await log.keepDraft(draft, of: claimed) }
        #expect(try await log.recoverShadows(at: after(5), cost: taken).isEmpty, "its process lives")
        let image = try directory.crashImage()
        let found = try image.service()
        #expect(try await found.recoverShadows(at: after(5), cost: taken) == [id])
        #expect(try await found.shadow(of: id)?.state == state)
        #expect(try await leftovers(found).map(\.draft) == left)
        #expect(try await found.recoverShadows(at: after(6), cost: taken).isEmpty)
        if state == .failed { #expect(try await found.shadow(of: id)?.errorCode == "OutcomeUnknown") }
        let charged = try await found.attempts(since: noon).map(\.cost)
        let size = try #require(try await found.row(id)?.size)
        #expect(charged.map(\.requests) == (form == .render ? [] : [form == .draft ? 3 : 2]))
        #expect(charged.map(\.bytes) == (form == .render ? [] : [10 * size]))
    }

    @Test func oneThatEndsItsProcessEachTimeIsLeftAlone() async throws {
        let id = try await log.shadowed("one")
        var images = [directory]
        for run in 1...3 {
            let log = run == 1 ? log : try images[run - 1].service()
            _ = try await log.recoverShadows(at: after(run), cost: taken)
            _ = try #require(try await log.claimNextShadow(as: .render, at: after(run)))
            images.append(try images[run - 1].crashImage())
        }
        let last = try images[3].service()
        _ = try await last.recoverShadows(at: after(9), cost: taken)
        #expect(try await last.shadow(of: id)?.errorCode == "CutOff")
        #expect(try await last.waitingShadows(route: "contoso", at: after(9), limit: 9).isEmpty)
    }
}
