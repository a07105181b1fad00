import NIOCore
import NIOEmbedded
import Testing

@testable import SMTPTransport

@Suite struct SessionEventsTests {
    private func makeChannel() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(SessionEvents(idleTimeout: .seconds(300)))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func next(_ channel: EmbeddedChannel) throws -> String? {
        switch try channel.readInbound(as: SessionEvent.self) {
        case .received(let buffer): String(buffer: buffer)
        case .idle: "(idle)"
        case .drain: "(drain)"
        case nil: nil
        }
    }

    @Test func silenceIsReportedOnce() throws {
        let channel = try makeChannel()
        channel.embeddedEventLoop.advanceTime(by: .seconds(299))
        #expect(try next(channel) == nil)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(try next(channel) == "(idle)")
        channel.embeddedEventLoop.advanceTime(by: .seconds(1000))
        #expect(try next(channel) == nil)
    }

    @Test func everyChunkPutsItOff() throws {
        let channel = try makeChannel()
        for _ in 0..<5 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(200))
            try channel.writeInbound(ByteBuffer(string: "x"))
            #expect(try next(channel) == "x")
        }
        channel.embeddedEventLoop.advanceTime(by: .seconds(299))
        #expect(try next(channel) == nil)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(try next(channel) == "(idle)")
    }

    @Test func eventsKeepTheirOrder() throws {
        let channel = try makeChannel()
        try channel.writeInbound(ByteBuffer(string: "a"))
        channel.pipeline.fireUserInboundEventTriggered(SessionEvent.drain)
        try channel.writeInbound(ByteBuffer(string: "b"))
        #expect(try [next(channel), next(channel), next(channel)] == ["a", "(drain)", "b"])
    }

    @Test func aClosedChannelIsNotWatched() throws {
        let channel = try makeChannel()
        try channel.close().wait()
        channel.embeddedEventLoop.advanceTime(by: .seconds(1000))
        #expect(try next(channel) == nil)
    }
}

@Suite struct ConnectionRegistryTests {
    @Test func placesAreCountedAndGivenBack() {
        let registry = ConnectionRegistry()
        #expect(registry.admit(EmbeddedChannel(), limit: 2) == .admitted(1))
        #expect(registry.admit(EmbeddedChannel(), limit: 2) == .admitted(2))
        #expect(registry.admit(EmbeddedChannel(), limit: 2) == .full)
        registry.remove(1)
        #expect(registry.count == 1)
        #expect(registry.admit(EmbeddedChannel(), limit: 2) == .admitted(3))
    }

    @Test func noMoreAreTurnedAwayAtOnceThanThereIsRoomFor() {
        let registry = ConnectionRegistry()
        #expect(registry.beginFarewell(limit: 1))
        #expect(!registry.beginFarewell(limit: 1))
        registry.endFarewell()
        #expect(registry.beginFarewell(limit: 1))
        #expect(registry.count == 0, "they are no guests")
    }

    @Test func whoComesWhileDrainingIsTold() throws {
        let registry = ConnectionRegistry()
        registry.drain()
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(SessionEvents(idleTimeout: .seconds(1)))
        _ = registry.admit(channel, limit: 1)
        guard case .drain? = try channel.readInbound(as: SessionEvent.self) else {
            Issue.record("not told")
            return
        }
    }
}

@Suite struct ReplyMailboxTests {
    @Test func whatCameBeforeTheQuestionIsKept() throws {
        let (channel, mailbox) = try makeMailbox()
        try channel.writeInbound(ByteBuffer(string: "220 a"))
        try channel.writeInbound(ByteBuffer(string: "\r\n"))
        let answer = mailbox.next(within: .seconds(1), on: channel.eventLoop)
        guard case .chunks(let chunks) = try answer.wait() else { return flunk("no chunks") }
        #expect(chunks.map { String(buffer: $0) } == ["220 a", "\r\n"])
    }

    @Test func whatComesLaterIsAwaited() throws {
        let (channel, mailbox) = try makeMailbox()
        let answer = mailbox.next(within: .seconds(1), on: channel.eventLoop)
        try channel.writeInbound(ByteBuffer(string: "250 b\r\n"))
        guard case .chunks = try answer.wait() else { return flunk("no chunks") }
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
    }

    @Test func timeRunsOut() throws {
        let (channel, mailbox) = try makeMailbox()
        let answer = mailbox.next(within: .seconds(1), on: channel.eventLoop)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        guard case .timeout = try answer.wait() else { return flunk("no timeout") }
    }

    @Test func theLastWordsComeBeforeTheEnd() throws {
        let (channel, mailbox) = try makeMailbox()
        try channel.writeInbound(ByteBuffer(string: "421 bye\r\n"))
        channel.pipeline.fireErrorCaught(Reset())
        guard case .chunks = try mailbox.next(within: .seconds(1), on: channel.eventLoop).wait() else {
            return flunk("no chunks")
        }
        guard case .end(let error?) = try mailbox.next(within: .seconds(1), on: channel.eventLoop).wait() else {
            return flunk("no end")
        }
        #expect("\(error)" == "reset")
    }

    @Test func leavingEndsTheConversation() throws {
        let (channel, mailbox) = try makeMailbox()
        let answer = mailbox.next(within: .seconds(9), on: channel.eventLoop)
        mailbox.leave(channel, saying: ByteBuffer(string: "QUIT\r\n"), within: .seconds(5))
        guard case .end(nil) = try answer.wait() else { return flunk("no end") }
        #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "QUIT\r\n"))
        #expect(channel.isActive)

        try channel.writeInbound(ByteBuffer(string: "221 bye\r\n"))
        #expect(!channel.isActive)
        guard case .end(nil) = try mailbox.next(within: .seconds(1), on: channel.eventLoop).wait() else {
            return flunk("no end")
        }
    }

    @Test func leavingHasALimit() throws {
        let (channel, mailbox) = try makeMailbox()
        mailbox.leave(channel, saying: ByteBuffer(string: "QUIT\r\n"), within: .seconds(5))
        mailbox.leave(channel, saying: nil, within: .seconds(1))
        channel.embeddedEventLoop.advanceTime(by: .seconds(4))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    private func makeMailbox() throws -> (EmbeddedChannel, ReplyMailbox) {
        let channel = EmbeddedChannel()
        let mailbox = ReplyMailbox()
        try channel.pipeline.syncOperations.addHandler(mailbox)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return (channel, mailbox)
    }
}

private struct Reset: Error, CustomStringConvertible { let description = "reset" }
