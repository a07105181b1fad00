import ArgumentParser
import Dispatch
import NIOConcurrencyHelpers
import NIOCore
import Simulation

/// `make simulate`: runs delivery under seeds, or one seed with its trace, or a whole day.
@main struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "postern-simulation",
        abstract: "Run delivery under a simulated clock, store and Microsoft, and hold its promises after each step.")

    @Option(help: "How many seeds to run.") var seeds: UInt64 = 1000
    @Option(help: "The first of them.") var from: UInt64 = 1
    @Option(help: "Run this seed alone, and print what happens.") var seed: UInt64?
    @Flag(help: "Simulate a day: 100 mailboxes, 100,000 messages.") var day = false
    @Option(help: "Break something on purpose: \(Scenario.Sabotage.allCases.map(\.rawValue).joined(separator: ", ")).")
    var sabotage: Scenario.Sabotage?

    func run() throws {
        let clock = ContinuousClock()
        let start = clock.now
        let reports: [Report] =
            if let seed {
                [World(scenario(seed)) { print($0) }.run()]
            } else if day {
                [World(.day(seed: from)).run()]
            } else {
                runAll()
            }
        conclude(reports, after: clock.now - start)
        if let failed = reports.first(where: { !$0.violations.isEmpty }) {
            for violation in failed.violations { print("seed \(failed.seed): \(violation)") }
            print("First failing seed: \(failed.seed). Replay it with: make simulate SEED=\(failed.seed)")
            throw ExitCode.failure
        }
    }

    private func scenario(_ seed: UInt64) -> Scenario {
        var scenario = Scenario(seed: seed)
        scenario.sabotage = sabotage
        return scenario
    }

    /// On all cores; ends early behind the first failure. In the order of the seeds.
    private func runAll() -> [Report] {
        let state = NIOLockedValueBox((next: from, reports: [Report](), hasFailed: false))
        let end = from + seeds
        DispatchQueue.concurrentPerform(iterations: System.coreCount) { _ in
            while true {
                let seed: UInt64? = state.withLockedValue { state in
                    guard state.next < end, !state.hasFailed else { return nil }
                    defer { state.next += 1 }
                    return state.next
                }
                guard let seed else { return }
                let report = World(scenario(seed)).run()
                state.withLockedValue { state in
                    state.reports.append(report)
                    if !report.violations.isEmpty { state.hasFailed = true }
                }
            }
        }
        return state.withLockedValue { $0.reports.sorted { $0.seed < $1.seed } }
    }

    private func conclude(_ reports: [Report], after span: Duration) {
        var coverage = Coverage()
        for report in reports { coverage.add(report.coverage) }
        print(coverage.text)
        func sum(_ count: (Report) -> Int) -> Int { reports.reduce(0) { $0 + count($1) } }
        let seconds = span / .seconds(1)
        let steps = sum(\.steps)
        let days = reports.reduce(Duration.zero) { $0 + $1.simulated } / .seconds(86_400)
        print(
            """
            \(reports.count) runs: \(sum(\.messages)) messages, \(sum(\.requests)) requests, \(sum(\.crashes)) crashes, \
            \(sum(\.duplicates)) second copies behind lost answers
            \(steps) steps in \(tenths(seconds)) s: \(Int(Double(steps) / seconds)) steps/s; \(tenths(days)) days simulated
            """)
    }

    private func tenths(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }
}

extension Scenario.Sabotage: ExpressibleByArgument {}
