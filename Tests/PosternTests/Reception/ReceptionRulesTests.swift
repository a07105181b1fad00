import DeliveryPolicy
import EmailLog
import MIME
import MailModel
import SMTPProtocol
import Testing

@testable import Postern

/// Who may send, which lane takes it, and what else a message is judged by.
@Suite struct ReceptionRulesTests {
    private func rules(_ yaml: String = Desk.routes + "\n" + Desk.users) throws -> ReceptionRules {
        ReceptionRules(try configuration(yaml))
    }

    private func origin(user: String? = nil) -> Origin {
        let trace = TraceInfo(by: "relay.test", with: "ESMTP", id: QueueID(rawValue: "q1"), date: noon)
        return Origin(client: "192.0.2.7", user: user, trace: trace)
    }

    private func envelope(_ sender: String?, _ recipients: Int = 1) -> Envelope {
        Envelope(sender: sender.map(address), recipients: addresses(recipients))
    }

    private func judge(
        _ head: [UInt8], from sender: String?, recipients: Int = 1, user: String? = nil, priority: Priority = .normal,
        _ rules: ReceptionRules? = nil
    ) throws -> Result<Verdict, Refused> {
        try (rules ?? self.rules()).judge(
            envelope(sender, recipients), from: origin(user: user), head: head, size: head.count, priority: priority)
    }

    // MARK: Routing

    struct Routed: Sendable {
        var header: String
        var sender: String?
        var lane: String
    }

    @Test(arguments: [
        Routed(header: "From: ann@contoso.com", sender: "ann@contoso.com", lane: "contoso ann@contoso.com"),
        // The header decides, whatever the envelope says.
        Routed(header: "From: ann@contoso.com", sender: "bob@fabrikam.com", lane: "contoso ann@contoso.com"),
        Routed(header: "From: ann@contoso.com", sender: "bob@stranger.org", lane: "contoso ann@contoso.com"),
        Routed(header: "From: ann@contoso.com", sender: nil, lane: "contoso ann@contoso.com"),
        Routed(header: "From: Ann <ANN@Contoso.COM>", sender: nil, lane: "contoso ann@contoso.com"),
        // Without a header From that can be read, the envelope does.
        Routed(header: "Subject: none", sender: "ann@contoso.com", lane: "contoso ann@contoso.com"),
        Routed(header: "From: <<>", sender: "ann@contoso.com", lane: "contoso ann@contoso.com"),
        Routed(header: "From:", sender: "bob@fabrikam.com", lane: "shared noreply@fabrikam.com"),
        Routed(header: "From: bob@fabrikam.com", sender: nil, lane: "shared noreply@fabrikam.com"),
        Routed(header: "From: boss@fabrikam.com", sender: nil, lane: "shared boss@fabrikam.com"),
    ])
    func theHeaderFromDecidesElseTheEnvelope(_ routed: Routed) throws {
        let verdict = try judge(mail(routed.header, ""), from: routed.sender).get()
        #expect("\(verdict.lane.route) \(verdict.lane.mailbox)" == routed.lane)
    }

    @Test(arguments: [
        ("From: x@stranger.org", "ann@contoso.com", "x@stranger.org"),
        ("Subject: none", "x@stranger.org", "x@stranger.org"), ("Subject: none", nil, "<>"),
    ])
    func withoutARouteNoMail(_ header: String, _ sender: String?, _ named: String) throws {
        guard case .failure(let refused) = try judge(mail(header, ""), from: sender) else {
            Issue.record("accepted")
            return
        }
        #expect(
            refused.reply
                == Reply(
                    550, .init(5, 7, 1), "No route takes mail from \(named); see routes in the configuration"))
    }

    private static let catchAll = """
        routes:
          - name: all
            senders: ["*"]
            graph: {tenant: t, client_id: c, client_secret: s}
        """

    /// The null sender of a bounce matches `*`, yet has no mailbox to be sent from.
    @Test func aMessageWithoutSenderNeedsAMailbox() throws {
        let verdict = try judge(mail("Subject: bounce", ""), from: nil, rules(Self.catchAll))
        guard case .failure(let refused) = verdict else {
            Issue.record("accepted")
            return
        }
        #expect(refused.reply.code == 550 && refused.reply.status == .init(5, 7, 1))
        #expect(refused.reply.text == "The message names no sender, and route all has no mailbox to send it through")
        let mended = try rules(Self.catchAll + "\n    mailbox: post@contoso.com")
        let bounce = try judge(mail("Subject: bounce", ""), from: nil, mended).get()
        #expect(bounce.lane == LaneKey(route: "all", mailbox: address("post@contoso.com")))
    }

    /// Reading serves routing; mail that cannot be read is mail all the same.
    @Test(arguments: [
        [], [0], [0x0D, 0x0A], Array(repeating: 0xFF, count: 300), Array("no header at all".utf8),
        Array(": nameless\r\n\r\nbody".utf8), Array("From ann Mon Jan 1\r\n>From : x\r\n".utf8),
        Array("Subject: =?utf-8?B?####?=\r\nFrom: \"unterminated\r\n\r\n".utf8),
    ])
    func unreadableMessagesGoByTheEnvelope(_ head: [UInt8]) throws {
        let verdict = try judge(head, from: "ann@contoso.com").get()
        #expect(verdict.lane == LaneKey(route: "contoso", mailbox: address("ann@contoso.com")))
    }

    // MARK: Users

    struct Sending: Sendable {
        var user: String?
        var header: String
        var isAllowed: Bool
    }

    @Test(arguments: [
        Sending(user: "reports", header: "reports@contoso.com", isAllowed: true),
        Sending(user: "reports", header: "REPORTS@CONTOSO.com", isAllowed: true),
        Sending(user: "reports", header: "any@sub.contoso.com", isAllowed: true),
        Sending(user: "reports", header: "boss@contoso.com", isAllowed: false),
        Sending(user: "reports", header: "any@contoso.com", isAllowed: false),
        Sending(user: "plain", header: "reports@contoso.com", isAllowed: false),
        // Whom a reload has taken away while the session goes on.
        Sending(user: "gone", header: "reports@contoso.com", isAllowed: false),
        Sending(user: nil, header: "boss@contoso.com", isAllowed: true),
    ])
    func aUserSendsAsItsOwnSendersOnly(_ sending: Sending) throws {
        let rules = try rules(
            Desk.users + "\n"
                + Desk.routes.replacing("\"*@contoso.com\"", with: "\"*@contoso.com\", \"*@*.contoso.com\""))
        #expect(rules.maySend(sending.user, as: address(sending.header)) == sending.isAllowed)
        let result = try judge(
            mail("From: \(sending.header)", ""), from: "reports@contoso.com", user: sending.user, rules)
        switch result {
        case .success: #expect(sending.isAllowed)
        case .failure(let refused):
            #expect(!sending.isAllowed)
            let name = try #require(sending.user)
            #expect(refused.reply.code == 550 && refused.reply.status == .init(5, 7, 1))
            #expect(refused.reply.text.hasSuffix("is not a sender of user \(name); see users in the configuration"))
        }
    }

    @Test(arguments: [
        // Every address of From and Sender is looked at.
        (["From: reports@contoso.com, boss@contoso.com"], false),
        (["From: reports@contoso.com, x@sub.contoso.com"], true),
        (["From: reports@contoso.com", "From: boss@contoso.com"], false),
        (["From: reports@contoso.com", "Sender: boss@contoso.com"], false),
        (["From: reports@contoso.com", "Sender: x@sub.contoso.com"], true),
        // What cannot be read could name anybody; what holds no address names nobody.
        (["From: reports@contoso.com, <boss@@contoso.com"], false), (["From: Reports"], true), (["Subject: x"], true),
    ])
    func everybodyWhomTheHeaderNamesMustBeTheUsers(_ fields: [String], _ isAllowed: Bool) throws {
        let head = Array((fields + ["", ""]).joined(separator: "\r\n").utf8)
        let result = try judge(head, from: "reports@contoso.com", user: "reports")
        #expect(result.isSuccess == isAllowed)
        let withoutLogin = try judge(head, from: "reports@contoso.com")
        #expect(withoutLogin.isSuccess, "the routes decide")
    }

    @Test func theNullSenderIsEverybodys() throws {
        let rules = try rules()
        #expect(rules.maySend("reports", as: nil))
        #expect(rules.maySend(nil, as: nil))
        #expect(!rules.maySend("gone", as: nil))
        #expect(try judge(mail("Subject: x", ""), from: "reports@contoso.com", user: "reports", rules).isSuccess)
    }

    // MARK: Priority

    struct Urgency: Sendable {
        var header: String?
        var user: String?
        var listener: Priority
        var priority: Priority
    }

    @Test(arguments: [
        Urgency(header: nil, user: nil, listener: .normal, priority: .normal),
        Urgency(header: nil, user: nil, listener: .high, priority: .high),
        Urgency(header: nil, user: "plain", listener: .high, priority: .high),
        Urgency(header: nil, user: "reports", listener: .high, priority: .bulk),
        Urgency(header: "high", user: "reports", listener: .normal, priority: .high),
        Urgency(header: "BULK", user: nil, listener: .high, priority: .bulk),
        Urgency(header: "urgent!", user: "reports", listener: .high, priority: .bulk),
    ])
    func theHeaderGoesBeforeTheUserBeforeTheListener(_ urgency: Urgency) throws {
        let sender = "\(urgency.user ?? "reports")@contoso.com"
        let fields = ["From: \(sender)"] + (urgency.header.map { ["X-Postern-Priority: \($0)"] } ?? [])
        let head = Array((fields + ["", ""]).joined(separator: "\r\n").utf8)
        let verdict = try judge(head, from: sender, user: urgency.user, priority: urgency.listener).get()
        #expect(verdict.priority == urgency.priority)
    }

    // MARK: Loops and splits

    @Test(arguments: [(0, true), (99, true), (100, true), (101, false), (150, false)])
    func mailInCirclesIsRefused(_ hops: Int, _ isAccepted: Bool) throws {
        let trace = String(repeating: "Received: from a by b; now\r\n", count: hops)
        let result = try judge(Array("\(trace)From: ann@contoso.com\r\n\r\n".utf8), from: nil)
        switch result {
        case .success: #expect(isAccepted)
        case .failure(let refused):
            #expect(!isAccepted)
            #expect(
                refused.reply == Reply(554, .init(5, 4, 6), "Mail loop: the message has passed \(hops) servers"))
            #expect(refused.description == refused.reply.description)
        }
    }

    @Test(arguments: [(1, [1]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1]), (9, [3, 3, 3])])
    func manyRecipientsBecomeSeveralEnvelopes(_ recipients: Int, _ sizes: [Int]) throws {
        let verdict = try judge(mail("From: ann@contoso.com", ""), from: nil, recipients: recipients).get()
        #expect(verdict.envelopes.map(\.recipients.count) == sizes)
        #expect(verdict.envelopes.flatMap(\.recipients) == addresses(recipients))
    }

    @Test func aRouteThatIsGoneSplitsNothing() throws {
        let many = Envelope(sender: nil, recipients: addresses(600))
        #expect(try rules().split(many, route: "gone").count == 1)
        #expect(try rules().split(many, route: "shared").map(\.recipients.count) == [500, 100])
    }

    // MARK: The submission

    @Test func aSubmissionSaysAllThatIsKnown() throws {
        let head = mail(
            "From: =?utf-8?Q?J=C3=BCrgen?= <ann@contoso.com>", "Subject: =?utf-8?B?w4RyZ2Vy?=", "Message-ID: <1@x>", "")
        let verdict = try judge(head, from: "ann@contoso.com", recipients: 4, user: nil).get()
        let submission = verdict.submission(from: origin(user: "u"), body: .bytes(head))
        #expect(submission.queueID == QueueID(rawValue: "q1") && submission.createdDate == noon)
        #expect(submission.route == "contoso" && submission.mailbox == address("ann@contoso.com"))
        #expect(submission.headerFrom == "Jürgen <ann@contoso.com>" && submission.subject == "Ärger")
        #expect(submission.messageID == "<1@x>" && submission.client == "192.0.2.7" && submission.user == "u")
        #expect(submission.envelopes.count == 2 && submission.body.size == head.count)
        #expect(text(submission.received).hasPrefix("Received: by relay.test with ESMTP id q1;"))
    }

    @Test(arguments: ["Subject: none", "Message-ID:", "Message-ID:  \t"])
    func aMissingMessageIDIsMadeOfTheQueueID(_ field: String) throws {
        let verdict = try judge(mail("From: ann@contoso.com", field, ""), from: nil).get()
        #expect(verdict.submission(from: origin(), body: .bytes([])).messageID == "<q1@relay.test>")
    }
}

extension Result {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}
