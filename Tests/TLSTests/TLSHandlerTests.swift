import COpenSSL
import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite struct TLSHandlerTests {
    @Test(arguments: [Int.max, 1, 7, 1000])
    func handshakeAndDataInPiecesOfAnySize(chunk: Int) throws {
        let pair = try ConnectedPair()
        try pair.connect(chunk: chunk)
        #expect(try pair.client.handshakeResult()?.get().version == "TLSv1.3")
        #expect(try pair.server.handshakeResult()?.get().cipher == pair.client.handshakeResult()?.get().cipher)
        pair.server.send("220 ready\r\n")
        pair.client.send("EHLO here\r\n")
        try pair.exchange(chunk: chunk)
        #expect(pair.client.received == "220 ready\r\n")
        #expect(pair.server.received == "EHLO here\r\n")
    }

    @Test func anOlderPeerGetsVersion12() throws {
        let old = try TestPKI.clientContext()
        old.limitVersion(to: TLS1_2_VERSION)
        let pair = try ConnectedPair(clientContext: old)
        try pair.connect()
        #expect(try pair.server.handshakeResult()?.get().version == "TLSv1.2")
    }

    @Test func version11IsNotSpoken() throws {
        let ancient = try TestPKI.clientContext()
        ancient.limitVersion(to: TLS1_1_VERSION)
        let pair = try ConnectedPair(clientContext: ancient)
        try pair.connect()
        #expect(pair.client.errors.count == 1)
        #expect(!pair.client.isOpen)
    }

    @Test func writesBeforeTheHandshakeWaitForIt() throws {
        let pair = try ConnectedPair()
        let sent = pair.server.send("220 early\r\n")
        try pair.connect()
        try sent.wait()
        #expect(pair.client.received == "220 early\r\n")
    }

    @Test func unflushedWritesStay() throws {
        let pair = try ConnectedPair.open()
        pair.client.channel.write(ByteBuffer(string: "x"), promise: nil)
        #expect(try pair.client.takeCiphertext() == nil)
        pair.client.channel.flush()
        try pair.exchange()
        #expect(pair.server.received == "x")
    }

    @Test func aSilentPeerIsLeftAtTheTimeLimit() throws {
        let pair = try ConnectedPair(serverOptions: TLSOptions(handshakeTimeout: .seconds(2)))
        try pair.server.connect()
        pair.server.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1999))
        #expect(pair.server.isOpen)
        pair.server.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!pair.server.isOpen)
        #expect(pair.server.handshakeResult() == .failure(.handshakeTimedOut(milliseconds: 2000)))
        #expect(pair.server.errors == [.handshakeTimedOut(milliseconds: 2000)])
    }

    @Test func theTimeLimitEndsWithTheHandshake() throws {
        let pair = try ConnectedPair.open(serverOptions: TLSOptions(handshakeTimeout: .seconds(2)))
        pair.server.channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        #expect(pair.server.isOpen)
    }

    @Test(arguments: ["EHLO client.test\r\n", "GET / HTTP/1.1\r\n\r\n"])
    func plainTextInsteadOfAHandshakeIsNamed(text: String) throws {
        let pair = try ConnectedPair()
        try pair.server.connect()
        pair.server.receive(text)
        let error = try #require(pair.server.errors.first)
        #expect(error.description.contains("does not speak TLS"))
        #expect(!pair.server.isOpen)
    }

    @Test func theEndDuringTheHandshakeIsNamed() throws {
        let pair = try ConnectedPair()
        let sent = pair.client.send("EHLO\r\n")
        try pair.client.connect()
        pair.client.channel.pipeline.fireChannelInactive()
        #expect(pair.client.errors == [.closedDuringHandshake])
        #expect(pair.client.handshakeResult() == .failure(.closedDuringHandshake))
        #expect(throws: TLSError.closedDuringHandshake) { try sent.wait() }
    }

    @Test func aFlippedBitEndsTheConnectionAndThePeerHearsWhy() throws {
        let pair = try ConnectedPair.open()
        pair.client.send("MAIL FROM:<a@b.test>\r\n")
        var wire = try #require(try pair.client.takeCiphertext())
        let last = wire.writerIndex - 1
        wire.setInteger(wire.getInteger(at: last, as: UInt8.self)! ^ 1, at: last)
        pair.server.receive(wire)
        #expect(pair.server.received == "")
        #expect(pair.server.errors.count == 1)
        try pair.exchange()
        #expect(pair.client.errors.first?.description.contains("bad record mac") == true)
    }

    @Test func whatCameBeforeABrokenRecordIsDelivered() throws {
        let pair = try ConnectedPair.open()
        pair.client.send("QUIT\r\n")
        var wire = try #require(try pair.client.takeCiphertext())
        wire.writeString("garbage that is no record")
        pair.server.receive(wire)
        #expect(pair.server.received == "QUIT\r\n")
        #expect(pair.server.errors.count == 1)
    }

    @Test(arguments: [true, false])
    func closeNotifyIsTheEndOfInputOrOfTheConnection(halfClosure: Bool) throws {
        let pair = try ConnectedPair.open(serverOptions: TLSOptions(halfClosure: halfClosure))
        pair.client.send("QUIT\r\n")
        pair.client.channel.close(promise: nil)
        let wire = try #require(try pair.client.takeCiphertext())
        pair.server.receive(wire)
        #expect(pair.server.received == "QUIT\r\n")
        #expect(pair.server.inputClosed == halfClosure)
        #expect(pair.server.isOpen == halfClosure)
        #expect(pair.server.errors.isEmpty)
    }

    @Test func anAnswerCanFollowCloseNotify() throws {
        let pair = try ConnectedPair.open()
        try pair.client.channel.close(mode: .output).wait()
        try pair.exchange()
        #expect(pair.server.inputClosed)
        try pair.server.send("250 queued\r\n").wait()
        #expect(try pair.server.takeCiphertext() != nil)
        pair.server.channel.pipeline.fireChannelInactive()
        #expect(pair.server.errors.isEmpty)
    }

    @Test func theEndWithoutCloseNotifyIsTruncation() throws {
        let pair = try ConnectedPair.open()
        pair.server.channel.pipeline.fireChannelInactive()
        #expect(pair.server.errors == [.truncated])
    }

    @Test func theEndOfTCPsStreamWithoutCloseNotifyIsTruncation() throws {
        let pair = try ConnectedPair.open()
        pair.server.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(pair.server.errors == [.truncated])
        #expect(!pair.server.inputClosed)
        #expect(!pair.server.isOpen)
    }

    @Test func writesAfterTheEndFail() throws {
        let pair = try ConnectedPair.open()
        pair.server.channel.close(promise: nil)
        let late = pair.server.channel.writeAndFlush(ByteBuffer(string: "late"))
        #expect(throws: (any Error).self) { try late.wait() }
    }

    @Test func closingBeforeTheHandshakeFailsWhatWaits() throws {
        let pair = try ConnectedPair()
        try pair.client.connect()
        let sent = pair.client.send("EHLO\r\n")
        pair.client.channel.close(promise: nil)
        #expect(throws: TLSError.closed) { try sent.wait() }
        #expect(pair.client.handshakeResult() == .failure(.closed))
    }

    @Test func sessionsAreServedAgainAndAgainFromOneContext() throws {
        let (client, server) = (try TestPKI.clientContext(), try TestPKI.serverContext())
        for round in 0..<5 {
            let pair = try ConnectedPair(clientContext: client, serverContext: server)
            try pair.connect()
            pair.client.send("\(round)")
            try pair.exchange()
            #expect(pair.server.received == "\(round)")
        }
    }
}
