import Foundation
import Testing

/// Microsoft in trouble: what is temporary is tried again and arrives once; what was lost is said to be unknown.
@Suite(.serialized, .timeLimit(.minutes(5))) struct FaultTests {
    /// One message against the fault; everything settles as sent.
    private func deliver(
        _ fault: String, _ configuration: GatewayConfiguration = GatewayConfiguration(),
        _ check: (Scenario, [CapturedMessage], [Store.Attempt]) async throws -> Void
    ) async throws {
        try await Scenario.run(configuration) { scenario in
            try await scenario.emulator.addFault(fault)
            try await scenario.send()
            try await scenario.gateway.store.counts("sent") { $0 == ["S": 1] }
            try await check(scenario, scenario.emulator.messages(), scenario.gateway.store.attempts())
        }
    }

    @Test("Pitfall 22: Retry-After as a decimal", arguments: [("2", 2000), ("1.25", 1250)])
    func retryAfterInSeconds(_ text: String, _ milliseconds: Int) async throws {
        try await deliver(#"{"preset": "throttle", "operation": "sendMail", "headers": {"Retry-After": "\#(text)"}}"#) {
            scenario, captured, attempts in
            #expect(captured.count == 1 && attempts.map(\.outcome) == ["throttled", "accepted"])
            #expect(attempts.first?.retryAfterMs == milliseconds && attempts.first?.httpStatus == 429)
            #expect(attempts.first?.errorCode == "ApplicationThrottled")
            let counters = try await scenario.emulator.counters()
            #expect(counters.earlyRequests == 0)
        }
    }

    @Test("Pitfall 22: Retry-After as a date") func retryAfterAsADate() async throws {
        let until = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 + 4).rounded(.up))
        let format = DateFormatter()
        (format.locale, format.timeZone) = (Locale(identifier: "en_US_POSIX"), TimeZone(identifier: "GMT"))
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        try await deliver(
            #"{"preset": "throttle", "operation": "sendMail", "headers": {"Retry-After": "\#(format.string(from: until))"}}"#
        ) { _, captured, attempts in
            #expect(attempts.map(\.outcome) == ["throttled", "accepted"])
            let sent = try #require(captured.first.flatMap { ISO8601DateFormatter().date(from: $0.time) })
            #expect(sent >= until, "sent at \(sent), asked to wait until \(until)")
        }
    }

    @Test("Pitfall 21: a 429 that names no time") func throttledWithoutRetryAfter() async throws {
        try await deliver(
            #"{"operation": "sendMail", "status": 429, "code": "TooManyRequests", "message": "Slow down."}"#
        ) { scenario, captured, attempts in
            #expect(captured.count == 1 && attempts.map(\.outcome) == ["throttled", "accepted"])
            #expect(attempts.first?.retryAfterMs == nil)
            // A second, less a fifth of chance; the route's own `retry` would have been quicker.
            let arrivals = try await scenario.emulator.requests().map(\.arrived).sorted()
            try #require(arrivals.count == 2)
            #expect(arrivals[1] - arrivals[0] > 0.75, "\(arrivals)")
        }
    }

    @Test func aServiceThatIsBusy() async throws {
        try await deliver(
            #"{"preset": "unavailable", "operation": "sendMail", "headers": {"Retry-After": "1"}}"#
        ) {
            scenario, captured, attempts in
            #expect(captured.count == 1 && attempts.last?.outcome == "accepted")
            #expect(attempts.dropLast().allSatisfy { ["deferred", "throttled"].contains($0.outcome) }, "\(attempts)")
            let counters = try await scenario.emulator.counters()
            #expect(counters.earlyRequests == 0)
        }
    }

    /// Nothing was sent, though nobody says so: one copy in the end, and the doubt on record.
    @Test(
        "Pitfall 10: 200 is not 202",
        arguments: [
            ("504-not-sent", 504), ("200-not-sent", 200), ("reset-after-body", nil as Int?), ("502-html", 502),
        ])
    func anUnclearAnswerToWhatWasNotSent(_ preset: String, _ status: Int?) async throws {
        try await deliver(#"{"preset": "\#(preset)", "operation": "sendMail"}"#) { _, captured, attempts in
            #expect(captured.count == 1 && attempts.map(\.outcome) == ["unknown", "accepted"], "\(attempts)")
            #expect(attempts.first?.httpStatus == status && attempts.first?.errorText?.isEmpty == false)
        }
    }

    /// It was sent, and the answer lost: `on_unknown: retry` sends it again, and says that it may be a second copy.
    @Test(arguments: [
        #"{"preset": "504-sent", "operation": "sendMail"}"#, #"{"preset": "200-sent", "operation": "sendMail"}"#,
        #"{"preset": "answer-lost", "operation": "sendMail"}"#,
        #"{"operation": "sendMail", "status": 500, "code": "ErrorInternalServerError", "when": "after"}"#,
    ])
    func anUnclearAnswerToWhatWasSent(_ fault: String) async throws {
        try await deliver(fault) { _, captured, attempts in
            #expect(captured.count == 2 && attempts.map(\.outcome) == ["unknown", "accepted"], "\(attempts)")
        }
    }

    @Test("Pitfall 11: 504 for mail that was sent", arguments: ["504-sent", "answer-lost", "504-not-sent"])
    func anUnclearAnswerIsHeldWhereTheRouteSaysSo(_ preset: String) async throws {
        try await Scenario.run(GatewayConfiguration(graph: ["on_unknown: hold"])) { scenario in
            try await scenario.emulator.addFault(#"{"preset": "\#(preset)", "operation": "sendMail"}"#)
            let id = try #require(try await scenario.send().first)
            try await scenario.gateway.store.counts("unknown") { $0 == ["U": 1] }
            #expect(try await scenario.emulator.requests().count == 1)
            // A person decides.
            #expect(try await scenario.gateway.run("resend", id).status == 0)
            try await scenario.gateway.store.counts("sent") { $0 == ["S": 1] }
        }
    }

    /// The connection dies before the message is over there.
    @Test func aResetBeforeTheBody() async throws {
        let fault = #"{"preset": "reset-before-body", "operation": "sendMail", "count": 2}"#
        try await Scenario.run { scenario in
            try await scenario.emulator.addFault(fault)
            let corpus = try await Corpus.make()
            _ = try await Python.run(
                "smtplib_client.py",
                ["\(scenario.gateway.port)", Corpus.sender, Corpus.recipient, corpus.directory.path("large.eml")])
            try await scenario.gateway.store.counts("sent") { $0 == ["S": 1] }
            #expect(try await scenario.emulator.messages().count == 1)
        }
    }

    @Test("Pitfall 12: a refusal for good is not tried again") func aRefusalForGoodFailsAtOnceInMicrosoftsWords()
        async throws
    {
        try await Scenario.run { scenario in
            try await scenario.emulator.addFault(
                #"{"operation": "sendMail", "status": 400, "code": "ErrorInvalidRecipients", "message": "Not resolved.", "count": 0}"#
            )
            try await scenario.send()
            let row = try #require(try await scenario.gateway.store.rows("failed") { $0.first?.status == "F" }.first)
            #expect(row.attempts == 1 && row.httpStatus == 400 && row.errorCode == "ErrorInvalidRecipients")
            #expect(row.errorText?.contains("Not resolved.") == true && row.requestId?.isEmpty == false)
        }
    }

    @Test func anOutageEndsAndEverythingArrives() async throws {
        try await Scenario.run { scenario in
            try await scenario.emulator.addFault(#"{"preset": "outage"}"#)
            try await scenario.send(20)
            try await eventually("some were refused") {
                try await scenario.emulator.counters().answers(503)
            } until: {
                $0 >= 2
            }
            #expect(try await scenario.gateway.store.counts()["F"] == nil)
            try await scenario.emulator.removeFaults()
            try await scenario.emulator.messages(count: 20)
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 20] }
            #expect(try await scenario.emulator.counters().messages == 20)
        }
    }

    @Test("Pitfall 15: nothing is retried for ever") func mailIsGivenUpInTheEnd() async throws {
        let configuration = GatewayConfiguration(retry: "{first: 200ms, factor: 1, max: 200ms, give_up_after: 2s}")
        try await Scenario.run(configuration) { scenario in
            try await scenario.emulator.addFault(
                #"{"operation": "sendMail", "status": 503, "code": "ErrorServerBusy", "message": "Busy.", "count": 0}"#)
            try await scenario.send()
            let row = try #require(try await scenario.gateway.store.rows("failed") { $0.first?.status == "F" }.first)
            #expect(row.attempts > 1 && row.errorText?.contains("Busy.") == true)
        }
    }

    // MARK: Tokens

    @Test func revokedTokensAreRenewedOnce() async throws {
        try await Scenario.run { scenario in
            try await scenario.send(5)
            try await scenario.emulator.messages(count: 5)
            #expect(try await scenario.emulator.counters().tokensIssued == 1)
            try await scenario.emulator.revokeTokens()
            try await scenario.send(40, prefix: "after")
            try await scenario.emulator.messages(count: 45)
            let counters = try await scenario.emulator.counters()
            #expect(counters.tokensIssued == 2 && (1...3).contains(counters.answers(401)), "\(counters)")
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 45] }
        }
    }

    @Test func oneTokenServesAllMailboxes() async throws {
        try await Scenario.run(emulator: #"{"graph": {"latency": 0.01}, "tokens": {"latency": 0.5}}"#) { scenario in
            let senders = (1...10).map { "sender\($0)@contoso.com" }.joined(separator: ",")
            try await scenario.send(50, from: senders, connections: 8)
            try await scenario.emulator.messages(count: 50)
            #expect(try await scenario.emulator.counters().tokensIssued == 1)
        }
    }

    /// Only an operator can mend a wrong secret: the mail waits, says what for, and goes out when it is mended.
    @Test("Pitfall 16: a refused login fails no mail") func aWrongSecretHoldsTheMailUntilItIsMended() async throws {
        try await Scenario.run(GatewayConfiguration(credential: "client_secret: wrong")) { scenario in
            try await scenario.send(3)
            let rows = try await scenario.gateway.store.rows("they wait, and say what for") { rows in
                rows.count == 3 && rows.allSatisfy { $0.errorText?.isEmpty == false }
            }
            #expect(rows.allSatisfy { $0.status == "Q" && $0.attempts == 0 && $0.nextAttemptDate != nil }, "\(rows)")
            #expect(rows.allSatisfy { $0.errorText?.contains("secret") == true }, "\(rows)")
            #expect(try await scenario.gateway.store.attempts().isEmpty)
            try scenario.gateway.write(GatewayConfiguration())
            #expect(try await scenario.gateway.reload().contains("configuration reloaded"))
            try await scenario.emulator.messages(count: 3)
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 3] }
        }
    }

    /// As is a permission that is missing: the mailbox waits.
    @Test func aMissingPermissionHoldsTheMailbox() async throws {
        try await Scenario.run { scenario in
            try await scenario.emulator.changeApp(#"{"deniedMailboxes": ["denied@contoso.com"]}"#)
            try await scenario.send(3, from: "denied@contoso.com", prefix: "denied")
            try await scenario.send(3, from: "allowed@contoso.com", prefix: "allowed")
            try await scenario.emulator.messages(count: 3)
            let rows = try await scenario.gateway.store.rows(
                "they wait, and say what for", where: "mailbox = 'denied@contoso.com'"
            ) { rows in rows.count == 3 && rows.contains { $0.errorText?.isEmpty == false } }
            #expect(rows.allSatisfy { $0.status == "Q" || $0.status == "P" }, "\(rows)")
            try await scenario.emulator.changeApp(#"{"deniedMailboxes": []}"#)
            #expect(try await scenario.gateway.reload().contains("configuration reloaded"))
            _ = try await scenario.gateway.run("queue", "flush", "--all")
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 6] }
        }
    }
}
