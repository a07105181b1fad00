import Foundation
import Testing

/// Two paths: mail leaves the one that fails for the other, returns by itself, and is never sent by both.
@Suite(.serialized, .timeLimit(.minutes(5))) struct FallbackTests {
    private static let outage = #"{"preset": "outage"}"#

    /// Graph first, with an SMTP path to the same emulator.
    private static func graphFirst(_ fallback: String = "{after: 1s}", graph: [String] = []) -> GatewayConfiguration {
        GatewayConfiguration(route: ["fallback: \(fallback)"], smtp: [], graph: graph)
    }

    private static func smtpFirst(_ fallback: String = "{after: 1s}") -> GatewayConfiguration {
        GatewayConfiguration(route: ["primary: smtp", "fallback: \(fallback)"], smtp: [])
    }

    // MARK: An outage

    private static let senders = (1...5).map { "sender\($0)@contoso.com" }.joined(separator: ",")

    @Test func anOutageOfGraphMovesABurstToSMTPAndItReturnsByItself() async throws {
        try await Scenario.run(Self.graphFirst()) { scenario in
            try await scenario.emulator.addFault(Self.outage)
            let ids = try await scenario.send(300, from: Self.senders, connections: 8)
            try await eventually("the queue says what is wrong") {
                try await scenario.gateway.queue().pauses
            } until: { pauses in
                pauses.contains { $0.path == "graph" && $0.reason.contains("503") }
            }
            let captured = try await scenario.checkEachOnce(ids)
            #expect(captured.allSatisfy { $0.path == "smtp" })
            try await scenario.checkCap(mailboxes: 5)
            try await Self.checkRecords(of: 300, scenario.gateway.store)
            try await Self.checkReturn(scenario)
        }
    }

    private static func checkRecords(of count: Int, _ store: Store) async throws {
        let rows = try await store.rows()
        #expect(rows.count { $0.path == "smtp" && $0.fellBack == 1 } == count)
        let attempts = Dictionary(grouping: try await store.attempts(), by: \.emailId)
        #expect(attempts.values.allSatisfy { $0.last?.path == "smtp" && $0.last?.outcome == "accepted" })
        #expect(attempts.values.allSatisfy { $0.count { $0.outcome == "accepted" } == 1 })
        let both = attempts.values.filter { $0.first?.path == "graph" }
        #expect(!both.isEmpty && both.allSatisfy { $0.first?.outcome == "deferred" && $0.first?.httpStatus == 503 })
    }

    /// A message now and then is the probe, as in life.
    private static func checkReturn(_ scenario: Scenario) async throws {
        try await scenario.emulator.removeFaults()
        var round = 0
        try await eventually("Graph is found to work again", within: .seconds(20)) {
            round += 1
            try await scenario.send(1, from: "sender1@contoso.com", prefix: "probe\(round)")
            return try await scenario.emulator.messages(after: 300)
        } until: { captured in
            captured.contains { $0.path == "graph" }
        }
        try await scenario.gateway.store.counts("settled") { $0.keys.allSatisfy { $0 == "S" } }
        try await scenario.send(30, from: senders, prefix: "after")
        let after = try await eventually("all of the next are there") {
            try await scenario.emulator.messages(after: 300).filter { $0.subject.hasPrefix("after") }
        } until: {
            $0.count == 30
        }
        #expect(after.allSatisfy { $0.path == "graph" })
        #expect(try await scenario.gateway.queue().pauses.isEmpty)
        #expect(try await scenario.gateway.store.query("SELECT * FROM lane_pause WHERE path = 'graph'").rows.isEmpty)
        #expect(try await scenario.gateway.store.rows("subject LIKE 'after%' AND fell_back = 0").count == 30)
    }

    @Test func anOutageOfSMTPMovesMailToGraph() async throws {
        try await Scenario.run(Self.smtpFirst()) { scenario in
            try await scenario.emulator.addFault(#"{"preset": "smtp-outage"}"#)
            let ids = try await scenario.send(40, from: Self.senders)
            let captured = try await scenario.checkEachOnce(ids)
            #expect(captured.allSatisfy { $0.path == "graph" })
            #expect(try await scenario.gateway.store.rows("fell_back = 1 AND path = 'graph'").count == 40)
        }
    }

    /// One store of Microsoft's is in trouble, not the service: the other mailboxes stay.
    @Test func oneMailboxInTroubleMovesAlone() async throws {
        try await Scenario.run(Self.graphFirst()) { scenario in
            try await scenario.emulator.addFault(#"{"preset": "outage", "mailbox": "ill@contoso.com"}"#)
            try await scenario.send(10, from: "ill@contoso.com,well@contoso.com")
            let captured = try await scenario.emulator.messages(count: 10)
            #expect(captured.allSatisfy { ($0.path == "smtp") == ($0.mailbox == "ill@contoso.com") })
        }
    }

    @Test func aMissingPermissionForGraphMovesMail() async throws {
        try await Scenario.run(Self.graphFirst()) { scenario in
            try await scenario.emulator.changeApp(#"{"graphRoles": []}"#)
            let ids = try await scenario.send(5)
            let captured = try await scenario.checkEachOnce(ids)
            #expect(captured.allSatisfy { $0.path == "smtp" })
        }
    }

    @Test func nothingMovesWhereTheRouteDoesNotSaySo() async throws {
        try await Scenario.run(Self.graphFirst("{on: [unauthorized], after: 0s}")) { scenario in
            try await scenario.emulator.addFault(Self.outage)
            let ids = try await scenario.send(10)
            try await eventually("some were refused") {
                try await scenario.emulator.counters().answers(503)
            } until: {
                $0 >= 3
            }
            #expect(try await scenario.emulator.counters().messages == 0)
            try await scenario.emulator.removeFaults()
            let captured = try await scenario.checkEachOnce(ids)
            #expect(captured.allSatisfy { $0.path == "graph" })
        }
    }

    /// The promise about windows counts both paths together.
    @Test func theMessageRateCountsBothPaths() async throws {
        var configuration = Self.graphFirst("{after: 0s}")
        configuration.limits = "{messages_per_mailbox: 10/6s}"
        try await Scenario.run(configuration) { scenario in
            let first = try await scenario.send(6, prefix: "graph")
            try await scenario.emulator.messages(count: 6)
            try await scenario.emulator.addFault(Self.outage)
            let second = try await scenario.send(14, prefix: "smtp")
            let captured = try await scenario.checkEachOnce((first + second).sorted())
            #expect(captured.count { $0.path == "graph" } == 6)
            let requests = try await scenario.emulator.requests() + scenario.emulator.requests("smtp")
            let arrivals = requests.map(\.arrived).sorted()
            for start in arrivals {
                #expect(arrivals.count { start <= $0 && $0 < start + 6 } <= 10, "\(start) in \(arrivals)")
            }
        }
    }

    // MARK: What moves at once

    private static let naming = """
        From: reports@contoso.com\r
        To: someone.else@example.net\r
        Subject: naming others\r
        \r
        Text.\r

        """

    @Test func aHeaderThatGraphCannotExpressGoesBySMTPAtOnce() async throws {
        try await Scenario.run(Self.graphFirst("{after: 1h}")) { scenario in
            try await scenario.submit(Self.naming)
            let captured = try await scenario.emulator.messages(count: 1)
            #expect(captured.map(\.path) == ["smtp"] && captured.first?.recipients == [Corpus.recipient])
            #expect(captured.first?.header("To") == ["someone.else@example.net"])
            try await checkMovedAtOnce(scenario)
        }
    }

    @Test func aLargeMessageGoesBySMTPAtOnce() async throws {
        try await Scenario.run(Self.graphFirst("{after: 1h}", graph: ["mime_limit: 100KB"])) { scenario in
            let line = String(repeating: "x", count: 76) + "\r\n"
            let text = "From: reports@contoso.com\r\nTo: customer@example.org\r\nSubject: large\r\n\r\n"
            try await scenario.submit(text + String(repeating: line, count: 2000))
            #expect(try await scenario.emulator.messages(count: 1).map(\.path) == ["smtp"])
            try await checkMovedAtOnce(scenario)
        }
    }

    /// Its way is decided when it is accepted: a pause of the path that it does not take is not its own.
    @Test func whatOnlySMTPCanCarryDoesNotWaitForGraph() async throws {
        try await Scenario.run(Self.graphFirst("{after: 0s}")) { scenario in
            try await scenario.emulator.addFault(Self.throttle)
            try await scenario.send(3)
            try await scenario.gateway.store.rows("they wait") { rows in
                rows.count { $0.status == "Q" && $0.errorText?.contains("MailboxConcurrency") == true } == 3
            }
            try await scenario.submit(Self.naming)
            #expect(try await scenario.emulator.messages(count: 1).map(\.path) == ["smtp"])
            let moved = try await scenario.gateway.store.rows("it is sent") { rows in rows.contains { $0.status == "S" }
            }
            #expect(moved.filter { $0.status == "S" }.allSatisfy { $0.fellBack == 1 && $0.path == "smtp" })
            #expect(moved.count { $0.status == "Q" && $0.fellBack == 0 } == 3)
        }
    }

    /// Graph was not asked, and the row says why it moved.
    private func checkMovedAtOnce(_ scenario: Scenario) async throws {
        let row = try #require(try await scenario.gateway.store.rows("sent") { $0.first?.status == "S" }.first)
        #expect(row.path == "smtp" && row.fellBack == 1)
        #expect(try await scenario.emulator.requests().isEmpty)
        #expect(try await scenario.gateway.store.attempts().map(\.path) == ["smtp"])
    }

    /// It has nowhere else to go, so it waits there, and mail that Graph takes is not held up.
    @Test func whatOnlySMTPCanCarryWaitsForSMTP() async throws {
        try await Scenario.run(Self.graphFirst()) { scenario in
            try await scenario.emulator.addFault(#"{"preset": "smtp-outage"}"#)
            try await scenario.submit(Self.naming)
            try await scenario.gateway.store.rows("it waits") { $0.first?.errorText?.isEmpty == false }
            try await scenario.send(5)
            #expect(try await scenario.emulator.messages(count: 5).allSatisfy { $0.path == "graph" })
            try await scenario.emulator.removeFaults()
            _ = try await scenario.gateway.reload()
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 6] }
            #expect(try await scenario.emulator.messages().filter { $0.path == "smtp" }.count == 1)
        }
    }

    // MARK: What never moves

    /// It may be there already: it waits for the path it went by, while other mail takes the other.
    @Test(arguments: ["504-sent", "504-not-sent", "answer-lost", "reset-after-body"])
    func anUnknownOutcomeOnGraphStaysThere(_ preset: String) async throws {
        try await stays(
            Self.graphFirst(), lost: #"{"preset": "\#(preset)", "operation": "sendMail"}"#, then: Self.outage,
            path: "graph",
            copies: preset.hasSuffix("-sent") && !preset.contains("not") || preset == "answer-lost" ? 2 : 1)
    }

    @Test(arguments: [("smtp-answer-lost", 2), ("smtp-reset", 1)])
    func anUnknownOutcomeOnSMTPStaysThere(_ preset: String, _ copies: Int) async throws {
        try await stays(
            Self.smtpFirst(), lost: #"{"preset": "\#(preset)"}"#, then: #"{"preset": "smtp-outage"}"#, path: "smtp",
            copies: copies)
    }

    private func stays(
        _ configuration: GatewayConfiguration, lost: String, then outage: String, path: String, copies: Int
    ) async throws {
        var configuration = configuration
        configuration.retry = "{first: 3s, factor: 1, max: 3s, jitter: 0}"
        try await Scenario.run(configuration) { scenario in
            try await scenario.emulator.addFault(lost)
            let id = try #require(try await scenario.send(1, prefix: "lost").first)
            try await eventually("the doubt is on record") {
                try await scenario.gateway.store.attempts("email_id = '\(id)'").map(\.outcome)
            } until: {
                $0 == ["unknown"]
            }
            try await scenario.emulator.addFault(outage)
            try await scenario.send(6, from: "other@contoso.com,reports@contoso.com", prefix: "other")
            let others = try await eventually("others go by the other path") {
                try await scenario.emulator.messages().filter { $0.subject.hasPrefix("other") }
            } until: {
                $0.count == 6
            }
            #expect(others.allSatisfy { $0.path != path })
            try await eventually("it was tried again there") {
                try await scenario.gateway.store.attempts("email_id = '\(id)'").map(\.outcome)
            } until: {
                $0.count > 1
            }
            #expect(try await scenario.gateway.store.rows("id = '\(id)'").map(\.status) == ["Q"])
            try await scenario.emulator.removeFaults()
            _ = try await scenario.gateway.reload()
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 7] }
            let captured = try await scenario.emulator.messages().filter { $0.subject.hasPrefix("lost") }
            #expect(captured.map(\.path) == Array(repeating: path, count: copies))
            #expect(try await scenario.gateway.store.attempts("email_id = '\(id)'").allSatisfy { $0.path == path })
        }
    }

    // MARK: Throttling

    private static let throttle =
        #"{"preset": "throttle", "operation": "sendMail", "count": 0, "headers": {"Retry-After": "3600"}}"#

    @Test func aThrottledMailboxWaitsOnItsPath() async throws {
        try await Scenario.run(Self.graphFirst("{after: 0s}")) { scenario in
            try await scenario.emulator.addFault(Self.throttle)
            try await scenario.send(3)
            try await scenario.gateway.store.rows("they wait") { rows in
                rows.count { $0.status == "Q" && $0.errorText?.contains("MailboxConcurrency") == true } == 3
            }
            // What an operator sends by SMTP shows that the path is at work.
            let byHand = try await scenario.gateway.run(
                "send", "--from", Corpus.sender, "--to", Corpus.recipient, "--subject", "by hand", "--text", "Text.",
                "--via", "smtp", "--queue")
            #expect(byHand.status == 0, "\(byHand)")
            #expect(try await scenario.emulator.messages(count: 1).map(\.subject) == ["by hand"])
            #expect(try await scenario.gateway.store.rows("status = 'Q' AND fell_back = 0").count == 3)
        }
    }

    @Test func aThrottledMailboxMovesWhereTheRouteSaysSo() async throws {
        try await Scenario.run(Self.graphFirst("{on: [throttled], after: 1s}")) { scenario in
            try await scenario.emulator.addFault(Self.throttle)
            let ids = try await scenario.send(10)
            let captured = try await scenario.checkEachOnce(ids)
            #expect(captured.allSatisfy { $0.path == "smtp" })
            #expect(try await scenario.emulator.counters().earlyRequests == 0)
        }
    }
}
