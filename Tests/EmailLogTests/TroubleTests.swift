import GRDB
import MailModel
import Testing

@testable import EmailLog

@Suite struct TroubleTests {
    private let directory: TemporaryDirectory
    private let log: EmailLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try directory.service()
    }

    /// Accepts a message and attempts it once.
    @discardableResult
    private func attempted(
        _ id: String, _ outcome: Outcome, at date: Timestamp, fellBack: Bool = false, client: String? = "192.0.2.7"
    ) async throws -> QueueID {
        var submission = submission(id, at: date)
        submission.client = client
        let id = try await log.accept(submission)
        try await attempt(id, outcome, at: date, fellBack: fellBack)
        return id
    }

    private func attempt(_ id: QueueID, _ outcome: Outcome, at date: Timestamp, fellBack: Bool = false) async throws {
        _ = try await log.claim(id, path: .graph, at: date)
        let record = AttemptRecord(
            startedDate: date, duration: .zero, path: .graph, outcome: outcome, cost: nil, fellBack: fellBack)
        let settlement: Settlement =
            switch outcome {
            case .accepted: .sent(keepBody: false)
            case .deferred: .retry(at: date + .seconds(1), spent: true)
            case .rejected: .failed(because: nil)
            case .unknown: .unknown
            }
        try await log.settle(id, settlement, attempt: record, at: date)
    }

    private static let busy = Outcome.deferred(
        Refusal(scope: .message, cause: .unavailable, status: 503, text: "busy"), retryAfter: nil)

    @Test(arguments: [
        (TroubleMetric.failed, rejected, "400 ErrorInvalidRecipients no such recipient"),
        (.deferred, busy, "503 - busy"), (.throttled, throttled, "429 ApplicationThrottled slow down"),
        (.unknown, lost, "504 - no answer"), (.fellBack, accepted, "202 - -"),
    ])
    func eachCountsItsOwnInItsTimeAndNoMailOfAlerts(_ metric: TroubleMetric, _ outcome: Outcome, _ error: String)
        async throws
    {
        let fellBack = metric == .fellBack
        try await attempted("a", outcome, at: after(0), fellBack: fellBack)
        try await attempted("b", outcome, at: after(10), fellBack: fellBack)
        try await attempted("c", outcome, at: after(20), fellBack: fellBack, client: nil)
        try await attempted("d", outcome, at: after(15), fellBack: fellBack, client: EmailLog.alertClient)
        try await attempted("ok", accepted, at: after(15))
        #expect(try await log.count(metric, since: after(0)) == 3)
        #expect(try await log.count(metric, since: after(10)) == 2)
        #expect(try await log.count(metric, since: after(21)) == 0)
        for other in TroubleMetric.allCases where other != metric {
            #expect(try await log.count(other, since: after(0)) == 0, "\(other)")
        }
        let examples = try await log.examples(of: metric, since: after(0), limit: 2)
        #expect(examples.map(\.id.rawValue) == ["c", "b"])
        let first = try #require(examples.first)
        let words = [first.errorStatus.map(String.init), first.errorCode, first.errorText].map { $0 ?? "-" }
        #expect(words.joined(separator: " ") == error)
    }

    /// What happened to it once is not undone by what came of it later.
    @Test func aMessageCountsOnceHoweverOftenItWasTried() async throws {
        let id = try await attempted("a", throttled, at: after(1))
        for second in [5, 9] { try await attempt(id, throttled, at: after(second)) }
        try await attempt(id, accepted, at: after(12))
        #expect(try await log.count(.throttled, since: noon) == 1)
        #expect(try await log.examples(of: .throttled, since: noon, limit: 5).map(\.status) == [.sent])
        #expect(try await log.count(.throttled, since: after(10)) == 0)
    }

    @Test func theOldestWaitingIsOfAllLanesAndNeitherHeldNorAnAlerts() async throws {
        #expect(try await log.oldestWaiting() == nil)
        var alert = submission("alert", at: after(0))
        alert.client = EmailLog.alertClient
        _ = try await log.accept(alert)
        _ = try await log.accept(submission("held", at: after(1), start: .held))
        #expect(try await log.oldestWaiting() == nil)
        _ = try await log.accept(submission("new", at: after(9)))
        _ = try await log.accept(submission("old", at: after(5), mailbox: address("sales@contoso.com")))
        _ = try await log.accept(submission("other", at: after(7), route: "fabrikam"))
        let oldest = try #require(try await log.oldestWaiting())
        #expect(oldest.message.id.rawValue == "old" && oldest.since == after(5))
        _ = try await log.cancel(.ids([oldest.message.id]))
        #expect(try await log.oldestWaiting()?.message.id.rawValue == "other")
    }

    @Test func whatAnOperatorSendsAgainWaitsFromThenOn() async throws {
        let failed = try await log.make(.failed, at: noon)
        _ = try await log.resend([failed], at: after(3600))
        let oldest = try #require(try await log.oldestWaiting())
        #expect(oldest.message.id == failed && oldest.since == after(3600))
        _ = try await log.accept(submission("younger", at: after(3601)))
        #expect(try await log.oldestWaiting()?.message.id == failed)
        _ = try await log.accept(submission("older", at: after(3599)))
        #expect(try await log.oldestWaiting()?.message.id.rawValue == "older")
    }
}
