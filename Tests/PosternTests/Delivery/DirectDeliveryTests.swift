import DeliveryPolicy
import MIME
import MailModel
import Testing

@testable import EmailLog
@testable import Postern

/// One message sent now: by this process where no service runs, else by the service.
@Suite(.timeLimit(.minutes(5))) struct DirectDeliveryTests {
    private let message = mail("From: ann@contoso.com", "To: r1@example.org", "", "Hello")
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func settings(_ microsoft: ScriptedMicrosoft? = nil) throws -> Configuration {
        var settings = try configuration("store: \(directory.store)\n\(Desk.routes)")
        settings.routes[0].graph = makeGraph(microsoft)
        return settings
    }

    private func send(
        _ settings: Configuration, recipients: Int = 1, patience: Duration = .seconds(60), clock: Clocks? = nil
    ) async throws -> [DirectDelivery.Step] {
        let delivery = DirectDelivery(settings, clocks: clock ?? ManualClock().clocks, patience: patience)
        return try await delivery.send(message, Envelope(sender: ann, recipients: addresses(recipients))).steps
    }

    private func rows() async throws -> [LogRow] { try await directory.tool().rows(LogFilter()) }

    // MARK: Alone

    @Test func itIsSentAndRecordedLikeAnyOther() async throws {
        try await ScriptedMicrosoft.serve { microsoft in
            let steps = try await send(settings(microsoft))
            #expect(steps.map(\.outcome) == [acceptance])
            #expect(steps.map(\.lane) == [LaneKey(route: "contoso", mailbox: ann)])
            let row = try #require(try await rows().first)
            #expect(row.id == steps[0].id && row.status == .sent && row.client == "library" && row.attempts == 1)
            #expect(try await directory.tool().attempts(since: noon).count == 1)
            #expect(microsoft.mailCalls.count == 1)
        }
    }

    struct Ending: Sendable {
        var answer: ScriptedMicrosoft.Answer
        var status: Status
    }

    /// What is put off would be sent behind the sender's back: it fails, and `resend` tries it again.
    @Test(arguments: [
        Ending(answer: ScriptedMicrosoft.graphError(400, "ErrorInvalidRecipients"), status: .failed),
        Ending(answer: ScriptedMicrosoft.graphError(429, "TooManyRequests", ["Retry-After": "9"]), status: .failed),
        Ending(answer: .status(503), status: .failed), Ending(answer: .status(504), status: .unknown),
        Ending(answer: .hangUp, status: .unknown),
    ])
    func whatIsNotAcceptedDoesNotWait(_ ending: Ending) async throws {
        try await ScriptedMicrosoft.serve { call, _ in
            call.isToken ? ScriptedMicrosoft.token("t") : ending.answer
        } _: { microsoft in
            let steps = try await send(settings(microsoft))
            let row = try #require(try await rows().first)
            #expect(steps.count == 1 && row.status == ending.status && row.hasBody && row.attempts == 1)
            #expect(microsoft.mailCalls.count == 1)
        }
    }

    @Test func aThrottleIsRemembered() async throws {
        try await ScriptedMicrosoft.serve { call, _ in
            call.isToken
                ? ScriptedMicrosoft.token("t")
                : ScriptedMicrosoft.graphError(429, "TooManyRequests", ["Retry-After": "90"])
        } _: { microsoft in
            _ = try await send(settings(microsoft))
            let pauses = try await directory.tool().pauses()
            #expect(pauses.map(\.mailbox) == [ann] && pauses.map(\.until) == [after(90)])
            // The next one is not even tried.
            let next = try await send(settings(microsoft))
            #expect(next.first?.outcome.word == "throttled" && microsoft.mailCalls.count == 1)
        }
    }

    /// More parts than the mailbox may have in flight: they go one after the other.
    @Test func allPartsAreSent() async throws {
        try await ScriptedMicrosoft.serve { microsoft in
            let steps = try await send(settings(microsoft), recipients: 13)
            #expect(steps.map(\.outcome) == Array(repeating: acceptance, count: 5))
            #expect(microsoft.mailCalls.count == 5)
            #expect(try await rows().map(\.status) == Array(repeating: .sent, count: 5))
            let messages = microsoft.mailCalls.compactMap { $0.message.map { text($0) } }
            #expect(messages.count { $0.contains("\r\nTo: r1@example.org\r\n") } == 1)
        }
    }

    @Test(arguments: [(1, true), (2, false)])
    func usedUpLimitsHoldHereToo(_ spent: Int, _ isSent: Bool) async throws {
        let log = try directory.service()
        for number in 0..<spent {
            let id = try await log.accept(waiting("old\(number)", start: .inProgress(.graph)))
            try await log.settle(
                id, .sent(keepBody: false),
                attempt: AttemptRecord(
                    startedDate: noon - .seconds(30), duration: .zero, path: .graph, outcome: acceptance,
                    cost: .init(recipients: 1, bytes: 10)), at: noon - .seconds(30))
        }
        try await log.close()
        try await ScriptedMicrosoft.serve { microsoft in
            var settings = try settings(microsoft)
            settings.routes[0].limits.messages = Rate(2, per: .seconds(60))
            let step = try #require(try await send(settings).first)
            #expect(microsoft.mailCalls.count == (isSent ? 1 : 0))
            let row = try #require(try await directory.tool().row(step.id))
            #expect(row.status == (isSent ? .sent : .failed) && row.attempts == (isSent ? 1 : 0))
            let told = "The mailbox's limits are used up. There is room again at 2026-11-21 12:00:30"
            #expect(row.errorText?.hasPrefix(told) == (isSent ? nil : true))
        }
    }

    @Test func aPauseOnRecordIsNamed() async throws {
        let log = try directory.service()
        try await log.pause(
            LanePause(route: "contoso", mailbox: nil, path: .graph, since: noon, until: after(60), reason: "slow down"))
        try await log.close()
        let step = try #require(try await send(settings()).first)
        #expect(step.outcome.refusal?.text.hasPrefix("slow down") == true)
        #expect(try await rows().map(\.status) == [.failed])
    }

    @Test func whatNoRouteTakesIsNotStored() async throws {
        let delivery = DirectDelivery(try settings(), clocks: ManualClock().clocks)
        await #expect(throws: Refused.self) {
            try await delivery.send(mail("From: x@stranger.org", ""), Envelope(sender: nil, recipients: addresses(1)))
        }
        #expect(try await rows().isEmpty)
    }

    // MARK: Beside a service

    /// Turns of the service until `steps` are there.
    private func turning<Value: Sendable>(
        _ bench: DeliveryBench, until steps: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await steps() }
            group.addTask {
                while !Task.isCancelled {
                    bench.clock.advance(.seconds(1))
                    await bench.turns()
                    await Task.yield()
                }
                return nil
            }
            while let result = try await group.next() {
                if let result {
                    group.cancelAll()
                    return result
                }
            }
            throw CancellationError()
        }
    }

    /// The bench's date, which the service goes by, and a patience of this machine's seconds.
    private func clocks(_ bench: DeliveryBench) -> Clocks {
        Clocks(now: bench.clock.clocks.now, instant: Clocks.system().instant)
    }

    @Test func aRunningServiceMakesTheAttempt() async throws {
        let bench = try await DeliveryBench(in: directory)
        let settings = try settings()
        let steps = try await turning(bench) { try await send(settings, clock: clocks(bench)) }
        #expect(steps.map(\.outcome) == [acceptance])
        #expect(bench.path.attempted == steps.map(\.id.rawValue))
    }

    /// One attempt, and no other behind the sender's back.
    @Test func whatTheServicePutsOffIsCancelled() async throws {
        let bench = try await DeliveryBench(
            in: directory,
            path: ScriptedPath { _ in .deferred(refusal(.message, .unavailable, "later"), retryAfter: .seconds(9999)) })
        let settings = try settings()
        let steps = try await turning(bench) { try await send(settings, clock: clocks(bench)) }
        #expect(steps.map(\.outcome.word) == ["deferred"] && bench.path.attempted.count == 1)
        #expect(try await rows().map(\.status) == [.cancelled])
    }

    /// What only an operator can mend is told from a limit, as it would be without a service.
    @Test func whyTheServiceWaitsIsTold() async throws {
        let full = Refusal(
            scope: .mailbox, cause: .misconfigured, status: 403, code: "ErrorQuotaExceeded", text: "No room.")
        let bench = try await DeliveryBench(
            in: directory, path: ScriptedPath { _ in .deferred(full, retryAfter: nil) })
        let settings = try settings()
        let steps = try await turning(bench) { try await send(settings, clock: bench.clock.clocks) }
        #expect(steps.map(\.outcome.refusal?.text) == ["No room."])
        // The next one waits without an attempt, for what is on record: here until later than the turns have come.
        let now = bench.clock.clocks.now()
        try await bench.log.pause(
            LanePause(
                route: "contoso", mailbox: ann, path: .graph, since: now, until: now + .seconds(60), cause: full.cause,
                reason: full.text))
        let next = try await send(settings, patience: .zero, clock: bench.clock.clocks)
        #expect(next.map(\.outcome.refusal?.cause) == [.misconfigured])
    }

    @Test func patienceEnds() async throws {
        let bench = try await DeliveryBench(in: directory)
        let steps = try await send(settings(), patience: .zero)
        #expect(steps.map(\.outcome.word) == ["throttled"] && steps.map(\.outcome.refusal?.text) == ["not attempted"])
        #expect(try await rows().map(\.status) == [.cancelled])
        bench.clock.advance(.seconds(1))
        #expect(await bench.turns() == [])
    }
}
