import MailModel
import SMTPProtocol
import Testing

@testable import M365Emulator

private let host = SMTPSettings().hostname

struct SubmissionTests {
    private static func open(_ bench: inout Bench, _ connection: UInt64) {
        bench.state.openSMTP(connection)
        _ = bench.state.authenticate(
            .login(user: Bench.mailbox, password: "demo-password"), connection: connection, at: bench.moment)
    }

    private static func begin(_ bench: inout Bench, _ connection: UInt64 = 1) throws -> Submission {
        let envelope = Envelope(
            sender: try Address(parsing: Bench.mailbox), recipients: [try Address(parsing: "rcpt@example.com")])
        return bench.state.beginSubmission(envelope, connection: connection, at: bench.moment)
    }

    /// - Returns: the reply to the final dot; `nil` for silence.
    private static func submit(
        _ bench: inout Bench, _ message: String = Bench.message(), connection: UInt64 = 1
    ) throws -> Reply? {
        let submission = try begin(&bench, connection)
        let verdict = bench.state.complete(submission, Array(message.utf8), at: bench.moment)
        bench.state.end(submission, verdict, bytes: message.utf8.count, at: bench.moment)
        return verdict.cut == nil ? verdict.reply : nil
    }

    @Test func takesAMessageForItsEnvelope() throws {
        var bench = Bench()
        Self.open(&bench, 1)
        let reply = try #require(try Self.submit(&bench))
        #expect(reply.code == 250)
        #expect(reply.text.hasPrefix("OK <"))
        #expect(reply.text.hasSuffix(".prod.outlook.com> [Hostname=\(host)]"))
        let sent = try #require(bench.state.store.captured.first)
        #expect(sent.recipients == ["rcpt@example.com"])
        #expect(sent.text == Bench.message())
        #expect(sent.path == .smtp)
        #expect(sent.mailbox == Bench.mailbox)
        let copies = bench.graph("GET", "/\(Bench.mailbox)/mailFolders/sentitems/messages").json["value"]
        #expect(copies[0]["internetMessageId"] == "<1@contoso.com>")
    }

    @Test func replacesTheMessageIDWhereToldTo() throws {
        var bench = Bench { $0.smtp.replacesMessageID = true }
        Self.open(&bench, 1)
        let reply = try #require(try Self.submit(&bench))
        let sent = try #require(bench.state.store.captured.first)
        #expect(reply.text.contains(sent.messageID))
        #expect(sent.text.contains("X-Microsoft-Original-Message-ID: <1@contoso.com>\r\n"))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var message = Bench.message()
        var change: @Sendable (inout EmulatorConfiguration) -> Void = { _ in }
        var code: Int
        var status: EnhancedStatusCode

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "another's From", message: Bench.message(from: "ceo@contoso.com"), code: 554, status: .init(5, 2, 252)
        ),
        Case(
            name: "full mailbox", change: { $0.tenants[0].mailboxDefaults.full = true }, code: 554,
            status: .init(5, 2, 2)),
        Case(name: "too large", change: { $0.limits.messageBytes = 10 }, code: 554, status: .init(5, 2, 3)),
        Case(name: "no From", message: "To: a@x.com\r\n\r\nbody", code: 550, status: .init(5, 7, 512)),
        Case(
            name: "no limits", change: { ($0.limits.recipientsPerDay, $0.limits.messagesPerMinute) = (0, 0) },
            code: 250, status: .init(2, 0, 0)),
    ]

    @Test(arguments: cases) func decides(on one: Case) throws {
        var bench = Bench(one.change)
        Self.open(&bench, 1)
        let reply = try Self.submit(&bench, one.message)
        #expect(reply?.code == one.code)
        #expect(reply?.status == one.status)
        #expect(bench.state.store.captured.count == (one.code == 250 ? 1 : 0))
    }

    @Test func refusesAboveTheDaysRecipients() throws {
        var bench = Bench { $0.limits.recipientsPerDay = 1 }
        Self.open(&bench, 1)
        #expect(try Self.submit(&bench)?.code == 250)
        #expect(try Self.submit(&bench) == ExchangeReplies.recipientQuota)
    }

    // MARK: Three at a time

    @Test func theFourthSubmissionAtATimeIsRefusedAtItsEnd() throws {
        var bench = Bench()
        for connection in 1...5 { Self.open(&bench, UInt64(connection)) }
        let running = try (1...3).map { try Self.begin(&bench, UInt64($0)) }
        #expect(running.map(\.isGranted) == [true, true, true])
        #expect(try Self.submit(&bench, connection: 4) == ExchangeReplies.connectionLimit(host))
        bench.state.end(running[0], nil, bytes: 0, at: bench.moment)
        #expect(try Self.submit(&bench, connection: 5)?.code == 250)
        let lane = bench.control("GET", "counters").json["mailboxes"][Bench.mailbox]
        #expect(lane["max_smtp_submissions"] == 4)
        #expect(lane["smtp_throttled"] == 1)
        #expect(lane["max_smtp_connections"] == 5)
        #expect(lane["smtp_submissions"] == 2)
    }

    @Test(arguments: [
        (SMTPSettings.Wording.older, ["thread", "thread"]), (.newer, ["Concurrent", "Concurrent"]),
        (.alternate, ["Concurrent", "thread"]),
    ])
    func saysItInItsWords(wording: SMTPSettings.Wording, words: [String]) {
        var bench = Bench { $0.smtp.refusalWording = wording }
        for word in words {
            let reply = bench.state.concurrencyRefusal()
            #expect(reply.code == 432)
            #expect(reply.status == .init(4, 3, 2))
            #expect(reply.text.contains(word))
        }
    }

    @Test func canRefuseAtAUTH() {
        var bench = Bench { $0.smtp.refuseAt = .auth }
        for connection in 1...3 { Self.open(&bench, UInt64(connection)) }
        bench.state.openSMTP(4)
        let credentials = Credentials.login(user: Bench.mailbox, password: "demo-password")
        #expect(bench.state.authenticate(credentials, connection: 4, at: bench.moment).reply?.code == 432)
        bench.state.closeSMTP(1)
        #expect(bench.state.authenticate(credentials, connection: 4, at: bench.moment).reply == nil)
    }

    @Test func canRefuseAtTheGreeting() {
        var bench = Bench { $0.smtp.refuseAt = .connect }
        for connection in 1...3 {
            bench.state.openSMTP(UInt64(connection))
            #expect(bench.state.admit(UInt64(connection)).reply == nil)
        }
        bench.state.openSMTP(4)
        #expect(bench.state.admit(4).reply?.code == 432)
        #expect(bench.state.counters.connections == 4)
        bench.state.closeSMTP(2)
        bench.state.openSMTP(5)
        #expect(bench.state.admit(5).reply == nil)
    }

    @Test func aboveTheRateMessagesWaitOrAreRefused() throws {
        for refuses in [false, true] {
            var bench = Bench {
                $0.limits.messagesPerMinute = 2
                $0.smtp.refusesAboveRate = refuses
            }
            Self.open(&bench, 1)
            let codes = try (0..<3).map { _ in try Self.submit(&bench)?.code }
            #expect(codes == [250, 250, refuses ? 432 : 250])
        }
    }

    // MARK: Faults

    static let faults: [(rule: JSONValue, code: Int?, sent: Int)] = [
        (["status": 451, "message": "4.7.0 Temporary server error. PRX4"], 451, 0),
        (["status": 451, "message": "4.3.0 lost", "when": "after"], 451, 1),
        (["effect": "reset"], nil, 0),
        (["effect": "drop"], nil, 0),
        (["effect": "drop", "when": "after"], nil, 1),
        (["effect": "stall"], nil, 0),
        (["effect": "reset", "when": "after"], nil, 1),
        (["effect": "stall", "when": "after"], nil, 1),
    ]

    @Test(arguments: faults) func faultsStrikeAtTheFinalDot(rule: JSONValue, code: Int?, sent: Int) throws {
        var bench = Bench()
        Self.open(&bench, 1)
        _ = bench.control("POST", "faults", rule.merged(with: ["operation": "smtp"]))
        #expect(try Self.submit(&bench)?.code == code)
        #expect(bench.state.store.captured.count == sent)
        #expect(try Self.submit(&bench)?.code == 250)
    }

    @Test func withoutAUTHTheSenderIsTheMailbox() throws {
        var bench = Bench()
        bench.state.openSMTP(1)
        #expect(try Self.submit(&bench)?.code == 250)
        #expect(bench.state.store.captured.first?.mailbox == Bench.mailbox)
    }
}
