import EmailLog
import Foundation
import Testing

/// A fifth of all answers is lost after Microsoft took the message: no silent second copy, and none lost.
@Suite(.serialized, .timeLimit(.minutes(30))) struct DuplicateTests {
    private static let mailboxes = Scale.of(12, long: 50)
    private static let perMailbox = Scale.of(6, long: 25)
    private static let senders = (1...mailboxes).map { "sender\($0)@contoso.com" }.joined(separator: ",")
    private static let count = mailboxes * perMailbox
    /// Copies show in Sent Items late, though before the grace time is over.
    private static let emulator = #"{"graph": {"latency": 0.02, "sentItemsDelay": 1}}"#

    private static func configuration(_ keys: String...) -> GatewayConfiguration {
        GatewayConfiguration(graph: keys + ["lookup_after: 3s"])
    }

    /// Every fifth answer to `operation` is lost, in one of four ways; the message was taken all the same.
    private func loseAnswers(to operation: String, _ scenario: Scenario) async throws {
        let faults = [
            #""status": 500, "code": "ErrorInternalServerError", "when": "after", "probability": 0.09"#,
            #""preset": "200-sent", "probability": 0.08"#, #""preset": "504-sent", "probability": 0.025"#,
            #""preset": "answer-lost", "probability": 0.025"#,
        ]
        for fault in faults {
            try await scenario.emulator.addFault(#"{\#(fault), "operation": "\#(operation)", "count": 0}"#)
        }
    }

    private struct Outcome {
        /// Copies of each message, by its subject.
        var copies: [String: Int] = [:]
        /// Attempts on record without a clear answer, by the subject.
        var unknown: [String: Int] = [:]
        var rows: [Store.Row] = []

        var doubled: Set<String> { Set(copies.filter { $0.value > 1 }.keys) }
        var missing: [String] { rows.compactMap(\.subject).filter { copies[$0] == nil } }
    }

    private func outcome(_ scenario: Scenario) async throws -> Outcome {
        try await scenario.gateway.store.counts("all sent", within: .seconds(Scale.isLong ? 1200 : 120)) {
            $0 == ["S": Self.count]
        }
        let rows = try await scenario.gateway.store.rows()
        let subjects = Dictionary(rows.map { ($0.id, $0.subject ?? "") }) { first, _ in first }
        let unknown = try await scenario.gateway.store.attempts("outcome = 'unknown'")
        return Outcome(
            copies: Dictionary(grouping: try await scenario.emulator.messages(), by: \.subject).mapValues(\.count),
            unknown: Dictionary(grouping: unknown) { subjects[$0.emailId] ?? "" }.mapValues(\.count), rows: rows)
    }

    private func noDraftIsLeft(_ scenario: Scenario) async throws {
        try await eventually("no draft is left") {
            try await scenario.emulator.counters().drafts
        } until: {
            $0 == 0
        }
    }

    /// - Parameter isKilled: in the middle of it all, and started again.
    private func run(
        _ configuration: GatewayConfiguration, losing operations: [String], isKilled: Bool,
        _ check: (Outcome, Scenario) async throws -> Void
    ) async throws {
        try await Scenario.run(configuration, emulator: Self.emulator) { scenario in
            for operation in operations { try await loseAnswers(to: operation, scenario) }
            try await scenario.send(Self.count, from: Self.senders)
            if isKilled {
                try await scenario.emulator.messages(count: Self.count / 4)
                try await scenario.gateway.kill()
                try await scenario.gateway.start()
            }
            let outcome = try await outcome(scenario)
            #expect(outcome.copies.count == Self.count && outcome.missing.isEmpty, "\(outcome.missing) lost")
            #expect(!outcome.unknown.isEmpty, "no answer was lost")
            try await check(outcome, scenario)
            let counters = try await scenario.emulator.counters()
            #expect(counters.throttled == 0 && counters.mailboxes.values.allSatisfy { $0.maxConcurrency <= 4 })
        }
    }

    @Test(arguments: [false, true]) func draftDoublesNothing(_ isKilled: Bool) async throws {
        try await run(Self.configuration("exactly_once: draft"), losing: ["send", "draft"], isKilled: isKilled) {
            outcome, scenario in
            #expect(outcome.doubled.isEmpty, "\(outcome.doubled) doubled")
            #expect(try await scenario.emulator.requests().isEmpty, "sendMail makes no draft")
            try await noDraftIsLeft(scenario)
        }
    }

    @Test(arguments: [false, true]) func lookupDoublesNothing(_ isKilled: Bool) async throws {
        try await run(Self.configuration("exactly_once: lookup"), losing: ["sendMail"], isKilled: isKilled) {
            outcome, _ in
            #expect(outcome.doubled.isEmpty, "\(outcome.doubled) doubled")
        }
    }

    /// Exactly what `email_attempt` calls unknown is doubled: once for each lost answer.
    @Test func offDoublesWhatItSays() async throws {
        try await run(Self.configuration("exactly_once: off"), losing: ["sendMail"], isKilled: false) { outcome, _ in
            #expect(outcome.doubled == Set(outcome.unknown.keys))
            for (subject, lost) in outcome.unknown {
                #expect(outcome.copies[subject] == lost + 1, "\(subject): \(lost) lost answers")
            }
        }
    }

    /// An attempt that was cut off may not have been sent.
    @Test func offDoublesNothingUnsaidWhenItIsKilled() async throws {
        try await run(Self.configuration("exactly_once: off"), losing: ["sendMail"], isKilled: true) { outcome, _ in
            #expect(outcome.doubled.isSubset(of: outcome.unknown.keys))
            for (subject, copies) in outcome.copies { #expect(copies <= outcome.unknown[subject, default: 0] + 1) }
        }
    }

    /// The process dies at each point of an attempt by name, again and again.
    @Test(arguments: [
        ("draft", [CrashPoint.claimed, .bytesLeaving, .draftMade, .draftKept, .answered, .settled]),
        ("lookup", [.claimed, .bytesLeaving, .answered, .settled]),
    ])
    func noDeathDoublesAnything(_ mode: String, _ points: [CrashPoint]) async throws {
        try await Scenario.run(
            Self.configuration("exactly_once: \(mode)"), emulator: Self.emulator, started: false
        ) { scenario in
            let campaign = CrashCampaign(scenario)
            try await campaign.begin()
            for round in 1...Scale.of(1, long: 5) {
                for point in points { try await campaign.die(.at(point, time: 2 + 3 * (round % 4))) }
            }
            try await campaign.check(mode)
            let copies = Dictionary(grouping: try await scenario.emulator.messages(), by: \.subject)
            let doubled = copies.filter { $0.value.count > 1 }.keys.sorted()
            #expect(doubled.isEmpty, "\(doubled) doubled")
            try await scenario.gateway.start()
            try await noDraftIsLeft(scenario)
            #expect(try await scenario.emulator.counters().throttled == 0)
        }
    }

    /// Nothing is sent twice, and nothing at all that a person has not decided about.
    @Test func holdDoublesNothing() async throws {
        try await Scenario.run(Self.configuration("on_unknown: hold"), emulator: Self.emulator) { scenario in
            try await loseAnswers(to: "sendMail", scenario)
            try await scenario.send(Self.count, from: Self.senders)
            try await scenario.gateway.store.counts("settled", within: .seconds(120)) { counts in
                counts["S", default: 0] + counts["U", default: 0] == Self.count
            }
            #expect(try await scenario.gateway.store.counts()["U"] != nil)
            #expect(try await scenario.emulator.messages().count == Self.count, "each was taken once")
        }
    }
}
