import Testing

@testable import DeliveryPolicy

@Suite struct RollbackWatchTests {
    private static func rule(_ text: String) throws -> RollbackRule { try RollbackRule(parsing: text) }

    /// `F` failed, `.` went well: the number of the message at which it fires.
    private static func fires(_ text: String, _ messages: String) throws -> [Int] {
        var watch = RollbackWatch(try rule(text))
        return messages.enumerated().compactMap { watch.finished(with: $1 == "F" ? [.failed] : []) ? $0 + 1 : nil }
    }

    @Test(arguments: [
        ("failed >= 2 of 4", "....", []), ("failed >= 2 of 4", "FF", [2]), ("failed >= 2 of 4", "F..F", [4]),
        ("failed >= 2 of 4", "F...F...F", []), ("failed >= 2 of 4", "F...FF", [6]),
        ("failed >= 1 of 1", ".F", [2]), ("failed > 50% of 2", "F.F.FF", [6]),
        ("failed >= 2 of 4", "FFFFFFFF", [2]), ("failed >= 2 of 4", "FF........FF", [2]),
    ])
    func firesOnceWithinItsWindow(_ rule: String, _ messages: String, _ expected: [Int]) throws {
        #expect(try Self.fires(rule, messages) == expected)
    }

    @Test func onlyItsOwnMetricCounts() throws {
        var watch = RollbackWatch(try Self.rule("unknown > 0 of 10"))
        let others = RollbackRule.Metric.allCases.filter { $0 != .unknown }.map { watch.finished(with: [$0]) }
        #expect(others == [false, false, false])
        let isFired = watch.finished(with: [.fellBack, .unknown])
        #expect(isFired)
    }

    @Test func itStaysRolledBackUntilItIsStartedAgain() throws {
        var watch = RollbackWatch(try Self.rule("failed >= 2 of 4"))
        let first = [watch.finished(with: [.failed]), watch.finished(with: [.failed])]
        #expect(first == [false, true])
        let later = (0..<100).map { _ in watch.finished(with: []) }
        #expect(!later.contains(true) && watch.state == .rolledBack)
        watch.start()
        #expect(watch.state == .armed && watch.standing == (0, 0))
        let again = [watch.finished(with: [.failed]), watch.finished(with: [.failed])]
        #expect(again == [false, true], "what was before counts no more")
    }

    @Test func aRestartDoesNotStartItAgain() throws {
        var watch = RollbackWatch(try Self.rule("failed >= 1 of 4"), state: .rolledBack)
        let isFired = watch.finished(with: [.failed])
        #expect(!isFired && watch.state == .rolledBack)
    }

    /// Against a count over the last N from scratch.
    @Test func agreesWithCountingAnew() throws {
        var random = SplitMix64(seed: 11)
        for _ in 0..<200 {
            let window = Int.random(in: 1...30, using: &random)
            let rule = try Self.rule("failed >= \(Int.random(in: 1...window, using: &random)) of \(window)")
            var watch = RollbackWatch(rule)
            var history: [Bool] = []
            var hasFired = false
            for _ in 0..<200 {
                let isFailed = Int.random(in: 0..<6, using: &random) == 0
                history.append(isFailed)
                let hits = history.suffix(window).count { $0 }
                let expected = !hasFired && hits >= rule.threshold
                let isFired = watch.finished(with: isFailed ? [.failed] : [])
                #expect(isFired == expected)
                hasFired = hasFired || expected
                if !hasFired { #expect(watch.standing == (hits, min(history.count, window))) }
            }
        }
    }

    /// One in ten fails: a rule of two in a hundred of fifty fires within its window, and always once.
    @Test func aTenthOfFailuresIsFoundWithinTheWindow() throws {
        var random = SplitMix64(seed: 12)
        for _ in 0..<300 {
            var watch = RollbackWatch(try Self.rule("failed > 2% of 50"))
            let fired = (1...500).filter { _ in
                watch.finished(with: Int.random(in: 0..<10, using: &random) == 0 ? [.failed] : [])
            }
            #expect(fired.count == 1)
            #expect(try #require(fired.first) <= 100)
        }
    }
}
