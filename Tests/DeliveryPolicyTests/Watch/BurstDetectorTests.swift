import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct BurstDetectorTests {
    private func bursts(
        in attempts: [TroubledAttempt], window: Duration = .seconds(5), minimum: Int = 3
    ) -> [FailureBurst] {
        var detector = BurstDetector(window: window, minimum: minimum)
        let ended = attempts.compactMap { detector.observe($0) }
        return (ended + detector.current).inOrder
    }

    struct Clustering: Sendable, CustomStringConvertible {
        let description: String
        var moments: [Int64]
        var window: Duration = .seconds(5)
        var minimum = 3
        /// Attempts of each burst.
        var expected: [Int]
    }

    static let table: [Clustering] = [
        .init(description: "nothing", moments: [], expected: []),
        .init(description: "two are none", moments: [0, 1], expected: []),
        .init(description: "three at one moment", moments: [0, 0, 0], expected: [3]),
        .init(description: "at the window's edge", moments: [0, 5000, 10_000], expected: [3]),
        .init(description: "a millisecond beyond it", moments: [0, 5000, 10_001], expected: []),
        .init(description: "two bursts", moments: [0, 1, 2, 5003, 5004, 5005, 5006], expected: [3, 4]),
        .init(
            description: "a single one in between", moments: [0, 1, 2, 7000, 14_000, 14_001, 14_002], expected: [3, 3]),
        .init(description: "far apart", moments: [0, 60_000, 120_000], expected: []),
        .init(description: "a wide window", moments: [0, 60_000, 120_000], window: .seconds(60), expected: [3]),
        .init(description: "a narrow window", moments: [0, 10, 20, 31], window: .milliseconds(10), expected: [3]),
        .init(description: "as few as two", moments: [0, 1, 9000], minimum: 2, expected: [2]),
        .init(description: "each by itself", moments: [0, 9000], minimum: 1, expected: [1, 1]),
    ]

    @Test(arguments: table) func clusters(_ row: Clustering) {
        let attempts = row.moments.enumerated().map { failure("m\($0.offset)", at: $0.element) }
        let found = bursts(in: attempts, window: row.window, minimum: row.minimum)
        #expect(found.map(\.attempts) == row.expected)
    }

    /// The batch job: 27 connections at once, of which Exchange serves 3.
    @Test func theIncident() throws {
        let refused = (0..<24).map { number in
            let moment = Int64(400 + number)
            let status: Status = number < 20 ? .failed : .sent
            return failure("m\(number)", at: moment, took: moment, now: status)
        }
        let burst = try #require(bursts(in: refused).first)
        #expect(bursts(in: refused).count == 1)
        #expect(burst.kind == .concurrency && burst.route == "contoso" && burst.path == .smtp)
        #expect(burst.start == noon && burst.end == noon + .milliseconds(423) && burst.duration == .milliseconds(423))
        #expect(burst.attempts == 24 && burst.messages == 24 && burst.peakConcurrency == 24 && burst.unknown == 0)
        #expect(burst.messagesByStatus == [.failed: 20, .sent: 4])
        #expect(burst.mailboxes == [address("reports@contoso.com")])
        #expect(burst.answers.map(\.attempts) == [24])
        #expect(burst.answers[0].words.hasPrefix("432 4.3.2 Concurrent connections limit exceeded."))
        #expect(burst.advice == BurstKind.concurrency.advice(on: .smtp))
    }

    @Test func routesPathsAndShapesAreApart() {
        let invalid = FailedAnswer(.rejected, 400, "ErrorInvalidRecipients")
        let denied = FailedAnswer(.rejected, 403, "ErrorSendAsDenied")
        let attempts = (0..<4).flatMap { round in
            let moment = Int64(round * 10)
            return [
                failure("a\(round)", at: moment),
                failure("b\(round)", at: moment, route: "fabrikam"),
                failure("c\(round)", .init(.throttled, 429, "TooManyRequests"), at: moment, by: .graph),
                failure("d\(round)", invalid, at: moment, by: .graph),
                failure("e\(round)", denied, at: moment, by: .graph),
            ]
        }
        let found = bursts(in: attempts)
        #expect(found.map(\.attempts) == [4, 4, 4, 4, 4])
        #expect(found.map(\.kind) == [.rate, .refused, .refused, .concurrency, .concurrency])
        #expect(found.map(\.route) == ["contoso", "contoso", "contoso", "contoso", "fabrikam"])
        #expect(
            found.compactMap(\.answers.first?.code).prefix(3) == [
                "TooManyRequests", "ErrorInvalidRecipients", "ErrorSendAsDenied",
            ])
    }

    /// They come and go in each other's windows, and each has its own.
    @Test func interleavedErrorsEndEachForItself() {
        let busy = FailedAnswer(.deferred, 503)
        let attempts = [
            failure("a", at: 0), failure("x", busy, at: 100), failure("b", at: 4000), failure("y", busy, at: 5000),
            failure("c", at: 8000), failure("z", busy, at: 10_100), failure("d", at: 13_001),
        ]
        let found = bursts(in: attempts)
        #expect(found.map(\.kind) == [.concurrency])
        #expect(found.map(\.attempts) == [3])
    }

    @Test func anOutageIsOneWhateverItSays() throws {
        let answers = [
            FailedAnswer(.deferred, 503), .init(.unknown, 504, "UnknownError"), .init(.deferred, nil, nil, "reset"),
        ]
        let attempts = (0..<6).map {
            failure("m\($0)", answers[$0 % 3], at: Int64($0), by: .graph, mailbox: "m\($0 % 2)@contoso.com")
        }
        let burst = try #require(bursts(in: attempts).first)
        #expect(burst.kind == .outage && burst.attempts == 6 && burst.unknown == 2)
        #expect(burst.mailboxes.map(\.description) == ["m0@contoso.com", "m1@contoso.com"])
        #expect(burst.answers.map(\.status) == [nil, 503, 504])
    }

    static let timeouts: [(mailboxes: Int, isFirstRefused: Bool, BurstKind)] = [
        (1, false, .lostAnswers), (1, true, .outage), (2, false, .outage),
    ]

    @Test(arguments: timeouts) func timeoutsAre(_ mailboxes: Int, _ isFirstRefused: Bool, _ kind: BurstKind) {
        let attempts = (0..<4).map { number in
            let isRefused = isFirstRefused && number == 0
            return failure(
                "m\(number)", isRefused ? .init(.deferred, 503) : .init(.unknown, nil, nil, "timed out"),
                at: Int64(number), by: .graph, mailbox: "m\(number % mailboxes)@contoso.com")
        }
        #expect(bursts(in: attempts).map(\.kind) == [kind])
    }

    @Test func theMostFrequentAnswerComesFirst() throws {
        let answers = [
            FailedAnswer(.deferred, 503), .init(.deferred, 500, "A"), .init(.deferred, 500, "A", "later words"),
        ]
        let attempts = answers.enumerated().map { failure("m\($0.offset)", $0.element, at: 0, by: .graph) }
        let burst = try #require(bursts(in: attempts).first)
        #expect(burst.answers.map(\.attempts) == [2, 1])
        #expect(burst.answers.map(\.words) == ["500 A", "503"])
    }

    static let concurrency: [(spans: [(Int64, Int64)], Int)] = [
        ([(0, 100), (0, 100), (0, 100)], 3),
        ([(0, 100), (100, 200), (200, 300)], 1),
        ([(0, 150), (100, 250), (200, 300)], 2),
        ([(50, 50), (50, 50), (60, 60)], 2),
        ([(0, 300), (10, 20), (20, 30)], 2),
    ]

    @Test(arguments: concurrency) func atOnce(_ spans: [(Int64, Int64)], _ most: Int) {
        let attempts = spans.enumerated().map {
            failure("m\($0.offset)", at: $0.element.1, took: $0.element.1 - $0.element.0)
        }
        .sorted { $0.finishedDate < $1.finishedDate }
        #expect(bursts(in: attempts).map(\.peakConcurrency) == [most])
    }

    /// What Microsoft limits is a mailbox.
    @Test func atOnceIsCountedForEachMailbox() {
        let attempts = (0..<6).map { failure("m\($0)", at: 100, mailbox: "m\($0 % 3)@contoso.com") }
        #expect(bursts(in: attempts).map(\.peakConcurrency) == [2])
    }

    /// The parts of a message that was split after its first attempt carry that attempt with them.
    @Test func copiedHistoryCountsOnce() throws {
        let first = ["a", "a-2", "a-3"].map { failure($0, at: 0, requestID: "r1", now: .failed) }
        #expect(bursts(in: first).isEmpty)
        let more = [failure("b", at: 1), failure("c", at: 2)]
        let burst = try #require(bursts(in: first + more).first)
        #expect(burst.attempts == 3 && burst.messages == 5 && burst.messagesByStatus == [.failed: 3, .sent: 2])
    }

    @Test func partsThatWereSentEachByItselfCountEach() {
        let parts = ["a", "a-2", "a-3"].enumerated().map { failure($0.element, at: 0, requestID: "r\($0.offset)") }
        #expect(bursts(in: parts).map(\.attempts) == [3])
    }

    @Test func aMessageThatFailsAgainIsOneMessage() {
        let attempts = (1...3).map { failure("a", at: Int64($0) * 1000, attempt: $0, now: .queued) }
        let found = bursts(in: attempts)
        #expect(found.map(\.attempts) == [3] && found.map(\.messages) == [1])
    }

    @Test func forgetsWhatIsOver() {
        var detector = BurstDetector()
        for number in 0..<3 { _ = detector.observe(failure("m\(number)", at: 0)) }
        detector.forget(before: noon + .seconds(5))
        #expect(detector.current.map(\.attempts) == [3])
        detector.forget(before: noon + .milliseconds(5001))
        #expect(detector.current.isEmpty)
        #expect(detector.observe(failure("late", at: 9000)) == nil)
    }
}
