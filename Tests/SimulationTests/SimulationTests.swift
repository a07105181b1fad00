import Foundation
import MailModel
import Testing

@testable import Simulation

/// The real delivery under simulated trouble, and the proof that the simulation can tell when a promise is broken.
@Suite struct SimulationTests {
    @Test(arguments: [UInt64](1...60)) func promisesAreKept(seed: UInt64) {
        let report = World(Scenario(seed: seed)).run()
        #expect(report.violations.isEmpty, "replay it with: make simulate SEED=\(seed)")
    }

    @Test(arguments: [UInt64](1...3)) func aThrottledMailboxDelaysNoOther(seed: UInt64) {
        #expect(Isolation.violations(seed: seed).isEmpty)
    }

    /// What cannot happen is not asked for: mail is taken only into Q, and only what is in progress is settled.
    @Test func everyEventMeetsTheStatesItCan() {
        var coverage = Coverage()
        for seed in 1...100 as ClosedRange<UInt64> { coverage.add(World(Scenario(seed: seed)).run().coverage) }
        for event in [Coverage.Event.sent, .rejected, .retry, .wait, .split, .recover, .fallBack] {
            #expect(coverage.count(.inProgress, event) > 0, "\(event)")
        }
        for status in [Status.queued, .inProgress, .sent, .failed] {
            for event in [Coverage.Event.crash, .restart, .diskFailure] {
                #expect(coverage.count(status, event) > 0, "\(status.word), \(event)")
            }
        }
        for state in Coverage.PathState.allCases { #expect(coverage.count(state, .crash) > 0, "\(state)") }
        for event in Coverage.PathEvent.allCases { #expect(coverage.count(.open, event) > 0, "\(event)") }
        #expect(coverage.count(.mailboxProbing, .begin) > 0 && coverage.count(.routeProbing, .begin) > 0)
    }

    @Test(
        .enabled(if: ProcessInfo.processInfo.environment["SWIFT_DETERMINISTIC_HASHING"] != nil),
        arguments: [7, 42] as [UInt64])
    func aSeedAlwaysGivesTheSameRun(seed: UInt64) {
        func trace() -> [String] {
            var lines: [String] = []
            _ = World(Scenario(seed: seed)) { lines.append($0) }.run()
            return lines
        }
        let first = trace()
        #expect(first.count > 100 && trace() == first)
    }

    private static let broken: [(Scenario.Sabotage, words: String)] = [
        (.delivery, "no lost answer is on record"), (.refill, "than allowed"), (.settle, "still waits"),
        (.accept, "and is kept for 0"), (.spending, "than allowed"), (.pauses, "during a pause"),
    ]

    /// What is broken on purpose is noticed, as what it is.
    @Test(arguments: broken)
    func aBrokenPromiseIsNoticed(sabotage: Scenario.Sabotage, words: String) {
        let violations = (1...60 as ClosedRange<UInt64>).lazy.map { seed in
            var scenario = Scenario(seed: seed)
            scenario.sabotage = sabotage
            return World(scenario).run().violations
        }
        let first = violations.first { !$0.isEmpty }
        #expect(first?.contains { $0.contains(words) } == true, "\(first ?? [])")
    }
}
