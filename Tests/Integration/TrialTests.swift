import Foundation
import Testing

/// A trial over the real programs: SMTP delivers, a share goes by Graph, and nobody misses mail for it.
@Suite(.serialized, .timeLimit(.minutes(5))) struct TrialTests {
    private static func configuration(_ trial: String, _ keys: String...) -> GatewayConfiguration {
        GatewayConfiguration(
            route: ["primary: smtp", "fallback: {after: 1s}", "trial: \(trial)"] + keys, smtp: [])
    }

    private static let senders = (1...8).map { "sender\($0)@contoso.com" }.joined(separator: ",")

    /// What `postern trial --json` prints of one route.
    private struct Trial: Decodable {
        struct Messages: Decodable {
            var trial: Int
            var control: Int
        }

        struct Rule: Decodable {
            var hits: Int
            var messages: Int
        }

        var route: String
        var state: String
        var percent: Double
        var since: String
        var reason: String?
        var messages: Messages
        var rollback: Rule?
    }

    private struct Trials: Decodable {
        var service: Bool
        var trials: [Trial]
    }

    private func trial(_ scenario: Scenario, _ arguments: String...) async throws -> Trial {
        let words = ["trial"] + arguments + ["--json", "--config", scenario.gateway.file]
        let result = try await Command.run(Executables.postern, words, directory: scenario.gateway.directory)
        #expect(result.status == 0, "\(result.errors)")
        return try #require(try JSONDecoder.snakeCase.decode(Trials.self, from: result.bytes).trials.first)
    }

    /// By arm and path, the messages that were sent.
    private func sent(_ scenario: Scenario) async throws -> [String: Int] {
        let table = try await scenario.gateway.store.query(
            "SELECT COALESCE(trial, 'none') || ' ' || path, COUNT(*) FROM email_log WHERE status = 'S' GROUP BY 1")
        return Dictionary(uniqueKeysWithValues: table.rows.map { ($0[0] ?? "", Int($0[1] ?? "") ?? 0) })
    }

    // MARK: The share

    /// It takes effect at once, without a restart; no message is lost or doubled, and none changes its arm, also when the
    /// process is killed in the middle.
    @Test func aChangedShareTakesEffectAtOnceAndLosesNothing() async throws {
        try await Scenario.run(Self.configuration("{mode: split, percent: 0}")) { scenario in
            var ids = try await scenario.send(40, from: Self.senders, prefix: "none")
            #expect(try await trial(scenario, "percent", "100").percent == 100)
            try await inForce(scenario, "trial runs", times: 1)
            ids += try await scenario.send(40, from: Self.senders, prefix: "all")
            try await scenario.gateway.kill()
            try await scenario.gateway.start()
            #expect(try await trial(scenario).percent == 100)
            ids += try await scenario.send(40, from: Self.senders, prefix: "still")
            #expect(try await trial(scenario, "stop").state == "stopped")
            try await inForce(scenario, "trial stopped", times: 1)
            ids += try await scenario.send(40, from: Self.senders, prefix: "stopped")
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 160] }
            let captured = try await scenario.emulator.messages()
            #expect(Set(captured.map(\.subject)).count == 160)
            let arms = try await scenario.gateway.store.query("SELECT subject, trial FROM email_log").rows
            for row in arms {
                let isTrials = ["all", "still"].contains { row[0]?.hasPrefix($0) ?? false }
                #expect(row[1] == (isTrials ? "trial" : nil), "\(row)")
            }
        }
    }

    private func inForce(_ scenario: Scenario, _ line: String, times: Int) async throws {
        let program = try scenario.gateway.program
        try await eventually("the service says: \(line)") {
            program.errors.text.components(separatedBy: line).count - 1
        } until: {
            $0 >= times
        }
    }

    @Test func commandsWorkWithoutAServiceAndSayWhatIsWrong() async throws {
        try await Scenario.run(Self.configuration("{mode: split, percent: 10}")) { scenario in
            try await scenario.gateway.stop()
            #expect(try await trial(scenario, "percent", "12.5").percent == 12.5)
            #expect(try await trial(scenario, "stop", "--route", "contoso").percent == 0)
            #expect(try await trial(scenario, "start").state == "running")
            for (words, status, text) in [
                (["trial", "percent", "101"], Int32(64), "101"), (["trial", "percent"], 64, "share"),
                (["trial", "stop", "--route", "fabrikam"], 64, "no route fabrikam"),
            ] {
                let result = try await Command.run(
                    Executables.postern, words + ["--config", scenario.gateway.file],
                    directory: scenario.gateway.directory)
                #expect(result.status == status && result.errors.contains(text), "\(words): \(result.errors)")
            }
            try await scenario.gateway.start()
            try await scenario.send(1)
            let shown = try await scenario.gateway.run("trial")
            #expect(shown.status == 0 && shown.output.contains("contoso: running, 12.5% of its mail by graph"))
            #expect(try await scenario.gateway.run("queue").output.contains("running, 12.5% of its mail by graph"))
            var without = Self.configuration("~")
            without.route = ["primary: smtp"]
            try scenario.gateway.write(without)
            let none = try await scenario.gateway.run("trial", "start")
            #expect(none.status == 78 && none.errors.contains("no route has a trial"))
        }
    }

    // MARK: The guard

    /// Graph refuses a tenth of all messages for good. The trial is rolled back within its rule's window, once; every message
    /// arrives, once, and what Microsoft has captured is what the log says.
    @Test func aTenthFailingRollsBackOnceAndNobodyMissesMail() async throws {
        let count = 400
        let rule = "{mode: split, percent: 50, rollback: {when: failed > 2% of 50, to: 0}}"
        try await Scenario.run(Self.configuration(rule)) { scenario in
            try await scenario.emulator.addFault(
                #"{"operation": "sendMail", "status": 400, "code": "ErrorInvalidRecipients", "probability": 0.1, "count": 0}"#
            )
            for batch in 0..<8 { try await scenario.send(count / 8, from: Self.senders, prefix: "batch\(batch)") }
            let rolledBack = try await eventually("rolled back") {
                try await trial(scenario)
            } until: {
                $0.state == "rolled_back"
            }
            #expect(rolledBack.percent == 0 && rolledBack.reason?.hasPrefix("failed > 2% of 50: 2 of the last") == true)
            let window = rolledBack.reason?.split(separator: " ").compactMap { Int($0) }.last ?? 99
            #expect(window <= 50, "\(rolledBack.reason ?? "")")
            try await scenario.send(40, from: Self.senders, prefix: "after")
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": count + 40] }
            try await check(scenario, count: count + 40)
            try await checkReport(scenario)
            // Once: neither time nor a restart brings it back, or rolls it back again.
            try await scenario.gateway.kill()
            try await scenario.gateway.start()
            try await scenario.send(40, from: Self.senders, prefix: "restarted")
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": count + 80] }
            let still = try await trial(scenario)
            #expect(still.state == "rolled_back" && still.since == rolledBack.since)
            #expect(try await scenario.gateway.store.rows("trial IS NOT NULL AND subject LIKE 'restarted%'").isEmpty)
            let alert = try await eventually("the alert is open") {
                try await scenario.gateway.store.query("SELECT name FROM alert").rows
            } until: {
                $0.contains { $0[0] == "trial_rollback" }
            }
            #expect(alert.count == 1, "nothing failed: \(alert)")
        }
    }

    /// Each message was captured once, by the path that its row names; those that Graph refused went by SMTP.
    private func check(_ scenario: Scenario, count: Int) async throws {
        let captured = try await scenario.emulator.messages()
        #expect(captured.count == count && Set(captured.map(\.subject)).count == count)
        let rows = try await scenario.gateway.store.rows()
        let paths = Dictionary(captured.map { ($0.subject, $0.path) }) { first, _ in first }
        for row in rows { #expect(paths[row.subject ?? ""] == row.path, "\(row.id)") }
        let sent = try await sent(scenario)
        #expect(captured.count { $0.path == "graph" } == sent["trial graph", default: 0])
        let refused = try await scenario.gateway.store.attempts("outcome = 'rejected'")
        #expect(refused.count >= 2 && refused.allSatisfy { $0.path == "graph" && $0.httpStatus == 400 })
        #expect(try await scenario.emulator.counters().answers(400) == refused.count)
        let fellBack = try await scenario.gateway.store.rows("fell_back = 1")
        #expect(Set(refused.map(\.emailId)).isSubset(of: Set(fellBack.map(\.id))))
        #expect(fellBack.allSatisfy { $0.path == "smtp" })
    }

    private struct Report: Decodable {
        struct Route: Decodable {
            var arms: [String: Arm]
            var verdict: Verdict
        }

        struct Arm: Decodable {
            var messages: Int
            var status: [String: Int]
            var refused: Int
            var fellBack: Int
            var errors: [Failure]
        }

        struct Failure: Decodable {
            var httpStatus: Int?
            var attempts: Int
        }

        struct Verdict: Decodable {
            var word: String
        }

        var routes: [Route]
    }

    /// The report's numbers are those of Microsoft's captures and answers.
    private func checkReport(_ scenario: Scenario) async throws {
        let result = try await scenario.gateway.run("trial", "report", "--json")
        let report = try #require(JSONDecoder.snakeCase.decode(Report.self, from: result.bytes).routes.first)
        let (trial, control) = (try #require(report.arms["trial"]), try #require(report.arms["control"]))
        let captured = try await scenario.emulator.messages()
        let answers = try await scenario.emulator.counters().answers(400)
        let inNeither = try await scenario.gateway.store.rows("trial IS NULL").count
        #expect(trial.status["S"] == trial.messages && control.status["S"] == control.messages)
        #expect(trial.messages - trial.fellBack == captured.count { $0.path == "graph" })
        #expect(control.messages + trial.fellBack + inNeither == captured.count { $0.path == "smtp" })
        #expect(trial.refused == answers && control.refused == 0 && control.fellBack == 0)
        #expect(trial.errors.filter { $0.httpStatus == 400 }.map(\.attempts) == [answers])
        #expect(report.verdict.word == "stop")
    }
}
