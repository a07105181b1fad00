import DeliveryPolicy
import HTTPTransport
import MIME
import MailModel
import Testing

@testable import EmailLog
@testable import Postern

/// What Microsoft is given: a header that says what the envelope says, and below it the message as it came.
@Suite struct GraphPathTests {
    private let eve = address("eve@example.org")
    private let zoe = address("zoe@example.org")

    private func prepare(
        _ message: QueuedMessage, _ bytes: [UInt8], policy: SendPlan.Policy = SendPlan.Policy()
    ) throws -> Result<OutgoingMessage, GraphPath.Unsendable> {
        try graphPath(policy: policy).prepare(message, MessageBody(bytes: bytes)).map(\.mime)
    }

    private func refusal(_ result: Result<OutgoingMessage, GraphPath.Unsendable>) -> Refusal? {
        guard case .failure(let problem) = result, case .rejected(let refusal) = problem.delivery.outcome else {
            return nil
        }
        return refusal
    }

    private static let complete = mail(
        "Date: Sat, 21 Nov 2026 11:59:00 +0000", "From: Ann <ann@contoso.com>", "To: eve@example.org",
        "Message-ID: <1@contoso.com>", "Subject: odd   blanks", "X-Mine:kept ", "", "Body")

    // MARK: The header

    @Test func twoFieldsStandOnTop() throws {
        let outgoing = try prepare(claimed(to: [eve]), Self.complete).get()
        let block = HeaderBlock(parsing: Self.complete)
        let expected =
            "Received: by relay.test\r\nX-Postern-Id: q1\r\n" + text(Array(Self.complete[..<block.bodyOffset]))
        #expect(text(outgoing.header) == expected)
        #expect(outgoing.bodyOffset == block.bodyOffset)
    }

    @Test func whoIsOnlyInTheEnvelopeIsBlindlyCopied() throws {
        let outgoing = try prepare(claimed(to: [eve, zoe]), Self.complete).get()
        #expect(text(outgoing.header).contains("\r\nBcc: zoe@example.org\r\n"))
    }

    @Test func anEarlierBccIsReplaced() throws {
        let bytes = mail("From: ann@contoso.com", "To: eve@example.org", "Bcc: old@example.org", "", "Body")
        let header = text(try prepare(claimed(to: [eve, zoe]), bytes).get().header)
        #expect(header.contains("Bcc: zoe@example.org\r\n") && !header.contains("old@"))
    }

    @Test func whatIsMissingIsAddedAndStaysTheSame() throws {
        let bytes = mail("To: eve@example.org", "", "Body")
        let header = text(try prepare(claimed(to: [eve]), bytes).get().header)
        #expect(header.contains("\r\nMessage-ID: <stored@contoso.com>\r\n"))
        #expect(header.contains("\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\n"))
        #expect(header.contains("\r\nFrom: ann@contoso.com\r\n"))
        // A later attempt, by a clock that has gone on and under another name of this host.
        let clock = ManualClock(at: after(5000))
        let path = GraphPath(
            application: Application(makeGraph()), tokens: try tokenSource(), wire: try graphPath().wire,
            policy: SendPlan.Policy(), hostname: "other.test", clocks: clock.clocks)
        var again = claimed(to: [eve])
        (again.attempts, again.retries) = (3, 3)
        #expect(text(try path.prepare(again, MessageBody(bytes: bytes)).get().mime.header) == header)
    }

    @Test(arguments: [
        (ann as Address?, "ann@contoso.com", nil as String?, "<q1@relay.test>"),
        (bob, "bob@contoso.com", "<x@y>", "<x@y>"), (nil, "ann@contoso.com", "<x@y>", "<x@y>"),
    ])
    func missingFieldsComeFromTheRow(_ sender: Address?, _ from: String, _ stored: String?, _ messageID: String) {
        let values = MissingFields.values(for: claimed(sender: sender, messageID: stored), host: "relay.test")
        #expect(values.from == address(from) && values.messageID == messageID && values.date == noon)
    }

    // MARK: What the envelope does not say

    private static let strangers = mail(
        "From: ann@contoso.com", "To: Eve <eve@example.org>, other@example.org", "Cc: third@example.org", "", "Body")

    @Test(arguments: [SendPlan.Unrepresentable.fallback, .refuse])
    func peopleOutsideTheEnvelopeStopAMessage(_ policy: SendPlan.Unrepresentable) throws {
        let refusal = refusal(
            try prepare(claimed(to: [eve]), Self.strangers, policy: .init(unrepresentable: policy)))
        #expect(refusal?.scope == .message && refusal?.cause == .unrepresentable && refusal?.status == nil)
        #expect(refusal?.text.hasPrefix("A To, Cc or Bcc header names people who are not in the envelope") == true)
        #expect(refusal?.text.contains("unrepresentable: re") == true, "it names the setting")
    }

    @Test func rewritingReducesTheHeader() throws {
        let outgoing = try prepare(
            claimed(to: [eve]), Self.strangers, policy: .init(unrepresentable: .rewrite)
        ).get()
        let header = HeaderBlock(parsing: outgoing.header)
        #expect(header.first(named: "To")?.value == "Eve <eve@example.org>")
        #expect(header.first(named: "Cc") == nil)
        #expect(header.first(named: "X-Original-To")?.value == "Eve <eve@example.org>, other@example.org")
        #expect(header.first(named: "X-Original-Cc")?.value == "third@example.org")
    }

    /// The other parts' people are in the header of each part.
    @Test(arguments: ["q1-2", "q1-3"])
    func partsOfASplitMessageAreRewrittenWhateverThePolicy(_ id: String) throws {
        let outgoing = try prepare(claimed(id, to: [eve]), Self.strangers, policy: .init(unrepresentable: .refuse))
            .get()
        #expect(HeaderBlock(parsing: outgoing.header).first(named: "To")?.value == "Eve <eve@example.org>")
        #expect(text(outgoing.header).contains("X-Postern-Id: \(id)\r\n"))
    }

    @Test(arguments: [(0, true), (2_200_000, true), (2_200_001, false), (5_000_000, false)])
    func whatOneRequestCannotCarryIsTooLarge(_ size: Int, _ isSent: Bool) throws {
        let head = mail("From: ann@contoso.com", "To: eve@example.org", "")
        let bytes = head + Array(repeating: UInt8(ascii: "x"), count: max(0, size - head.count))
        let result = try prepare(claimed(to: [eve]), bytes, policy: .init(large: .smtp))
        #expect(refusal(result)?.cause == (isSent ? nil : .tooLarge))
        #expect(refusal(result)?.text.contains("`mime_limit`") == (isSent ? nil : true))
    }

    @Test func moreRecipientsThanAllowedAreRefused() throws {
        let result = try prepare(claimed(to: addresses(4)), Self.complete, policy: .init(recipientsPerMessage: 3))
        #expect(refusal(result)?.text.contains("`recipients_per_message`") == true)
    }

    // MARK: Odd messages

    @Test(arguments: [[], Array("no header".utf8), [0xFF, 0x00, 0x0A], Array("Subject: no end".utf8)])
    func anyMessageGetsAHeader(_ bytes: [UInt8]) throws {
        let outgoing = try prepare(claimed(to: [eve]), bytes).get()
        let header = text(outgoing.header)
        #expect(header.hasPrefix("Received: ") && header.hasSuffix("\r\n\r\n") && header.contains("\r\nBcc: eve@"))
        #expect(outgoing.size == outgoing.header.count + bytes.count - outgoing.bodyOffset)
    }

    /// The header is read further until it ends.
    @Test func aHeaderMayBeLongerThanThePiecesItIsReadIn() async throws {
        let long = (0..<4000).map { "X-Field-\($0): \(String(repeating: "v", count: 60))\r\n" }.joined()
        let bytes = Array("From: ann@contoso.com\r\nTo: eve@example.org\r\n\(long)\r\nBody\r\n".utf8)
        let body = try await OutgoingMessageTests.spooled(bytes)
        let outgoing = try graphPath(policy: .init(mimeLimit: 1 << 30)).prepare(claimed(to: [eve]), body).get().mime
        #expect(outgoing.bodyOffset == bytes.count - 6)
        #expect(text(outgoing.header).contains("X-Field-3999: v"))
    }

    @Test func aStoreInTroubleIsNoFaultOfTheMessages() {
        let broken = Delivery(unreadable: .inputOutput("sector 7"))
        guard case .deferred(let refusal, nil) = broken.outcome else {
            Issue.record("\(broken.outcome)")
            return
        }
        #expect(!broken.isAttempt && broken.cost == nil)
        #expect(refusal.scope == .message && refusal.cause == .unavailable)
        #expect(refusal.text.hasPrefix("The message cannot be read from the store: the disk failed (sector 7)"))
    }

    @Test(arguments: [
        EmailLogError.bodyMissing(QueueID(rawValue: "q")), .bodyDamaged(QueueID(rawValue: "q")),
        .noSuchMessage(QueueID(rawValue: "q")),
    ])
    func aBodyThatIsGoneFailsItsMessage(_ error: EmailLogError) {
        let delivery = Delivery(unreadable: error)
        guard case .rejected(let refusal) = delivery.outcome else {
            Issue.record("\(delivery.outcome)")
            return
        }
        #expect(delivery.isAttempt && delivery.cost == nil && refusal.cause == .malfunction)
    }
}

extension GraphForm {
    /// Of a message that one request carries.
    var mime: OutgoingMessage {
        guard case .mime(let outgoing) = self else { preconditionFailure("it goes as a draft") }
        return outgoing
    }
}
