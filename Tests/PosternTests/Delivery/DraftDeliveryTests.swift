import DeliveryPolicy
import MailModel
import NIOConcurrencyHelpers
import Testing

@testable import EmailLog
@testable import GraphProtocol
@testable import Postern

/// A large message through Graph: what is asked for, in which order, and what is left where it goes wrong.
@Suite struct DraftDeliveryTests {
    /// Drafts and upload sessions of one mailbox.
    final class Host: Sendable {
        private struct State {
            var calls: [String] = []
            var troubles: [String: [ScriptedMicrosoft.Answer]] = [:]
            var attachments: [Int] = []
            var received: [Int] = []
            var withBearer = 0
            var endpoint = ""
        }

        private let state = NIOLockedValueBox(State())

        var calls: [String] { state.withLockedValue { $0.calls } }
        /// Octets of those that came by upload.
        var uploaded: [Int] { state.withLockedValue { $0.attachments } }
        /// Uploads that showed a token.
        var withBearer: Int { state.withLockedValue { $0.withBearer } }

        /// The next calls of that kind are answered so, and nothing is done.
        func fail(_ call: String, _ answers: ScriptedMicrosoft.Answer...) {
            state.withLockedValue { $0.troubles[call, default: []] += answers }
        }
        func listen(at endpoint: String) { state.withLockedValue { $0.endpoint = endpoint } }

        var script: ScriptedMicrosoft.Script {
            { call, number in
                if call.isToken { return ScriptedMicrosoft.token("token-\(number)") }
                return self.state.withLockedValue { Self.answer(call, &$0) }
            }
        }

        private static func answer(_ call: ScriptedMicrosoft.Call, _ state: inout State) -> ScriptedMicrosoft.Answer {
            let path = call.path.split(separator: "?")[0]
            let kind =
                switch (call.method, path.split(separator: "/").last ?? "") {
                case ("POST", "messages"): "create"
                case ("POST", "attachments"): "attach"
                case ("POST", "createUploadSession"): "session"
                case ("POST", "send"): "send"
                case ("PUT", _): "put"
                case ("DELETE", _): "delete"
                default: "ask"
                }
            state.calls.append(kind)
            if kind == "put", call.header("Authorization") != nil { state.withBearer += 1 }
            if let trouble = state.troubles[kind]?.first {
                state.troubles[kind]?.removeFirst()
                return trouble
            }
            return perform(kind, call, &state)
        }

        private static func perform(
            _ kind: String, _ call: ScriptedMicrosoft.Call, _ state: inout State
        ) -> ScriptedMicrosoft.Answer {
            switch kind {
            case "create": return .status(201, [:], #"{"id":"d1","isDraft":true}"#)
            case "attach": return .status(201, [:], "{}")
            case "session":
                state.received.append(0)
                let url = "\(state.endpoint)/upload/\(state.received.count - 1)?authtoken=secret"
                return .status(201, [:], #"{"uploadUrl":"\#(url)","nextExpectedRanges":["0-"]}"#)
            case "put": return put(call, &state)
            case "ask": return .status(200, [:], #"{"NextExpectedRanges":["\#(state.received.last ?? 0)"]}"#)
            case "delete": return .status(204)
            default: return ScriptedMicrosoft.accepted
            }
        }

        private static func put(_ call: ScriptedMicrosoft.Call, _ state: inout State) -> ScriptedMicrosoft.Answer {
            let numbers = (call.header("Content-Range") ?? "").split { !$0.isNumber }.compactMap { Int($0) }
            let last = state.received.count - 1
            guard numbers.count == 3, numbers[0] == state.received[last], call.body.count == numbers[1] + 1 - numbers[0]
            else { return .status(416) }
            state.received[last] = numbers[1] + 1
            guard state.received[last] == numbers[2] else {
                return .status(200, [:], #"{"NextExpectedRanges":["\#(state.received[last])"]}"#)
            }
            state.attachments.append(numbers[2])
            return .status(201)
        }
    }

    private static let size = 3_500_000

    private static func message(_ sizes: [Int] = [size, 10]) -> [UInt8] {
        let head = mail(
            "From: ann@contoso.com", "To: eve@example.org", "Message-ID: <1@contoso.com>",
            "Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: text/plain", "", "hello")
        let parts = sizes.flatMap { size in
            mail("--b", "Content-Type: application/pdf; name=a.pdf", "Content-Transfer-Encoding: 8bit", "")
                + [UInt8](repeating: 0x55, count: size) + mail("")
        }
        return head + parts + mail("--b--")
    }

    private func deliver(
        _ host: Host = Host(), _ bytes: [UInt8] = message(), draft: RememberedDraft? = nil
    ) async throws -> (Delivery, [String]) {
        let kept = NIOLockedValueBox<[String]>([])
        let delivery = try await ScriptedMicrosoft.serve(host.script) { microsoft in
            host.listen(at: microsoft.endpoint)
            let path = try graphPath(microsoft, policy: .init(mimeLimit: 1000, large: .upload))
            var message = claimed(to: [address("eve@example.org")])
            (message.draft, message.size) = (draft, bytes.count)
            let memory = AttemptMemory { id async throws(EmailLogError) in kept.withLockedValue { $0.append(id) } }
            return await path.deliver(message, body: MessageBody(bytes: bytes), memory: memory)
        }
        return (delivery, kept.withLockedValue { $0 })
    }

    @Test func bringsAllAndThenSends() async throws {
        let host = Host()
        let (delivery, kept) = try await deliver(host)
        #expect(host.calls == ["create", "session", "put", "put", "attach", "send"])
        #expect(host.uploaded == [Self.size] && host.withBearer == 0 && kept == ["d1"])
        #expect(delivery.outcome.word == "accepted" && delivery.draft == .used)
        #expect(delivery.note?.contains("2 attachments, 1 of them by upload session.") == true)
        #expect(delivery.cost?.requests == 6 && delivery.cost?.recipients == 1)
        // Octets that went out, as the raw message that would have taken as many in base 64.
        let bytes = try #require(delivery.cost?.bytes)
        #expect(bytes > Self.size * 3 / 4 && bytes < Self.size * 3 / 4 + 2000, "\(bytes)")
    }

    @Test func goesOnInABrokenRange() async throws {
        let host = Host()
        host.fail("put", .hangUp)
        let (delivery, _) = try await deliver(host)
        #expect(host.calls == ["create", "session", "put", "ask", "put", "put", "attach", "send"])
        #expect(delivery.outcome.word == "accepted" && host.uploaded == [Self.size])
    }

    @Test func replacesASessionThatIsGone() async throws {
        let host = Host()
        host.fail("put", .status(404))
        let (delivery, _) = try await deliver(host)
        #expect(host.calls == ["create", "session", "put", "session", "put", "put", "attach", "send"])
        #expect(delivery.outcome.word == "accepted" && host.uploaded == [Self.size])
    }

    static let failures: [(String, ScriptedMicrosoft.Answer, outcome: String, last: String, DraftTrace)] = [
        ("attach", ScriptedMicrosoft.graphError(400, "ErrorInvalidAttachment"), "rejected", "delete", .unchanged),
        ("attach", ScriptedMicrosoft.graphError(500, "ErrorInternalServerError"), "deferred", "delete", .unchanged),
        // Not a request more while Microsoft wants none.
        (
            "attach", ScriptedMicrosoft.graphError(429, "ApplicationThrottled", ["Retry-After": "9"]), "throttled",
            "attach", .lost
        ),
        (
            "put", ScriptedMicrosoft.graphError(429, "ApplicationThrottled", ["Retry-After": "9"]), "throttled", "put",
            .lost
        ),
        ("session", ScriptedMicrosoft.graphError(404, "ErrorItemNotFound"), "deferred", "delete", .unchanged),
        ("create", ScriptedMicrosoft.graphError(403, "ErrorAccessDenied"), "deferred", "create", .unchanged),
        ("create", ScriptedMicrosoft.graphError(504, "UnknownError"), "deferred", "create", .lost),
    ]

    @Test(arguments: failures.indices) func whatIsNotWholeIsNotSent(_ index: Int) async throws {
        let (call, answer, outcome, last, trace) = Self.failures[index]
        let host = Host()
        host.fail(call, answer)
        let (delivery, kept) = try await deliver(host)
        #expect(delivery.outcome.word == outcome && host.calls.last == last, "\(host.calls)")
        #expect(!host.calls.contains("send") && kept.isEmpty && delivery.draft == trace)
        #expect(delivery.cost?.recipients == 0, "no message was submitted")
    }

    @Test func withoutPermissionOnlyThisMessageWaits() async throws {
        let host = Host()
        host.fail("create", ScriptedMicrosoft.graphError(403, "ErrorAccessDenied"))
        let refusal = try await deliver(host).0.outcome.refusal
        #expect(refusal?.scope == .message && refusal?.cause == .unauthorized)
        #expect(refusal?.text.contains("Mail.ReadWrite") == true)
    }

    /// Where Microsoft's smallest upload is larger than the documents say.
    @Test func whatIsTooSmallForASessionGoesInPlace() async throws {
        let host = Host()
        host.fail("session", ScriptedMicrosoft.graphError(400, FileAttachment.tooSmallForSession))
        let (delivery, _) = try await deliver(host, Self.message([3_000_000]))
        #expect(host.calls == ["create", "session", "attach", "send"] && delivery.outcome.word == "accepted")
    }

    /// It was whole when it was written down.
    @Test func aDraftThatWasRememberedIsSentAsItIs() async throws {
        let host = Host()
        let (delivery, _) = try await deliver(host, draft: .named("d0"))
        #expect(host.calls == ["send"] && delivery.outcome.word == "accepted")
    }

    @Test func itNeverTakesMoreThanIsSetAside() async throws {
        let host = Host()
        for _ in 0..<50 { host.fail("put", .status(404)) }
        let (delivery, _) = try await deliver(host)
        #expect(delivery.outcome.word == "deferred" && host.calls.last == "delete")
        let allowance = UploadAllowance(size: Int64(Self.message().count))
        #expect(Int64(delivery.cost?.requests ?? 0) <= allowance.requests)
        #expect(Int64(Base64.encodedLength(of: delivery.cost?.bytes ?? 0)) <= allowance.octets)
    }
}
