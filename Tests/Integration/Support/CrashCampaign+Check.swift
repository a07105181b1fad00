import Foundation
import Testing

extension CrashCampaign {
    /// Starts the service once more, and holds what Microsoft has got against what clients were told, and against the record.
    func check(_ what: String) async throws {
        try await scenario.gateway.start()
        try await scenario.gateway.store.counts("\(what): drained", within: .seconds(300)) {
            $0.filter { $0.key != "S" } == Dictionary(settled.values.map { ($0, 1) }, uniquingKeysWith: +)
        }
        let captured = try await scenario.emulator.messages()
        let copies = Dictionary(grouping: captured, by: \.subject).mapValues(\.count)
        let lost = acknowledged.filter { copies[$0] == nil }.sorted()
        #expect(lost.isEmpty, "\(what): \(lost.count) of \(acknowledged.count) lost, such as \(lost.prefix(5))")
        try await checkCopies(copies, what)
        if !settled.isEmpty { try await checkSettled(captured, what) }
        try await checkOrphans(what)
    }

    /// A second copy is on record as an attempt whose outcome nobody knew, and there is one row for each message.
    private func checkCopies(_ copies: [String: Int], _ what: String) async throws {
        let table = try await scenario.gateway.store.query(
            """
            SELECT subject, COUNT(DISTINCT l.id), SUM(a.outcome = 'unknown')
            FROM email_log l LEFT JOIN email_attempt a ON a.email_id = l.id GROUP BY subject
            """)
        var unknown: [String: Int] = [:]
        for row in table.rows where settled[row[0] ?? ""] == nil {
            #expect(row[1] == "1", "\(what): \(row[0] ?? "") has \(row[1] ?? "") rows")
            unknown[row[0] ?? ""] = row[2].flatMap { Int($0) } ?? 0
        }
        #expect(Set(unknown.keys) == Set(copies.keys), "\(what): what is recorded is not what was sent")
        let doubled = copies.filter { $0.value > 1 + unknown[$0.key, default: 0] }
        #expect(doubled.isEmpty, "\(what): sent twice, and no attempt says so: \(doubled.prefix(5))")
    }

    /// What had its last word before the first death has it still, and was reported once.
    private func checkSettled(_ captured: [CapturedMessage], _ what: String) async throws {
        let rows = try await scenario.gateway.store.rows("status <> 'S'")
        let found = Dictionary(rows.map { ($0.subject ?? "", $0.status) }) { first, _ in first }
        #expect(found == settled, "\(what)")
        #expect(try await scenario.gateway.store.rows("client = 'bounce'").count == 1, "\(what)")
        #expect(captured.count { $0.recipients == ["reports@contoso.com"] } == 1, "\(what)")
    }

    /// Nothing is left of what was given up half-way, once a service has looked.
    private func checkOrphans(_ what: String) async throws {
        let gateway = scenario.gateway
        try await gateway.stop()
        try await gateway.start()
        let spooled = try FileManager.default.contentsOfDirectory(atPath: gateway.store.path + ".spool")
        #expect(spooled.isEmpty, "\(what): \(spooled)")
        let bodies = try await gateway.store.query(
            "SELECT COUNT(*) FROM email_body WHERE id NOT IN (SELECT body_id FROM email_log WHERE body_id IS NOT NULL)"
        ).rows.first?.first
        #expect(bodies == "0", "\(what): bodies that no message has")
        // What a sendmail that was killed leaves unfinished goes after an hour.
        let waiting = try FileManager.default.contentsOfDirectory(atPath: gateway.store.path + ".maildrop")
        #expect(waiting.allSatisfy { $0 == "bad" || $0.hasPrefix(".") }, "\(what): \(waiting)")
        let rejected = try FileManager.default.contentsOfDirectory(atPath: gateway.store.path + ".maildrop/bad")
        #expect(rejected.isEmpty, "\(what): \(rejected)")
        try await gateway.stop()
    }
}
