import DeliveryPolicy
import GraphProtocol
import MIME
import MailModel
import Testing

@testable import EmailLog
@testable import Postern

/// Attempts over a socket, against a Microsoft that answers as each test says.
@Suite(.timeLimit(.minutes(5))) struct GraphDeliveryTests {
    private let eve = address("eve@example.org")
    private let message = mail("From: ann@contoso.com", "To: eve@example.org", "", "Hello", ".", "")

    private func deliver(
        _ bytes: [UInt8]? = nil, to recipients: [Address]? = nil, answering script: @escaping ScriptedMicrosoft.Script,
        check: (Delivery, ScriptedMicrosoft) throws -> Void
    ) async throws {
        try await ScriptedMicrosoft.serve(script) { microsoft in
            let delivery = try await graphPath(microsoft).deliver(
                claimed(to: recipients ?? [eve]), body: MessageBody(bytes: bytes ?? message))
            try check(delivery, microsoft)
        }
    }

    @Test func anAcceptedMessageHasAReceiptAndACost() async throws {
        try await deliver(answering: ScriptedMicrosoft.friendly) { delivery, microsoft in
            #expect(delivery.outcome == acceptance && delivery.isAttempt)
            let sent = try #require(microsoft.mailCalls.first?.message)
            #expect(delivery.cost == .init(requests: 1, recipients: 1, bytes: sent.count))
        }
    }

    @Test func theRequestIsGraphs() async throws {
        try await deliver(answering: ScriptedMicrosoft.friendly) { _, microsoft in
            let call = try #require(microsoft.mailCalls.first)
            #expect(call.method == "POST" && call.path == "/v1.0/users/ann@contoso.com/sendMail")
            #expect(call.header("authorization") == "Bearer token-1" && call.header("content-type") == "text/plain")
            #expect(call.header("content-length") == "\(call.body.count)")
            #expect(call.count(of: "content-length") == 1 && call.header("user-agent") == "Postern")
            let trace = try #require(call.header("client-request-id"))
            #expect(trace.count == 36 && trace == trace.lowercased())
        }
    }

    private static let bodies: [[UInt8]] = [
        [], Array("x".utf8), Array("xy".utf8), Array("xyz".utf8), Array(0...255), Array("\r\n.\r\n..\r\n".utf8),
        (0..<100_001).map { UInt8(truncatingIfNeeded: $0 &* 7) },
    ]

    @Test(arguments: bodies.indices)
    func theBodyArrivesByteForByte(_ index: Int) async throws {
        let head = mail("From: ann@contoso.com", "To: eve@example.org", "")
        try await deliver(head + Self.bodies[index], answering: ScriptedMicrosoft.friendly) { _, microsoft in
            let sent = try #require(microsoft.mailCalls.first?.message)
            let block = HeaderBlock(parsing: sent)
            #expect(Array(sent[block.bodyOffset...]) == Self.bodies[index])
            #expect(block.fields.first?.isNamed("Received") == true && block.fields[1].isNamed("X-Postern-Id"))
        }
    }

    @Test func aSpooledBodyIsStreamedFromItsFile() async throws {
        let content = (0..<900_000).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 7) }
        let bytes = mail("From: ann@contoso.com", "To: eve@example.org", "") + content
        try await ScriptedMicrosoft.serve { microsoft in
            let body = try await OutgoingMessageTests.spooled(bytes)
            let delivery = try await graphPath(microsoft).deliver(claimed(to: [eve]), body: body)
            #expect(delivery.outcome == acceptance)
            let sent = try #require(microsoft.mailCalls.first?.message)
            #expect(sent.suffix(content.count).elementsEqual(content))
            #expect(delivery.cost?.bytes == sent.count)
        }
    }

    // MARK: 401

    @Test func aRefusedTokenIsRenewedOnce() async throws {
        try await deliver { call, number in
            call.isToken
                ? ScriptedMicrosoft.token("token-\(number)")
                : number == 1
                    ? ScriptedMicrosoft.graphError(401, "InvalidAuthenticationToken") : ScriptedMicrosoft.accepted
        } check: { delivery, microsoft in
            #expect(delivery.outcome == acceptance && delivery.isAttempt)
            #expect(microsoft.tokenCalls.count == 2)
            let tokens = microsoft.mailCalls.map { $0.header("authorization") }
            #expect(tokens == ["Bearer token-1", "Bearer token-2"])
            #expect(microsoft.mailCalls[0].body == microsoft.mailCalls[1].body, "the body begins anew")
        }
    }

    /// A role is in the token: one that was issued before it was granted is of no use, and lives for an hour.
    @Test func aMissingPermissionIsAskedForWithANewTokenLater() async throws {
        try await ScriptedMicrosoft.serve { call, number in
            if call.isToken { return ScriptedMicrosoft.token("token-\(number)") }
            let isOld = call.header("authorization") == "Bearer token-1"
            return isOld ? ScriptedMicrosoft.graphError(403, "ErrorAccessDenied") : ScriptedMicrosoft.accepted
        } _: { microsoft in
            let clock = ManualClock()
            let path = try graphPath(microsoft, clock: clock)
            let early = await path.deliver(claimed(to: [eve]), body: MessageBody(bytes: message))
            #expect(early.outcome.refusal?.code == "ErrorAccessDenied" && microsoft.tokenCalls.count == 1)
            clock.advance(.seconds(60))
            let later = await path.deliver(claimed(to: [eve]), body: MessageBody(bytes: message))
            #expect(later.outcome == acceptance && microsoft.tokenCalls.count == 2 && microsoft.mailCalls.count == 3)
        }
    }

    /// Nor is a token endpoint in trouble a reason to forget what Graph said.
    @Test func aMissingPermissionStaysOneWithoutANewToken() async throws {
        try await ScriptedMicrosoft.serve { call, number in
            guard call.isToken else { return ScriptedMicrosoft.graphError(403, "ErrorAccessDenied") }
            return number == 1 ? ScriptedMicrosoft.token("token-1") : .status(503)
        } _: { microsoft in
            let clock = ManualClock()
            let path = try graphPath(microsoft, clock: clock)
            _ = await path.deliver(claimed(to: [eve]), body: MessageBody(bytes: message))
            clock.advance(.seconds(60))
            let later = await path.deliver(claimed(to: [eve]), body: MessageBody(bytes: message))
            #expect(later.outcome.refusal?.code == "ErrorAccessDenied" && later.isAttempt)
        }
    }

    @Test func aSecondRefusalIsTheRoutesTrouble() async throws {
        try await ScriptedMicrosoft.serve { call, number in
            call.isToken
                ? ScriptedMicrosoft.token("token-\(number)")
                : ScriptedMicrosoft.graphError(401, "InvalidAuthenticationToken")
        } _: { microsoft in
            let path = try graphPath(microsoft)
            let first = await path.deliver(claimed(to: [eve]), body: MessageBody(bytes: message))
            #expect(first.outcome.refusal?.scope == .route && first.outcome.refusal?.cause == .unauthorized)
            #expect(first.outcome.word == "deferred" && first.outcome.refusal?.status == 401)
            #expect(first.isAttempt && first.cost != nil)
            #expect(microsoft.mailCalls.count == 2 && microsoft.tokenCalls.count == 2)
            // From now on nothing is sent and no token is asked for.
            let second = await path.deliver(claimed("q2", to: [eve]), body: MessageBody(bytes: message))
            #expect(!second.isAttempt && second.outcome.refusal?.cause == .unauthorized)
            #expect(microsoft.mailCalls.count == 2 && microsoft.tokenCalls.count == 2)
        }
    }

    // MARK: No token

    struct Tokenless: Sendable {
        var answer: ScriptedMicrosoft.Answer
        var cause: Refusal.Cause
        var wait: Duration?
        /// What to do about it is in the text.
        var advice: String
    }

    @Test(arguments: [
        Tokenless(
            answer: ScriptedMicrosoft.refusedToken(7_000_222), cause: .unauthorized,
            advice: "no. The client secret has expired."),
        Tokenless(
            answer: .status(503, ["Retry-After": "9"]), cause: .unavailable, wait: .seconds(9),
            advice: "tried again by itself"),
        Tokenless(
            answer: .status(200, [:], "<html><title>Portal</title>"), cause: .unavailable, advice: "`login_endpoint`"),
        Tokenless(answer: .hangUp, cause: .unavailable, advice: "Check DNS"),
    ])
    func withoutATokenNothingIsAttempted(_ tokenless: Tokenless) async throws {
        try await deliver { _, _ in
            tokenless.answer
        } check: { delivery, microsoft in
            #expect(!delivery.isAttempt && delivery.cost == nil && microsoft.mailCalls.isEmpty)
            guard case .deferred(let refusal, let retryAfter) = delivery.outcome else {
                Issue.record("\(delivery.outcome)")
                return
            }
            #expect(refusal.scope == .route && refusal.cause == tokenless.cause)
            #expect(retryAfter == tokenless.wait)
            #expect(refusal.text.contains(tokenless.advice), "\(refusal.text)")
        }
    }

    // MARK: Other answers

    struct Judged: Sendable {
        var answer: ScriptedMicrosoft.Answer
        var word: String
        var scope: Refusal.Scope
        var code: String?
    }

    @Test(arguments: [
        Judged(
            answer: ScriptedMicrosoft.graphError(429, "ApplicationThrottled", ["Retry-After": "11"]), word: "throttled",
            scope: .mailbox, code: "ApplicationThrottled"),
        Judged(
            answer: ScriptedMicrosoft.graphError(400, "ErrorInvalidRecipients"), word: "rejected", scope: .message,
            code: "ErrorInvalidRecipients"),
        Judged(
            answer: ScriptedMicrosoft.graphError(403, "ErrorAccessDenied"), word: "deferred", scope: .mailbox,
            code: "ErrorAccessDenied"),
        Judged(answer: .status(504), word: "unknown", scope: .route, code: nil),
        Judged(answer: .status(200), word: "unknown", scope: .message, code: nil),
        Judged(answer: .hangUp, word: "unknown", scope: .route, code: nil),
    ])
    func answersAreJudgedAndPaidFor(_ judged: Judged) async throws {
        try await deliver { call, number in
            call.isToken ? ScriptedMicrosoft.token("token-\(number)") : judged.answer
        } check: { delivery, microsoft in
            #expect(delivery.outcome.word == judged.word, "\(delivery.outcome)")
            #expect(delivery.outcome.refusal?.scope == judged.scope && delivery.outcome.refusal?.code == judged.code)
            #expect(delivery.isAttempt && delivery.cost != nil)
            #expect(microsoft.mailCalls.count == 1, "never repeated in place")
        }
    }

    @Test func theWaitThatIsAskedForIsHandedOn() async throws {
        try await deliver { call, _ in
            call.isToken
                ? ScriptedMicrosoft.token("t")
                : ScriptedMicrosoft.graphError(429, "TooManyRequests", ["Retry-After": "11"])
        } check: { delivery, _ in
            guard case .deferred(_, let wait) = delivery.outcome else { return }
            #expect(wait == .seconds(11))
        }
    }

    @Test func whereNobodyIsReachedNothingIsSpent() async throws {
        try await ScriptedMicrosoft.serve { microsoft in
            var elsewhere = makeGraph(microsoft)
            elsewhere.graphEndpoint = "http://127.0.0.1:1"
            let path = GraphPath(
                application: Application(elsewhere), tokens: try tokenSource(microsoft),
                wire: try graphPath(microsoft).wire, policy: .init(), hostname: "relay.test",
                clocks: ManualClock().clocks)
            let delivery = await path.deliver(claimed(to: [eve]), body: MessageBody(bytes: message))
            #expect(delivery.isAttempt && delivery.cost == nil)
            #expect(delivery.outcome.word == "deferred" && delivery.outcome.refusal?.scope == .route)
        }
    }

    @Test func whatCannotBeSentIsNotSent() async throws {
        let strangers = mail("From: ann@contoso.com", "To: other@example.org", "", "x")
        try await deliver(strangers, answering: ScriptedMicrosoft.friendly) { delivery, microsoft in
            #expect(delivery.outcome.word == "rejected" && delivery.isAttempt && delivery.cost == nil)
            #expect(microsoft.mailCalls.isEmpty && microsoft.tokenCalls.isEmpty)
        }
    }
}
