import MailModel
import NIOConcurrencyHelpers
import NIOCore
import SMTPProtocol
import TLS

@testable import SMTPTransport

/// Answers as it is told, and remembers what it was asked.
final class RecordingHandler: SMTPServerHandler {
    struct Message: Hashable, Sendable {
        var envelope: Envelope
        var content: String
        var protocolName: String
        var user: String?
    }

    /// What each question is answered with; `nil` accepts.
    struct Answers: Sendable {
        var admission: Reply?
        var authentication: @Sendable (Credentials) -> Reply? = { _ in nil }
        var sender: Reply?
        var recipient: @Sendable (Address) -> Reply? = { _ in nil }
        var place: Reply?
        var write: SinkFailure?
        var verdict: Reply? = Reply(250, .init(2, 0, 0), "Ok: queued")
        /// Held up here until it is opened.
        var gate: Gate?
        /// Done to the connection before the final dot is answered.
        var hold: @Sendable (ConnectionLine) async -> Void = { _ in }
    }

    enum Event: Hashable, Sendable {
        case opened
        case began
        case wrote
        case finished
        case abandoned
        case closed(error: String?)
        case refused(Int)
    }

    let answers: Answers
    private let box = NIOLockedValueBox([Message]())
    private let endings = NIOLockedValueBox(0)
    private let contextBox = NIOLockedValueBox<SMTPContext?>(nil)
    private let stream: AsyncStream<Event>
    fileprivate let events: AsyncStream<Event>.Continuation

    init(_ answers: Answers = Answers()) {
        self.answers = answers
        (stream, events) = AsyncStream.makeStream()
    }

    var messages: [Message] { box.withLockedValue { $0 } }
    var dialoguesEnded: Int { endings.withLockedValue { $0 } }
    var lastContext: SMTPContext? { contextBox.withLockedValue { $0 } }

    /// Waits until something has happened, passing over other things.
    func wait(for wanted: Event) async { for await event in stream where event == wanted { return } }

    /// Waits for the end of a connection.
    func waitForEnd() async -> String? {
        for await event in stream {
            if case .closed(let error) = event { return error }
        }
        return nil
    }

    func admit(_ context: SMTPContext) async -> Reply? { answers.admission }

    func authenticate(_ credentials: Credentials, _ context: SMTPContext) async -> Reply? {
        answers.authentication(credentials)
    }

    func checkSender(_ sender: Address?, _ parameters: MailParameters, _ context: SMTPContext) async -> Reply? {
        contextBox.withLockedValue { $0 = context }
        return answers.sender
    }

    func checkRecipient(_ recipient: Address, _ context: SMTPContext) async -> Reply? { answers.recipient(recipient) }

    func beginBody(
        _ envelope: Envelope, _ parameters: MailParameters, _ context: SMTPContext
    ) async -> BodyPlace<RecordingSink> {
        if let refusal = answers.place { return .refused(refusal) }
        events.yield(.began)
        let message = Message(
            envelope: envelope, content: "", protocolName: context.protocolName, user: context.user)
        return .accepted(RecordingSink(handler: self, line: context.line, message: message))
    }

    func connectionOpened(_ context: SMTPContext) { events.yield(.opened) }

    func dialogueEnded(_ context: SMTPContext) { endings.withLockedValue { $0 += 1 } }

    func connectionClosed(_ context: SMTPContext, error: (any Error)?) {
        contextBox.withLockedValue { $0 = context }
        events.yield(.closed(error: error.map { "\($0)" }))
    }

    func connectionRefused(_ peer: PeerAddress, _ reply: Reply) { events.yield(.refused(reply.code)) }

    fileprivate func keep(_ message: Message) { box.withLockedValue { $0.append(message) } }
}

struct RecordingSink: SMTPMessageSink {
    let handler: RecordingHandler
    let line: ConnectionLine?
    var message: RecordingHandler.Message
    private var bytes: [UInt8] = []

    init(handler: RecordingHandler, line: ConnectionLine?, message: RecordingHandler.Message) {
        self.handler = handler
        self.line = line
        self.message = message
    }

    mutating func write(_ bytes: [UInt8]) async throws(SinkFailure) {
        handler.events.yield(.wrote)
        if let failure = handler.answers.write { throw failure }
        self.bytes.append(contentsOf: bytes)
    }

    mutating func finish() async -> Reply? {
        handler.events.yield(.finished)
        await handler.answers.gate?.pass()
        message.content = String(decoding: bytes, as: UTF8.self)
        let verdict = handler.answers.verdict
        if verdict?.isRefusal != true { handler.keep(message) }
        if let line { await handler.answers.hold(line) }
        return verdict
    }

    mutating func abandon() async { handler.events.yield(.abandoned) }
}

/// Holds up whoever passes until it is opened, once and for all.
final class Gate: Sendable {
    private let promise: EventLoopPromise<Void>

    init(on group: any EventLoopGroup) { promise = group.any().makePromise() }
    func open() { promise.succeed() }
    func pass() async { try? await promise.futureResult.get() }
}
