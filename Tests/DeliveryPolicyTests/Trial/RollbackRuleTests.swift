import Testing

@testable import DeliveryPolicy

@Suite struct RollbackRuleTests {
    static let table: [(text: String, written: String, threshold: Int)] = [
        ("failed > 2% of 50", "failed > 2% of 50", 2), ("failed>2% of 50", "failed > 2% of 50", 2),
        ("failed >2% of 50", "failed > 2% of 50", 2), ("failed> 2%  of 50", "failed > 2% of 50", 2),
        ("failed >= 2% of 50", "failed >= 2% of 50", 1), ("failed >= 2% of 30", "failed >= 2% of 30", 1),
        ("failed > 2% of 30", "failed > 2% of 30", 1), ("failed >= 3% of 50", "failed >= 3% of 50", 2),
        ("failed > 0% of 100", "failed > 0% of 100", 1), ("failed >= 0% of 100", "failed >= 0% of 100", 1),
        ("failed >= 100% of 5", "failed >= 100% of 5", 5), ("unknown > 0 of 1000", "unknown > 0 of 1000", 1),
        ("fell_back >= 3 of 50", "fell_back >= 3 of 50", 3), ("throttled > 12.5% of 8", "throttled > 12.5% of 8", 2),
        ("failed > 0.001% of 100000", "failed > 0.001% of 100000", 2),
    ]

    @Test(arguments: table) func isReadAndWritten(_ text: String, _ written: String, _ threshold: Int) throws {
        let rule = try RollbackRule(parsing: text)
        #expect(rule.description == written)
        #expect(rule.threshold == threshold)
        #expect(try RollbackRule(parsing: rule.description) == rule)
    }

    static let refused: [(String, RollbackRule.ParseError)] = [
        ("", .form), ("failed", .form), ("failed > 2%", .form), ("failed > 2% of 50 messages", .form),
        ("failures > 2% of 50", .metric("failures")), ("> 2% of 50", .metric(">")),
        ("failed < 2% of 50", .comparison("<")), ("failed == 2% of 50", .comparison("==")),
        ("failed > two of 50", .bound("two")), ("failed > 101% of 50", .bound("101%")),
        ("failed > -1 of 50", .bound("-1")), ("failed > 2.5 of 50", .bound("2.5")),
        ("failed > 2% in 50", .window("in 50")), ("failed > 2% of 0", .window("of 0")),
        ("failed > 2% of 100001", .window("of 100001")), ("failed > 2% of many", .window("of many")),
        ("failed > 100% of 50", .neverTrue), ("failed >= 51 of 50", .neverTrue), ("failed > 50 of 50", .neverTrue),
    ]

    @Test(arguments: refused) func isRefusedWithWhatWasExpected(_ text: String, _ error: RollbackRule.ParseError) {
        #expect(throws: error) { try RollbackRule(parsing: text) }
        #expect(error.text.hasPrefix("expected") || error == .neverTrue)
    }

    @Test func theWordsNameWhatWasFound() {
        #expect(RollbackRule.ParseError.metric("failures").text.contains("`failures`"))
        #expect(RollbackRule.ParseError.window("in 50").text.contains("`in 50`"))
    }

    /// The threshold is the smallest number for which the comparison is true of a full window.
    @Test func theThresholdIsExact() throws {
        for window in [1, 7, 50, 99, 100, 1000] {
            for percent in [0, 1, 2, 3, 10, 33, 50, 99] {
                let above = try RollbackRule(parsing: "failed > \(percent)% of \(window)")
                let first = try #require((0...window).first { $0 * 100 > percent * window })
                #expect(above.threshold == first, "\(above)")
                let least = try RollbackRule(parsing: "failed >= \(percent)% of \(window)")
                let atLeast = try #require((1...window).first { $0 * 100 >= percent * window })
                #expect(least.threshold == atLeast, "\(least)")
            }
        }
    }
}
