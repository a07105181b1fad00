import MailModel
import Testing

@testable import EmailLog

@Suite struct TrialAnswersTests {
    private let directory: TemporaryDirectory
    private let log: EmailLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try directory.service()
    }

    private func accept(_ id: String, _ arm: String? = "trial", at date: Timestamp = noon, route: String = "contoso")
        async throws -> QueueID
    {
        var message = submission(id, at: date, route: route)
        message.trial = arm
        return try await log.accept(message)
    }

    private func settle(
        _ id: QueueID, _ outcome: Outcome, _ settlement: Settlement, by path: Path = .graph,
        at date: Timestamp = after(1)
    ) async throws {
        _ = try await log.claim(id, path: path, at: date)
        try await log.settle(id, settlement, attempt: attempt(outcome, at: date, path: path), at: date)
    }

    private func answers(since moment: Timestamp = noon, limit: Int = 100) async throws -> [TrialAnswer] {
        try await log.trialAnswers(route: "contoso", arm: "trial", path: .graph, since: moment, limit: limit)
    }

    private static let later = Settlement.retry(at: after(9), spent: true)
    private static let down = Outcome.deferred(
        Refusal(scope: .route, cause: .unavailable, status: 503, text: "down"), retryAfter: nil)

    static let cases: [(String, [(Outcome, Settlement, Path)], String)] = [
        ("sent", [(accepted, .sent(keepBody: false), .graph)], ""),
        ("refused", [(rejected, .failed(because: nil), .graph)], "failed"),
        (
            "refused, and gone by the primary",
            [(rejected, .moved(to: .smtp, at: after(2)), .graph), (accepted, .sent(keepBody: false), .smtp)],
            "failed fell_back"
        ),
        (
            "put off for an error", [(down, later, .graph), (accepted, .sent(keepBody: false), .graph)], "failed"
        ),
        ("throttled", [(throttled, later, .graph), (accepted, .sent(keepBody: false), .graph)], "throttled"),
        ("unknown", [(lost, .unknown, .graph)], "unknown"),
        (
            "looked for in vain, then found",
            [(lost, later, .graph), (down, later, .graph), (accepted, .sent(keepBody: false), .graph)], "unknown"
        ),
        ("put off by the other path", [(down, later, .smtp), (throttled, later, .smtp)], ""),
    ]

    @Test(arguments: cases)
    func saysWhatWasWrong(_ name: String, _ attempts: [(Outcome, Settlement, Path)], _ words: String) async throws {
        let id = try await accept("m")
        for (number, (outcome, settlement, path)) in attempts.enumerated() {
            try await settle(id, outcome, settlement, by: path, at: after(1 + 10 * number))
        }
        let found = try #require(try await answers().first)
        let troubles = [
            (found.hasFailed, "failed"), (found.wasThrottled, "throttled"), (found.isUnknown, "unknown"),
            (found.fellBack, "fell_back"),
        ].filter(\.0).map(\.1)
        #expect(troubles.joined(separator: " ") == words, "\(name)")
    }

    @Test func onlyTheArmsAnsweredMessagesSinceTheStartCount() async throws {
        for (id, arm, route) in [("a", "control", "contoso"), ("b", "trial", "other"), ("c", "shadow", "contoso")] {
            try await settle(try await accept(id, arm, route: route), accepted, .sent(keepBody: false))
        }
        try await settle(try await accept("none", nil), accepted, .sent(keepBody: false))
        try await settle(try await accept("early", at: noon - .seconds(9)), rejected, .failed(because: nil))
        _ = try await accept("waits")
        try await settle(try await accept("counts"), accepted, .sent(keepBody: false))
        #expect(try await answers().map(\.id.rawValue) == ["counts"])
        #expect(try await answers(since: noon - .seconds(9)).count == 2)
        let counts = try await log.trialCounts(route: "contoso", since: noon)
        #expect(counts == ["control": 1, "shadow": 1, "trial": 2])
    }

    @Test func theLastAnswerComesLast() async throws {
        for (number, second) in [5, 1, 3].enumerated() {
            try await settle(try await accept("m\(number)"), accepted, .sent(keepBody: false), at: after(second))
        }
        #expect(try await answers().map(\.id.rawValue) == ["m1", "m2", "m0"])
        #expect(try await answers(limit: 2).map(\.id.rawValue) == ["m2", "m0"])
    }

    /// Given up while it waited: nobody tried.
    @Test func whatEndsWithoutAnAttemptHasFailed() async throws {
        _ = try await accept("old")
        _ = try await log.expire(lane, .trial, waitingSince: after(5), because: "too old", at: after(9), limit: 9)
        let answers = try await answers()
        #expect(answers.count == 1 && answers[0].hasFailed)
    }

    // MARK: Its queue

    @Test func mailOfATrialHasAQueueOfItsOwn() async throws {
        for number in 0..<5 { _ = try await accept("t\(number)", at: after(number)) }
        for number in 0..<5 { _ = try await accept("c\(number)", "control", at: after(number)) }
        let due = try await log.due(in: lane, LaneSection.all(of: .normal), at: after(60), limit: 2)
        #expect(due.map(\.id.rawValue).sorted() == ["c0", "c1", "t0", "t1"])
        #expect(due.filter(\.isTrial).map(\.section.queue) == [.trial, .trial])
        #expect(try await log.postpone(lane, .trial, until: after(600), because: "down", limit: 9) == 5)
        let others = try await log.due(in: lane, LaneSection.all(of: .normal), at: after(60), limit: 9)
        #expect(others.map(\.id.rawValue) == (0..<5).map { "c\($0)" })
        #expect(try await log.nextDue(in: lane, after: after(60)) == after(600))
        try await log.hurry(.trial, of: "contoso", to: after(61))
        #expect(try await log.due(in: lane, LaneSection.all(of: .normal), at: after(61), limit: 9).count == 10)
    }

    @Test func whatMovesIsBoundToItsNewPath() async throws {
        let id = try await accept("m")
        try await settle(id, rejected, .moved(to: .smtp, at: after(2)))
        let row = try #require(try await log.row(id))
        #expect(row.status == .queued && row.nextAttemptDate == after(2) && row.via == .smtp && row.fellBack)
        #expect(row.trial == "trial" && row.attempts == 1 && row.errorCode == "ErrorInvalidRecipients")
        #expect(
            try await log.due(in: lane, LaneSection.all(of: .normal), at: after(2), limit: 9).map(\.section.queue) == [
                .smtp
            ])
    }
}
