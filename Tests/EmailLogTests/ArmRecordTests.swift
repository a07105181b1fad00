import MailModel
import Testing

@testable import EmailLog

@Suite struct ArmRecordTests {
    private static let paths: [String: Path] = ["trial": .graph, "control": .smtp]

    /// A message as the test remembers it.
    private struct Fate {
        var arm: String?
        var route: String
        var date: Timestamp
        var status = Status.queued
        var attempts: [(path: Path, outcome: Outcome)] = []
        var latency: Int64?
        var fellBack = false

        var refusedBy: Set<Path> {
            var isLost = false
            return attempts.reduce(into: []) { paths, attempt in
                switch attempt.outcome {
                case .rejected: paths.insert(attempt.path)
                case .deferred(let refusal, _) where refusal.cause != .throttled && !isLost: paths.insert(attempt.path)
                case .unknown: isLost = true
                case .accepted, .deferred: break
                }
            }
        }

        func had(_ word: String) -> Bool { attempts.contains { $0.outcome.word == word } }
    }

    private static let outage = Outcome.deferred(
        Refusal(scope: .message, cause: .unavailable, status: 503, code: "ServiceUnavailable", text: "later"),
        retryAfter: nil)

    @Test(arguments: [1, 2, 3] as [UInt64]) func agreesWithANaiveCount(_ seed: UInt64) async throws {
        var random = SplitMix64(state: seed)
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        var fates: [Fate] = []
        for number in 0..<120 { fates.append(try await Self.live(number, on: log, using: &random)) }
        let since = after(60)
        let records = try await log.armRecords(route: "contoso", since: since, paths: Self.paths)
        for (arm, path) in Self.paths {
            let mine = fates.filter { $0.arm == arm && $0.route == "contoso" && $0.date >= since }
            let record = try #require(records[arm])
            #expect(!mine.isEmpty && record.messages == mine.count)
            for status in Status.allCases {
                #expect(record.byStatus[status] ?? 0 == mine.count { $0.status == status }, "\(status)")
            }
            let refused = mine.filter { $0.refusedBy.contains(path) }
            #expect(record.refused == refused.count)
            #expect(record.throttled == mine.count { $0.had("throttled") })
            #expect(record.lost == mine.count { $0.had("unknown") })
            #expect(record.fellBack == mine.count(where: \.fellBack))
            #expect(record.ended == mine.count { [.sent, .failed, .unknown].contains($0.status) })
            #expect(record.waiting == mine.count { [.queued, .held, .inProgress].contains($0.status) })
            #expect(
                record.failures
                    == mine.count {
                        [.failed, .unknown].contains($0.status)
                            || $0.status == .sent && $0.refusedBy.contains(path)
                    })
            #expect(record.latencies.milliseconds == mine.compactMap(\.latency).sorted())
            let failed = mine.flatMap(\.attempts).filter { $0.outcome.word != "accepted" }
            #expect(record.errors.reduce(0) { $0 + $1.attempts } == failed.count)
            for error in record.errors {
                let same = { (attempt: (path: Path, outcome: Outcome)) in
                    attempt.path == error.path && attempt.outcome.word == error.outcome
                        && attempt.outcome.refusal?.code == error.errorCode
                }
                #expect(error.attempts == failed.count(where: same))
                #expect(error.messages == mine.count { $0.attempts.contains(where: same) })
                #expect(error.errorText == failed.first(where: same)?.outcome.refusal?.text)
            }
            #expect(record.errors.map(\.attempts) == record.errors.map(\.attempts).sorted(by: >))
        }
    }

    /// Accepts a message, attempts it up to three times, and perhaps leaves it waiting or takes it aside.
    private static func live(_ number: Int, on log: EmailLog, using random: inout SplitMix64) async throws -> Fate {
        let arms: [String?] = ["trial", "trial", "control", nil]
        let arm = arms[Int.random(in: 0..<4, using: &random)]
        var fate = Fate(
            arm: arm, route: Int.random(in: 0..<8, using: &random) == 0 ? "other" : "contoso", date: after(number))
        var message = submission(at: fate.date, route: fate.route)
        message.trial = fate.arm
        let id = try await log.accept(message)
        var now = fate.date
        for _ in 0..<Int.random(in: 0...3, using: &random) where fate.status == .queued {
            let path: Path = Bool.random(using: &random) ? .graph : .smtp
            let outcome = [accepted, accepted, throttled, outage, rejected, lost][Int.random(in: 0..<6, using: &random)]
            now = now + .milliseconds(Int64.random(in: 1...5000, using: &random))
            _ = try await log.claim(id, path: path, at: now)
            let settlement: Settlement =
                switch outcome {
                case .accepted: .sent(keepBody: false)
                case .rejected: .failed(because: nil)
                case .unknown: Bool.random(using: &random) ? .unknown : .retry(at: now, spent: true)
                case .deferred: .retry(at: now, spent: true)
                }
            try await log.settle(
                id, settlement, attempt: attempt(outcome, at: now, took: .milliseconds(7), path: path), at: now)
            if let last = fate.attempts.last, last.path != path { fate.fellBack = true }
            fate.attempts.append((path, outcome))
            fate.status = settlement.status
            if settlement.status == .sent { fate.latency = (now - fate.date).milliseconds + 7 }
        }
        guard fate.status == .queued else { return fate }
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            _ = try await log.hold(.ids([id]))
            fate.status = .held
        case 1:
            _ = try await log.cancel(.ids([id]))
            fate.status = .cancelled
        default: break
        }
        return fate
    }

    @Test func ofNothingAllIsZero() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        _ = try await log.make(.sent)
        let records = try await log.armRecords(route: "contoso", since: noon, paths: Self.paths)
        #expect(records == ["trial": ArmRecord(), "control": ArmRecord()])
    }

    @Test func theLastWordsOfAnErrorAreKept() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        for (number, text) in ["first", "last"].enumerated() {
            var message = submission(at: noon)
            message.trial = "trial"
            let id = try await log.accept(message)
            _ = try await log.claim(id, path: .graph, at: noon)
            let refusal = Refusal(scope: .message, cause: .rejected, status: 400, code: "Bad", text: text)
            try await log.settle(
                id, .failed(because: nil), attempt: attempt(.rejected(refusal), at: after(number)), at: noon)
        }
        let record = try await log.armRecords(route: "contoso", since: noon, paths: Self.paths)["trial"]
        #expect(
            record?.errors == [
                ArmRecord.ErrorClass(
                    path: .graph, outcome: "rejected", httpStatus: 400, errorCode: "Bad", errorText: "last",
                    attempts: 2, messages: 2)
            ])
    }
}
