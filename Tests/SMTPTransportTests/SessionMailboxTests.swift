import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@testable import SMTPTransport

@Suite struct SessionMailboxTests {
    @Test func whatCameBeforeTheQuestionIsKeptInOrder() async throws {
        let (channel, session) = try await makeSession()
        for text in ["a", "b"] { try await channel.writeInbound(SessionEvent.received(ByteBuffer(string: text))) }
        try await channel.writeInbound(SessionEvent.drain)
        #expect(await [session.next(), session.next(), session.next()] == ["a", "b", "(drain)"])
    }

    @Test func whatComesLaterIsAwaited() async throws {
        let (channel, session) = try await makeSession()
        let answer = session.ask()
        try await channel.writeInbound(SessionEvent.idle)
        #expect(await session.settle(answer) == "(idle)")
    }

    @Test func theLastWordsComeBeforeTheEnd() async throws {
        let (channel, session) = try await makeSession()
        try await channel.writeInbound(SessionEvent.received(ByteBuffer(string: "QUIT")))
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        channel.pipeline.fireErrorCaught(Broken())
        #expect(await [session.next(), session.next(), session.next()] == ["QUIT", "(end)", "(end)"])
    }

    @Test func theErrorComesBehindTheLastWords() async throws {
        let (channel, session) = try await makeSession()
        try await channel.writeInbound(SessionEvent.received(ByteBuffer(string: "DATA")))
        channel.pipeline.fireErrorCaught(Broken())
        #expect(await [session.next(), session.next()] == ["DATA", "(broken)"])
    }

    @Test(arguments: [(true, "(end)"), (false, "(broken)")])
    func whoeverWaitsHearsOfTheEnd(_ isClosed: Bool, _ word: String) async throws {
        let (channel, session) = try await makeSession()
        let answer = session.ask()
        if isClosed { try await channel.close() } else { channel.pipeline.fireErrorCaught(Broken()) }
        #expect(await session.settle(answer) == word)
    }

    @Test func nothingIsReadWhileEventsLieHere() async throws {
        let (channel, session) = try await makeSession()
        let before = session.reads
        try await channel.writeInbound(SessionEvent.idle)
        channel.read()
        await channel.testingEventLoop.run()
        #expect(session.reads == before)
        _ = await session.next()
        #expect(session.reads == before + 1)
        channel.read()
        await channel.testingEventLoop.run()
        #expect(session.reads == before + 2)
    }

    @Test func whatIsSaidGoesOut() async throws {
        let (channel, session) = try await makeSession()
        #expect(await session.settle(session.send("250 Ok")) == "sent")
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "250 Ok"))
    }

    @Test func aFullChannelIsWaitedFor() async throws {
        let (channel, session) = try await makeSession()
        channel.isWritable = false
        let sending = session.send("250 Ok")
        channel.pipeline.fireChannelWritabilityChanged()
        await channel.testingEventLoop.run()
        #expect(!session.hasSent)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(await session.settle(sending) == "sent")
    }

    @Test func nobodyWaitsForAClosedChannel() async throws {
        let (channel, session) = try await makeSession()
        channel.isWritable = false
        let sending = session.send("250 Ok")
        try await channel.close()
        #expect(await session.settle(sending) == "closed")
        #expect(await session.settle(session.send("250 Ok")) == "closed")
    }

    private func makeSession() async throws -> (NIOAsyncTestingChannel, Session) {
        let reads = NIOLockedValueBox(0)
        let channel = NIOAsyncTestingChannel()
        let mailbox = try await channel.testingEventLoop.executeInContext {
            let mailbox = SessionMailbox()
            try channel.pipeline.syncOperations.addHandlers([ReadCounter(reads), mailbox])
            return NIOLoopBound(mailbox, eventLoop: channel.testingEventLoop)
        }
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
        return (channel, Session(loop: channel.testingEventLoop, mailbox: mailbox, counter: reads))
    }
}

/// A mailbox, asked as its server asks it: from a task on the channel's event loop.
private struct Session {
    let loop: NIOAsyncTestingEventLoop
    let mailbox: NIOLoopBound<SessionMailbox>
    let counter: NIOLockedValueBox<Int>
    private let sent = NIOLockedValueBox(false)

    init(loop: NIOAsyncTestingEventLoop, mailbox: NIOLoopBound<SessionMailbox>, counter: NIOLockedValueBox<Int>) {
        self.loop = loop
        self.mailbox = mailbox
        self.counter = counter
    }

    var reads: Int { counter.withLockedValue { $0 } }
    var hasSent: Bool { sent.withLockedValue { $0 } }

    func next() async -> String { await settle(ask()) }

    func ask() -> Task<String, Never> {
        Task(executorPreference: LoopExecutor(loop)) {
            do {
                switch try await mailbox.value.next() {
                case .received(let buffer): return String(buffer: buffer)
                case .idle: return "(idle)"
                case .drain: return "(drain)"
                case nil: return "(end)"
                }
            } catch { return "(\(error))" }
        }
    }

    func send(_ text: String) -> Task<String, Never> {
        Task(executorPreference: LoopExecutor(loop)) {
            do {
                try await mailbox.value.send(ByteBuffer(string: text))
                sent.withLockedValue { $0 = true }
                return "sent"
            } catch ChannelError.ioOnClosedChannel {
                return "closed"
            } catch {
                return "\(error)"
            }
        }
    }

    func settle(_ task: Task<String, Never>) async -> String {
        await loop.run()
        return await task.value
    }
}

private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    private let count: NIOLockedValueBox<Int>

    init(_ count: NIOLockedValueBox<Int>) { self.count = count }

    func read(context: ChannelHandlerContext) {
        count.withLockedValue { $0 += 1 }
        context.read()
    }
}

private struct Broken: Error, CustomStringConvertible { let description = "broken" }
