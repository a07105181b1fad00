import MailModel
import SMTPProtocol
import Testing

/// One message, one fate for each recipient.
@Suite struct SubmissionAnswerTests {
    private static let names = ["b", "c", "d", "e"]

    /// The replies to RCPT, in the order of the names; what was said last; the groups.
    typealias Case = (replies: [String], end: String, groups: [String])

    static let cases: [Case] = [
        (["250 ok", "250 ok", "250 ok", "250 ok"], ". 250 2.0.0 OK <i@d>", ["bcde: accepted"]),
        (
            ["250 ok", "550 5.1.1 No", "250 ok", "450 4.2.0 Later"], ". 250 ok",
            ["bd: accepted", "c: rejected recipient rejected", "e: deferred recipient unavailable"]
        ),
        (
            ["550 5.1.1 No", "250 ok", "550 5.1.1 No", "550 5.1.1 Gone"], ". 250 ok",
            ["bde: rejected recipient rejected", "c: accepted"]
        ),
        (
            ["250 ok", "452 4.5.3 Too many", "452 4.5.3 Too many", "452 4.5.3 Too many"], ". 250 ok",
            ["b: accepted", "cde: deferred recipient unavailable"]
        ),
        // All of them refused.
        (
            ["550 5.1.1 No", "550 5.1.1 No", "450 Later", "550 5.1.1 No"], "R 550 5.1.1 No",
            ["bce: rejected recipient rejected", "d: deferred recipient unavailable"]
        ),
        (
            ["432 4.3.2 sender thread limit exceeded", "550 5.1.1 No"], "R 432 4.3.2 sender thread limit exceeded",
            ["bde: deferred mailbox throttled", "c: rejected recipient rejected"]
        ),
        // The sender refused: the recipients were not listened to.
        ([], "M 550 5.7.60 Client does not have permissions", ["bcde: rejected message rejected"]),
        ([], "M 432 4.3.2 Concurrent connections limit exceeded.", ["bcde: deferred mailbox throttled"]),
        ([], "M 451 Later", ["bcde: deferred message unavailable"]),
        // The content refused: for those who were accepted.
        (["250 ok", "250 ok", "250 ok", "250 ok"], "D 451 Later", ["bcde: deferred message unavailable"]),
        (
            ["250 ok", "550 5.1.1 No", "250 ok", "450 Later"], "D 432 4.3.2 sender thread limit exceeded",
            ["bde: deferred mailbox throttled", "c: rejected recipient rejected"]
        ),
        (
            ["250 ok", "550 5.1.1 No", "450 Later", "250 ok"], ". 554 5.2.2 mailbox full",
            ["bde: deferred mailbox misconfigured", "c: rejected recipient rejected"]
        ),
        (
            ["250 ok", "450 Later", "250 ok", "250 ok"], ". 554 5.7.1 Spam",
            ["bde: rejected message rejected", "c: deferred recipient unavailable"]
        ),
        (
            ["250 ok", "250 ok", "250 ok", "250 ok"],
            ". 552 5.3.4 Message size exceeds fixed maximum message size", ["bcde: rejected message tooLarge"]
        ),
        // Never offered.
        ([], "L 1000", ["bcde: rejected message tooLarge"]),
        ([], "8", ["bcde: rejected message unrepresentable"]),
        // Who was not asked about cannot have been accepted.
        (["250 ok", "250 ok"], ". 250 ok", ["bc: accepted", "de: deferred recipient malfunction"]),
    ]

    private static func address(_ name: String) -> Address {
        guard let address = try? Address(parsing: "\(name)@x.test") else { preconditionFailure("not a name: \(name)") }
        return address
    }

    private static func conclusion(_ end: String) -> DeliveryReport.Conclusion {
        let rest = String(end.dropFirst(2))
        return switch end.first {
        case ".": reply(rest).isRefusal ? .refused(.message, reply(rest)) : .accepted(reply(rest))
        case "D": .refused(.data, reply(rest))
        case "M": .refused(.mail, reply(rest))
        case "R": .refused(.recipients, reply(rest))
        case "L": .tooLarge(limit: Int(rest) ?? 0)
        default: .needsUTF8
        }
    }

    @Test(arguments: cases)
    func groups(_ replies: [String], _ end: String, _ expected: [String]) {
        let envelope = Envelope(sender: nil, recipients: Self.names.map(Self.address))
        let said = zip(envelope.recipients, replies).map { DeliveryReport.RecipientReply($0, reply($1)) }
        let groups = SubmissionAnswer.read(DeliveryReport(Self.conclusion(end), recipients: said), for: envelope)
        let shown = groups.map { "\($0.recipients.map(\.localPart).joined()): \(word($0.outcome))" }
        #expect(shown == expected)
        #expect(groups.flatMap(\.recipients).sorted { $0.folded < $1.folded } == envelope.recipients)
    }

    static let sentences: [(DeliveryReport.Conclusion, [String])] = [
        (.tooLarge(limit: 1000), ["1000 octets", "Send less"]), (.needsUTF8, ["SMTPUTF8", "Use ASCII addresses"]),
    ]

    @Test(arguments: sentences)
    func whatToDoIsSaid(_ conclusion: DeliveryReport.Conclusion, _ words: [String]) {
        let groups = SubmissionAnswer.read(DeliveryReport(conclusion), for: .toTwo)
        let text = groups.first?.outcome.refusal?.text ?? ""
        for word in words { #expect(text.contains(word)) }
        #expect(groups.first?.outcome.refusal?.status == nil)
    }

    @Test func thousandsOfRecipientsStayInOrder() {
        let envelope = Envelope(sender: nil, recipients: (0..<3000).map { Self.address("u\($0)") })
        let said = envelope.recipients.enumerated().map { index, address in
            DeliveryReport.RecipientReply(address, reply(index % 3 == 0 ? "550 5.1.1 No" : "250 ok"))
        }
        let groups = SubmissionAnswer.read(DeliveryReport(.accepted(reply("250 ok")), recipients: said), for: envelope)
        #expect(groups.map(\.recipients.count) == [1000, 2000])
        #expect(groups[1].recipients == envelope.recipients.enumerated().filter { $0.offset % 3 != 0 }.map(\.element))
    }
}

/// The id in the server's 250.
@Suite struct ReceiptTests {
    static let ids: [(String, String?)] = [
        (
            "250 2.0.0 OK <AM0@AM0.eurprd01.prod.outlook.com> [Hostname=AM0.eurprd01.prod.outlook.com]",
            "<AM0@AM0.eurprd01.prod.outlook.com>"
        ),
        ("250 2.6.0 <x@y.test> [InternalId=1, Hostname=h] Queued mail for delivery", "<x@y.test>"),
        ("250 2.0.0 Ok: queued as 4XYZabc", "4XYZabc"),
        ("250 2.0.0 Ok: queued as 01KAD.", "01KAD"),
        ("250 OK id=1abcDE-0001-Xy", "1abcDE-0001-Xy"),
        ("250 2.0.0 abc123 Message accepted for delivery", "abc123"),
        ("250 Message accepted for delivery", nil),
        ("250 2.0.0 Ok: queued as", nil),
        ("250 2.0.0 Ok: queued as .", nil),
        ("250 ok 1700000000 qp 12345", nil),
        ("250 ok <>", nil),
        ("250", nil),
    ]

    @Test(arguments: ids)
    func id(_ line: String, _ id: String?) {
        let said = reply(line)
        let report = DeliveryReport(
            .accepted(said), recipients: Envelope.toTwo.recipients.map { .init($0, reply("250 ok")) })
        let groups = SubmissionAnswer.read(report, for: .toTwo)
        let receipt = Receipt(status: 250, requestID: id, text: said.text)
        #expect(groups == [.init(recipients: Envelope.toTwo.recipients, outcome: .accepted(receipt))])
    }
}
