import Foundation
import Testing

/// Delivery by SMTP alone: inside Exchange's caps whatever happens, tried again by itself, never a failure that is none.
@Suite(.serialized, .timeLimit(.minutes(10))) struct SubmissionTests {
    /// The graph section is there for its credential only.
    private static func configuration(
        _ smtp: [String] = [], retry: String = GatewayConfiguration().retry
    ) -> GatewayConfiguration {
        GatewayConfiguration(route: ["primary: smtp", "fallback: {on: []}"], smtp: smtp, retry: retry)
    }

    private static let prompt = #"{"smtp": {"latency": 0.02}}"#

    private static func senders(_ count: Int) -> String {
        (1...count).map { "sender\($0)@contoso.com" }.joined(separator: ",")
    }

    // MARK: The storm

    private static let storms = ["smtp-concurrency", "smtp-concurrency-older"].flatMap { preset in
        ["connect", "auth", "mail", "data"].map { (preset, $0) }
    }

    /// Every second one is refused, as it was seen.
    @Test("Pitfall 24: 4.3.2 in either wording at every stage", arguments: storms) func aStormDelaysAndFailsNothing(
        _ preset: String, _ stage: String
    ) async throws {
        let configuration = Self.configuration(["messages_per_connection: 2"])
        try await Scenario.run(configuration, emulator: Self.prompt) { scenario in
            // Where they have logged in each mailbox has a count of its own, so that none is out of luck for long.
            let mailboxes = stage == "connect" ? [""] : Self.senders(20).split(separator: ",").map(String.init)
            for mailbox in mailboxes {
                try await scenario.emulator.addFault(
                    #"{"preset": "\#(preset)", "stage": "\#(stage)", "mailbox": "\#(mailbox)", "every": 2}"#)
            }
            let ids = try await scenario.send(Scale.of(80, long: 200), from: Self.senders(20), connections: 8)
            let captured = try await scenario.checkEachOnce(ids)
            #expect(captured.allSatisfy { $0.path == "smtp" })
            try await scenario.checkCap(mailboxes: 20)
            let refused = try await scenario.gateway.store.attempts("outcome <> 'accepted'")
            #expect(!refused.isEmpty && refused.allSatisfy { $0.outcome == "throttled" && $0.errorCode == "4.3.2" })
            #expect(refused.allSatisfy { $0.httpStatus == 432 })
        }
    }

    /// The cap is the far side's, and we are inside it: it never has to refuse.
    @Test(arguments: ["connect", "auth", "data"]) func aBurstIsNeverRefused(at place: String) async throws {
        let settings = #"{"smtp": {"latency": 0.05, "refuseAt": "\#(place)"}}"#
        try await Scenario.run(Self.configuration(["messages_per_connection: 7"]), emulator: settings) { scenario in
            let ids = try await scenario.send(150, connections: 8)
            try await scenario.checkEachOnce(ids)
            try await scenario.checkCap(mailboxes: 1)
            let mailbox = try await scenario.emulator.counters().mailboxes["reports@contoso.com"]
            #expect(mailbox?.smtpThrottled == 0 && mailbox?.maxSmtpConnections == 3)
            let others = try await scenario.gateway.store.attempts("outcome <> 'accepted'")
            #expect(others.isEmpty, "\(others)")
        }
    }

    // MARK: The cap

    private static let restarts: [[Int32]] = [
        [SIGTERM, SIGTERM, SIGTERM], [SIGKILL, SIGKILL, SIGKILL], [SIGTERM, SIGKILL, SIGTERM, SIGKILL],
    ]

    /// What an earlier process left open there counts, too.
    @Test("Pitfall 23: 4.3.2, never met whatever restarts", arguments: restarts)
    func restartsInTheMiddleOfABurstKeepTheCap(_ signals: [Int32]) async throws {
        try await Scenario.run(Self.configuration()) { scenario in
            let ids = try await scenario.send(90, connections: 8)
            for (number, signal) in signals.enumerated() {
                try await scenario.emulator.messages(count: 10 * (number + 1))
                try scenario.gateway.program.send(signal)
                _ = try await scenario.gateway.program.ending(within: .seconds(60))
                try await scenario.gateway.start()
            }
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": ids.count] }
            try await scenario.checkCap(mailboxes: 1)
            try await Self.checkDoubles(scenario)
        }
    }

    /// A second copy only where the record says that there may be one.
    private static func checkDoubles(_ scenario: Scenario) async throws {
        let captured = try await scenario.emulator.messages()
        let copies = Dictionary(grouping: captured, by: \.subject).mapValues(\.count)
        let unknown = Set(try await scenario.gateway.store.attempts("outcome = 'unknown'").map(\.emailId))
        for row in try await scenario.gateway.store.rows() {
            let count = copies[row.subject ?? "", default: 0]
            #expect(count == 1 || (count == 2 && unknown.contains(row.id)), "\(row.id): \(count) copies")
        }
    }

    @Test func reloadsInTheMiddleOfABurstKeepTheCap() async throws {
        try await Scenario.run(Self.configuration()) { scenario in
            let ids = try await scenario.send(100, connections: 8)
            for round in 1...8 {
                try await scenario.emulator.messages(count: 6 * round)
                // Each means a connection of another kind.
                let host = round.isMultiple(of: 2) ? [] : ["connection_age: \(round)m", "messages_per_connection: 3"]
                try scenario.gateway.write(Self.configuration(host))
                #expect(try await scenario.gateway.reload().contains("configuration reloaded"))
            }
            try await scenario.checkEachOnce(ids)
            try await scenario.checkCap(mailboxes: 1)
        }
    }

    @Test func aCapThatIsLoweredHoldsFromThenOn() async throws {
        try await Scenario.run(Self.configuration()) { scenario in
            let first = try await scenario.send(10, prefix: "three")
            try await scenario.emulator.messages(count: 10)
            try scenario.gateway.write(Self.configuration(["connections: 1"]))
            #expect(try await scenario.gateway.reload().contains("configuration reloaded"))
            let second = try await scenario.send(6, prefix: "one")
            try await scenario.checkEachOnce((first + second).sorted())
            let times = try await scenario.emulator.requests("smtp").suffix(6).map { ($0.arrived, $0.answered ?? 0) }
            for (one, next) in zip(times, times.dropFirst()) { #expect(one.1 <= next.0, "\(times)") }
        }
    }

    // MARK: Answers

    private func deliver(
        _ fault: String, _ check: ([CapturedMessage], [Store.Attempt]) throws -> Void
    ) async throws {
        try await Scenario.run(Self.configuration(), emulator: Self.prompt) { scenario in
            try await scenario.emulator.addFault(fault)
            try await scenario.send()
            try await scenario.gateway.store.counts("sent") { $0 == ["S": 1] }
            let attempts = try await scenario.gateway.store.attempts()
            #expect(attempts.allSatisfy { $0.path == "smtp" })
            try check(try await scenario.emulator.messages(), attempts)
        }
    }

    @Test(arguments: [("smtp-answer-lost", 2), ("smtp-reset", 1)])
    func anAnswerThatIsLostIsUnknown(_ preset: String, _ copies: Int) async throws {
        try await deliver(#"{"preset": "\#(preset)"}"#) { captured, attempts in
            #expect(captured.count == copies && attempts.map(\.outcome) == ["unknown", "accepted"], "\(attempts)")
        }
    }

    @Test(arguments: ["connect", "auth", "mail", "rcpt"], ["reset", "drop"])
    func aConnectionThatIsLostBeforeIsNoDoubt(_ stage: String, _ effect: String) async throws {
        try await deliver(#"{"operation": "smtp", "stage": "\#(stage)", "effect": "\#(effect)"}"#) {
            captured, attempts in
            #expect(captured.count == 1 && attempts.map(\.outcome) == ["deferred", "accepted"], "\(attempts)")
        }
    }

    @Test func theServersIDIsKept() async throws {
        try await Scenario.run(Self.configuration(), emulator: Self.prompt) { scenario in
            try await scenario.send(3)
            let rows = try await scenario.gateway.store.rows("sent") { $0.count { $0.status == "S" } == 3 }
            #expect(rows.allSatisfy { $0.requestId?.hasSuffix("prod.outlook.com>") == true }, "\(rows)")
        }
    }

    /// One is taken, one is refused for good, one for now: three rows, and nobody gets it twice.
    @Test func recipientsAnsweredDifferentlyBecomeRows() async throws {
        try await Scenario.run(Self.configuration(), emulator: Self.prompt) { scenario in
            for fault in [
                #"{"recipient": "gone@example.org", "status": 550, "message": "5.1.10 Recipient not found", "count": 0}"#,
                #"{"recipient": "busy@example.org", "status": 450, "message": "4.2.1 Mailbox is busy", "count": 2}"#,
            ] {
                try await scenario.emulator.addFault(#"{"operation": "smtp", "stage": "rcpt", "# + fault.dropFirst())
            }
            let id = try #require(
                try await scenario.send(to: "busy@example.org,well@example.org,gone@example.org").first)
            let rows = try await scenario.gateway.store.rows("settled") { rows in
                rows.map(\.status).sorted() == ["F", "S", "S"]
            }
            #expect(rows.map(\.id) == [id, "\(id)-2", "\(id)-3"])
            let fates = Dictionary(uniqueKeysWithValues: rows.map { ($0.recipients, $0) })
            #expect(fates[#"["well@example.org"]"#]?.id == id && fates[#"["busy@example.org"]"#]?.status == "S")
            let gone = fates[#"["gone@example.org"]"#]
            #expect(gone?.status == "F" && gone?.errorCode == "5.1.10" && gone?.httpStatus == 550)
            let captured = try await scenario.emulator.messages().map(\.recipients)
            #expect(captured == [["well@example.org"], ["busy@example.org"]])
        }
    }

    // MARK: What an operator mends

    private struct Broken: Sendable, CustomTestStringConvertible {
        var what: String
        var breaking: String
        var mending: String
        var status: Int
        var code: String
        var advice: String
        /// The whole route waits, not only this mailbox.
        var isRouteWide = false

        var testDescription: String { "\(what) \(breaking)" }
    }

    private static let mailbox = "mailbox/reports@contoso.com"
    private static let faults = [
        Broken(
            what: mailbox, breaking: #"{"full": true}"#, mending: #"{"full": false}"#, status: 554, code: "5.2.2",
            advice: "mailbox is full"),
        Broken(
            what: mailbox, breaking: #"{"smtpAuthentication": false}"#, mending: #"{"smtpAuthentication": true}"#,
            status: 535, code: "5.7.139", advice: "Set-CASMailbox"),
        Broken(
            what: "tenant/contoso.onmicrosoft.com", breaking: #"{"smtpAuthentication": false}"#,
            mending: #"{"smtpAuthentication": true}"#, status: 535, code: "5.7.139", advice: "Set-TransportConfig",
            isRouteWide: true),
        Broken(
            what: mailbox, breaking: #"{"licensed": false}"#, mending: #"{"licensed": true}"#, status: 535,
            code: "5.7.3", advice: "licence"),
        Broken(
            what: "app/\(Emulator.clientID)", breaking: #"{"fullAccess": []}"#, mending: #"{"fullAccess": ["*"]}"#,
            status: 430, code: "4.2.0", advice: "Add-MailboxPermission"),
        Broken(
            what: mailbox, breaking: #"{"restriction": "outboundSpam"}"#, mending: #"{"restriction": "none"}"#,
            status: 550, code: "5.1.8", advice: "unblock"),
    ]

    @Test(arguments: faults) private func mailWaitsForAnOperatorAndFlowsWhenItIsMended(_ fault: Broken) async throws {
        try await Scenario.run(Self.configuration(), emulator: Self.prompt) { scenario in
            try await scenario.emulator.change(fault.what, fault.breaking)
            let ids = try await scenario.send(5)
            let rows = try await scenario.gateway.store.rows("they wait and say what for") { rows in
                rows.count == 5 && rows.allSatisfy { $0.status == "Q" && $0.errorText?.isEmpty == false }
            }
            #expect(rows.allSatisfy { $0.errorText?.contains(fault.advice) == true }, "\(rows.map(\.errorText))")
            let tried = rows.first { $0.attempts > 0 }
            #expect(tried?.httpStatus == fault.status && tried?.errorCode == fault.code, "\(rows)")
            if !fault.isRouteWide, fault.what == Self.mailbox {
                try await scenario.send(2, from: "other@contoso.com", prefix: "other")
                try await scenario.emulator.messages(count: 2)
            }
            try await scenario.emulator.change(fault.what, fault.mending)
            #expect(try await scenario.gateway.reload().contains("configuration reloaded"))
            try await scenario.gateway.store.rows("sent", where: "mailbox = 'reports@contoso.com'") { rows in
                rows.map(\.id) == ids && rows.allSatisfy { $0.status == "S" }
            }
            #expect(try await scenario.gateway.store.query("SELECT * FROM lane_pause").rows.isEmpty)
        }
    }

    /// Nobody tells the service: it looks by itself.
    @Test func whatIsMendedIsFoundOutWithoutAWord() async throws {
        try await Scenario.run(Self.configuration(), emulator: Self.prompt) { scenario in
            try await scenario.emulator.change(Self.mailbox, #"{"full": true}"#)
            let ids = try await scenario.send(3)
            try await scenario.gateway.store.rows("they wait") { $0.count { $0.errorCode == "5.2.2" } >= 1 }
            try await scenario.emulator.change(Self.mailbox, #"{"full": false}"#)
            try await scenario.checkEachOnce(ids)
        }
    }

    @Test func aFromThatIsNotOursFailsWithAdvice() async throws {
        try await Scenario.run(Self.configuration(), emulator: Self.prompt) { scenario in
            try await scenario.emulator.change(Self.mailbox, #"{"sendAs": []}"#)
            var configuration = Self.configuration()
            configuration.route.append("mailbox: reports@contoso.com")
            try scenario.gateway.write(configuration)
            #expect(try await scenario.gateway.reload().contains("configuration reloaded"))
            try await scenario.send(1, from: "someone@contoso.com")
            let row = try #require(try await scenario.gateway.store.rows("failed") { $0.first?.status == "F" }.first)
            #expect(row.errorCode == "5.2.252" && row.errorText?.contains("SendAsDenied") == true)
            #expect(row.errorText?.contains("Add-RecipientPermission") == true, "\(row.errorText ?? "")")
        }
    }

    // MARK: Tokens

    @Test func aTokenRevokedInTheMiddleCostsNothing() async throws {
        let configuration = Self.configuration(["messages_per_connection: 4"])
        try await Scenario.run(configuration, emulator: #"{"smtp": {"latency": 0.1}}"#) { scenario in
            let ids = try await scenario.send(100, from: Self.senders(2), connections: 8)
            try await scenario.emulator.messages(count: 20)
            #expect(try await scenario.emulator.counters().tokensIssued == 1)
            try await scenario.emulator.revokeTokens()
            try await scenario.checkEachOnce(ids)
            try await scenario.checkCap(mailboxes: 2)
            #expect(try await scenario.emulator.counters().tokensIssued == 2)
            #expect(try await scenario.gateway.store.attempts().allSatisfy { $0.outcome == "accepted" })
        }
    }
}
