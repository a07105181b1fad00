import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite struct TLSBackPressureTests {
    private static let pattern = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

    @Test func aSlowPeerCostsOneChunk() throws {
        let pair = try ConnectedPair.open()
        let valve = Valve(limit: 64 * 1024)
        try pair.server.channel.pipeline.syncOperations.addHandler(valve, position: .first)
        let sent = Box<Bool>()
        let big = pair.server.channel.writeAndFlush(ByteBuffer(bytes: Self.pattern))
        big.assumeIsolated().whenSuccess { sent.value = true }

        var rounds = 0
        while let wire = try pair.server.takeCiphertext() {
            #expect(wire.readableBytes < 140_000)
            pair.client.receive(wire)
            rounds += 1
            let isLast = pair.client.receivedBytes.count == Self.pattern.count
            #expect(sent.value == (isLast ? true : nil))
            valve.open(pair.server.channel)
        }
        #expect(rounds > 30)
        #expect(pair.client.receivedBytes == Self.pattern)
    }

    @Test func thoseAboveLearnOfRoomOnlyWhenItIsTheirs() throws {
        let pair = try ConnectedPair.open()
        let valve = Valve(limit: 64 * 1024)
        try pair.server.channel.pipeline.syncOperations.addHandler(valve, position: .first)
        pair.server.channel.writeAndFlush(ByteBuffer(bytes: Self.pattern.prefix(200_000)), promise: nil)
        #expect(pair.server.writabilityChanges.last == false)
        var openings = 0
        while try pair.server.takeCiphertext() != nil, !pair.server.channel.isWritable {
            valve.open(pair.server.channel)
            openings += 1
        }
        #expect(openings > 2)
        #expect(pair.server.writabilityChanges.filter { $0 }.count == 1)
        #expect(pair.server.writabilityChanges.last == true)
    }

    @Test func closingWithDataHeldBackIsNoCleanEnd() throws {
        let pair = try ConnectedPair.open()
        pair.server.channel.isWritable = false
        let held = pair.server.send("250 queued\r\n")
        pair.server.channel.close(promise: nil)
        #expect(throws: TLSError.closed) { try held.wait() }
        try pair.exchange()
        #expect(!pair.client.inputClosed)
        pair.client.channel.pipeline.fireChannelInactive()
        #expect(pair.client.errors == [.truncated])
    }

    @Test func manySmallWritesShareARecordAndEachPromiseIsKept() throws {
        let pair = try ConnectedPair.open()
        let promises = (0..<50).map { pair.server.channel.write(ByteBuffer(string: "\($0);")) }
        pair.server.channel.flush()
        let all = EventLoopFuture.andAllSucceed(promises, on: pair.server.channel.eventLoop)
        try all.wait()
        try pair.exchange()
        #expect(pair.client.received == (0..<50).map { "\($0);" }.joined())
    }

    @Test func emptyWritesAreKeptToo() throws {
        let pair = try ConnectedPair.open()
        try pair.server.send("").wait()
        #expect(try pair.server.takeCiphertext() == nil)
    }
}

/// Lets so many bytes through and then says there is no room, until it is opened again.
private final class Valve: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let limit: Int
    private var passed = 0

    init(limit: Int) { self.limit = limit }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        passed += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
        guard passed > limit, let channel = context.channel as? EmbeddedChannel, channel.isWritable else { return }
        channel.isWritable = false
        context.fireChannelWritabilityChanged()
    }

    func open(_ channel: EmbeddedChannel) {
        passed = 0
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
    }
}
