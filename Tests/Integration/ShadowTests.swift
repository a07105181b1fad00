import EmailLog
import Foundation
import Testing

/// Graph exercised beside mail that goes by SMTP: whatever the mail is, and wherever the process dies, nothing is delivered
/// by Graph and no draft stays behind.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ShadowTests {
    private static let count = Scale.of(20, long: 600)

    private static func configuration(_ shadow: String) -> GatewayConfiguration {
        GatewayConfiguration(
            route: ["primary: smtp", "trial: {mode: shadow, shadow: \(shadow)}"], smtp: [], graph: ["large: upload"])
    }

    /// - Returns: subjects of what was answered 250.
    @discardableResult
    private func send(
        _ scenario: Scenario, count: Int = count, seed: Int = 1, prefix: String = "varied"
    ) async throws -> Set<String> {
        struct Report: Decodable { var acknowledged: [String: String] }
        let report = try await Python.run(
            "varied_mail.py", ["\(scenario.gateway.port)", "\(count)", "\(seed)", prefix], as: Report.self)
        return Set(report.acknowledged.keys)
    }

    private struct States {
        var byState: [String: Int] = [:]
        var total: Int { byState.values.reduce(0, +) }
        var isOver: Bool { byState["waiting"] == nil && byState["running"] == nil }
    }

    private func states(_ scenario: Scenario) async throws -> States {
        let table = try await scenario.gateway.store.query(
            "SELECT state, COUNT(*) FROM trial_shadow GROUP BY state")
        return States(
            byState: Dictionary(uniqueKeysWithValues: table.rows.map { ($0[0] ?? "", Int($0[1] ?? "") ?? 0) }))
    }

    /// Until each message is delivered and each shadow over, and what was left in the mailboxes is gone.
    private func settled(_ scenario: Scenario, count: Int? = nil) async throws -> States {
        try await scenario.gateway.store.counts("delivered", within: .seconds(120)) { counts in
            counts.keys.allSatisfy { $0 == "S" } && (count.map { counts["S"] == $0 } ?? true)
        }
        let states = try await eventually("shadows over", within: .seconds(120)) {
            try await self.states(scenario)
        } until: { (found: States) in
            found.isOver && found.total > 0
        }
        try await eventually("no draft is left", within: .seconds(60)) {
            try await scenario.emulator.counters().drafts
        } until: {
            $0 == 0
        }
        return states
    }

    private func checkNothingWentByGraph(_ scenario: Scenario) async throws {
        let captured = try await scenario.emulator.messages()
        #expect(captured.allSatisfy { $0.path == "smtp" })
        for operation in ["sendMail", "send"] {
            #expect(try await scenario.emulator.requests(operation).isEmpty, "\(operation) was asked for")
        }
        let bodies = try await scenario.gateway.store.query("SELECT COUNT(*) FROM email_body").rows.first?.first
        #expect(bodies == "0", "bodies that nobody needs are left")
    }

    @Test func aVariedCorpusBecomesDraftsAndLeavesNone() async throws {
        try await Scenario.run(Self.configuration("draft")) { scenario in
            let sent = try await send(scenario)
            #expect(sent.count == Self.count)
            let states = try await settled(scenario, count: Self.count)
            #expect(states.total == Self.count, "\(states)")
            #expect(states.byState["failed"] == nil, "\(states)")
            #expect(states.byState["done", default: 0] > Self.count / 2, "\(states)")
            try await checkNothingWentByGraph(scenario)
            let captured = try await scenario.emulator.messages()
            #expect(captured.map(\.subject).sorted() == sent.sorted())
            #expect(try await scenario.emulator.counters().throttled == 0)
            #expect(try await scenario.emulator.requests("draft").count >= Self.count / 2)
        }
    }

    @Test func aVariedCorpusIsRenderedWithoutARequest() async throws {
        try await Scenario.run(Self.configuration("render")) { scenario in
            try await send(scenario)
            let states = try await settled(scenario, count: Self.count)
            #expect(states.total == Self.count && states.byState["failed"] == nil, "\(states)")
            try await checkNothingWentByGraph(scenario)
            #expect(try await scenario.emulator.requests("draft").isEmpty)
            let found = try await scenario.gateway.store.query(
                "SELECT DISTINCT r.value ->> 'kind' FROM trial_shadow, json_each(findings) r ORDER BY 1"
            ).rows.compactMap(\.first)
            #expect(found.contains("header.auto-submitted") && found.contains("recipients.hidden"), "\(found)")
        }
    }

    @Test func copiesReachTheirAddressAlone() async throws {
        try await Scenario.run(Self.configuration("tester@contoso.com")) { scenario in
            try await send(scenario)
            let states = try await settled(scenario, count: Self.count)
            #expect(states.total == Self.count, "\(states)")
            let captured = try await scenario.emulator.messages()
            let copies = captured.filter { $0.path == "graph" }
            #expect(copies.count == states.byState["done", default: 0] && !copies.isEmpty)
            #expect(copies.allSatisfy { $0.recipients == ["tester@contoso.com"] })
            #expect(captured.count { $0.path == "smtp" } == Self.count)
        }
    }

    // MARK: Deaths

    /// The process dies at each moment of a shadow's way by name, and then at any.
    @Test func noDeathLeavesADraftOrDeliversByGraph() async throws {
        try await Scenario.run(Self.configuration("draft"), started: false) { scenario in
            let points: [CrashPoint] = [.shadowClaimed, .draftMade, .draftKept, .shadowAnswered]
            var sent: Set<String> = []
            for round in 1...Scale.of(1, long: 10) {
                for (number, point) in points.enumerated() {
                    let prefix = "death\(round)x\(number)"
                    sent.formUnion(try await die(at: point, time: 1 + round % 3, prefix, seed: round, scenario))
                }
            }
            for kill in 1...Scale.of(1, long: 20) {
                try await scenario.gateway.start()
                sent.formUnion(try await send(scenario, count: 8, seed: kill, prefix: "kill\(kill)"))
                try await scenario.gateway.kill()
            }
            try await scenario.gateway.start()
            _ = try await settled(scenario)
            try await checkNothingWentByGraph(scenario)
            let captured = Set(try await scenario.emulator.messages().map(\.subject))
            #expect(sent.subtracting(captured).isEmpty, "lost: \(sent.subtracting(captured))")
            #expect(try await scenario.emulator.counters().throttled == 0)
        }
    }

    private func die(
        at point: CrashPoint, time: Int, _ prefix: String, seed: Int, _ scenario: Scenario
    ) async throws -> Set<String> {
        try await scenario.gateway.start(environment: ["POSTERN_CRASH_AT": "\(point.rawValue):\(time)"])
        let program = try scenario.gateway.program
        let sent = try await send(scenario, count: 8, seed: seed, prefix: prefix)
        let ending = await program.ending(within: .seconds(60))
        if ending == nil { await program.kill() }
        #expect(ending != nil, "\(point) was not reached: \(program.errors.text.suffix(1000))")
        return sent
    }

    /// While Graph fails and throttles, mail by SMTP goes on as if nothing were.
    @Test func troubleOfGraphDelaysNoMail() async throws {
        try await Scenario.run(Self.configuration("draft")) { scenario in
            try await scenario.emulator.addFault(#"{"preset": "outage"}"#)
            try await send(scenario, count: 20)
            try await scenario.gateway.store.counts("delivered") { $0 == ["S": 20] }
            #expect(try await scenario.gateway.store.rows("attempts <> 1 OR error_text IS NOT NULL").isEmpty)
            #expect(try await scenario.emulator.messages().count == 20)
            #expect(try await scenario.emulator.counters().drafts == 0)
        }
    }
}
