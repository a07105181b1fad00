import Foundation
import Testing

/// `postern log` and the store's tables: what became of the mail.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LogCommandTests {
    /// One sent and one failed message, and the service still running.
    private func withHistory(_ body: (Scenario, _ sent: String, _ failed: String) async throws -> Void) async throws {
        try await Scenario.run { scenario in
            let sent = try await scenario.send(prefix: "good")
            try await scenario.gateway.store.counts("one sent") { $0["S"] == 1 }
            try await scenario.emulator.addFault(
                #"{"operation": "sendMail", "status": 400, "code": "ErrorInvalidRecipients", "message": "One is bad."}"#
            )
            let failed = try await scenario.send(prefix: "bad")
            try await scenario.gateway.store.counts("one failed") { $0["F"] == 1 }
            try await body(scenario, sent[0], failed[0])
        }
    }

    private func json(_ result: Command.Result) throws -> Any {
        #expect(result.status == 0, "\(result)")
        return try JSONSerialization.jsonObject(with: result.bytes)
    }

    @Test func rowsAreListedAndFiltered() async throws {
        try await withHistory { scenario, sent, failed in
            let all = try await scenario.gateway.run("log")
            #expect(all.status == 0 && all.output.contains(sent) && all.output.contains(failed))
            let bad = try await scenario.gateway.run("log", "--status", "F", "--since", "1d")
            #expect(bad.output.contains(failed) && !bad.output.contains(sent))
            #expect(bad.output.contains("ErrorInvalidRecipients") && bad.output.contains("One is bad."))
            let found = try await scenario.gateway.run(
                "log", "--search", "good-0", "--from", "REPORTS@", "--to", "example.org")
            #expect(found.output.contains(sent) && !found.output.contains(failed))
            let none = try await scenario.gateway.run("log", "--to", "nobody@nowhere.test")
            #expect(none.status == 0 && !none.output.contains(sent))
        }
    }

    @Test func theListAsJSON() async throws {
        try await withHistory { scenario, sent, failed in
            let rows = try #require(try json(await scenario.gateway.run("log", "--json")) as? [[String: Any]])
            #expect(rows.map { $0["id"] as? String } == [failed, sent])
            #expect(Set(rows[0].keys) == Set(Self.logColumns))
            #expect(rows[0]["recipients"] as? [String] == ["customer@example.org"])
            #expect(rows[0]["http_status"] as? Int == 400)
        }
    }

    @Test func oneMessageWithItsAttempts() async throws {
        try await withHistory { scenario, _, failed in
            let text = try await scenario.gateway.run("log", "show", failed)
            #expect(text.status == 0 && text.output.contains("rejected") && text.output.contains("One is bad."))
            let document = try #require(
                try json(await scenario.gateway.run("log", "show", failed, "--json")) as? [String: Any])
            let attempts = try #require(document["email_attempt"] as? [[String: Any]])
            #expect(attempts.count == 1 && attempts[0]["outcome"] as? String == "rejected")
            #expect((document["plan"] as? [String: Any])?["form"] as? String == "mime_request")
            #expect(text.output.contains("by Graph, as one MIME request: "))
            #expect(Set(attempts[0].keys) == Set(Self.attemptColumns))
            let requestID = attempts[0]["request_id"] as? String
            #expect(requestID?.isEmpty == false)
        }
    }

    @Test func anUnknownIdIsSixtySix() async throws {
        try await withHistory { scenario, _, _ in
            for arguments in [["log", "show", "nothing"], ["resend", "nothing"], ["queue", "hold", "nothing"]] {
                let result = try await Command.run(
                    Executables.postern, arguments + ["--config", scenario.gateway.file])
                #expect(result.status == 66, "\(arguments): \(result)")
            }
        }
    }

    @Test func statisticsCount() async throws {
        try await withHistory { scenario, _, _ in
            let text = try await scenario.gateway.run("log", "stats")
            #expect(text.status == 0 && text.output.contains("ErrorInvalidRecipients") && text.output.contains("p95"))
            let document = try #require(
                try json(await scenario.gateway.run("log", "stats", "--since", "1d", "--json")) as? [String: Any])
            let counts = try #require(document["status"] as? [String: Int])
            #expect(counts["S"] == 1 && counts["F"] == 1 && counts["Q"] == 0)
        }
    }

    // MARK: The tables

    private static let logColumns = [
        "id", "status", "created_date", "sent_date", "next_attempt_date", "route", "path", "mailbox", "sender",
        "recipients", "recipient_count", "header_from", "subject", "message_id", "size", "client", "user", "attempts",
        "fell_back", "http_status", "error_code", "error_text", "request_id", "latency_ms", "priority", "trial",
        "resend_of",
    ]
    private static let attemptColumns = [
        "email_id", "attempt", "started_date", "duration_ms", "path", "outcome", "http_status", "error_code",
        "error_text", "retry_after_ms", "request_id",
    ]

    /// As they stand in the contract.
    @Test func theThreeStatementsRun() async throws {
        try await withHistory { scenario, sent, failed in
            let store = scenario.gateway.store
            let counts = try await store.query(
                "SELECT status, COUNT(*) FROM email_log WHERE sent_date >= date('now') GROUP BY status;")
            #expect(counts.rows.sorted { ($0[0] ?? "") < ($1[0] ?? "") } == [["F", "1"], ["S", "1"]])
            let recent = try await store.query(
                "SELECT * FROM email_log WHERE status = 'F' AND sent_date >= datetime('now','-1 day') ORDER BY sent_date DESC;"
            )
            #expect(recent.rows.count == 1 && recent.rows[0][0] == failed)
            let latest = try await store.query(
                "SELECT * FROM email_log WHERE status = 'F' ORDER BY sent_date DESC LIMIT 20;")
            #expect(latest.rows == recent.rows && sent != failed)
        }
    }

    @Test func theColumnsAreThere() async throws {
        try await withHistory { scenario, sent, _ in
            let log = try await scenario.gateway.store.query("SELECT * FROM email_log LIMIT 1")
            #expect(Array(log.columns.prefix(Self.logColumns.count)) == Self.logColumns)
            let attempts = try await scenario.gateway.store.query("SELECT * FROM email_attempt LIMIT 1")
            #expect(Array(attempts.columns.prefix(Self.attemptColumns.count)) == Self.attemptColumns)
            let dates = try await scenario.gateway.store.query(
                "SELECT created_date, sent_date, julianday(sent_date) - julianday('now') FROM email_log WHERE id = '\(sent)'"
            )
            for date in dates.rows[0].prefix(2) {
                #expect(date?.wholeMatch(of: /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}/) != nil, "\(date ?? "-")")
            }
            let row = try #require(try await scenario.gateway.store.rows("id = '\(sent)'").first)
            #expect(row.client == "127.0.0.1" && row.user == nil && row.priority == "normal" && row.attempts == 1)
            #expect(row.recipients == #"["customer@example.org"]"# && (row.latencyMs ?? -1) >= 0)
        }
    }
}
