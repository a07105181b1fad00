import MailModel
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import SMTPProtocol
import Testing

@testable import SMTPTransport

/// Waiting, giving up, shutting down, and servers that do not let go.
@Suite struct PoolLifeTests {
    /// A server that holds a connection, in the message of the sender "holder", until the second gate is opened; it opens
    /// the first.
    private func holding() -> (CountingServer, Gate, Gate) {
        let (held, gate) = (Gate(on: group), Gate(on: group))
        var answers = CountingServer.Answers()
        answers.verdict = { sender in
            if sender == "holder" {
                held.open()
                await gate.pass()
            }
            return nil
        }
        return (CountingServer(answers), held, gate)
    }

    @Test func whoWaitsMayGiveUp() async throws {
        let (far, held, gate) = holding()
        try await withPool(far) { bench, _ in
            let terms = bench.terms { $0.connections = 1 }
            let holder = Task { await failure { try await bench.deliver("holder", terms) } }
            await held.pass()
            let waiters = (0..<20).map { number in
                Task { await failure { try await bench.deliver("m\(number)", terms) } }
            }
            await until { bench.counts().waiting == 20 }
            for waiter in waiters[..<10] { waiter.cancel() }
            for waiter in waiters[..<10] {
                guard case .cancelled? = await waiter.value else { return flunk("not cancelled") }
            }
            #expect(bench.counts() == .init(open: 1, idle: 0, waiting: 10))
            gate.open()
            for task in waiters[10...] + [holder] { #expect(await task.value == nil) }
            #expect(bench.counts() == .init(open: 1, idle: 1))
        }
        #expect(far.deliveries.count == 11)
        #expect(far.opened == 1)
    }

    @Test func aTaskThatIsCancelledBeforeItComes() async throws {
        try await withPool { bench, _ in
            try await bench.deliver("m")
            await withTaskGroup(of: Void.self) { tasks in
                tasks.cancelAll()
                tasks.addTask {
                    guard case .cancelled? = await failure({ try await bench.deliver("x") }) else {
                        return flunk("not cancelled")
                    }
                }
            }
            #expect(bench.counts() == .init(open: 1, idle: 1))
        }
    }

    @Test func cancellingADeliveryFreesTheSlot() async throws {
        let (far, held, gate) = holding()
        try await withPool(far) { bench, _ in
            let terms = bench.terms {
                $0.connections = 1
                $0.options.timeouts.quit = .milliseconds(50)
            }
            let holder = Task { await failure { try await bench.deliver("holder", terms) } }
            await held.pass()
            let next = Task { await failure { try await bench.deliver("m", terms) } }
            await until { bench.counts().waiting == 1 }
            holder.cancel()
            #expect(await holder.value != nil)
            gate.open()
            #expect(await next.value == nil)
        }
    }

    @Test func shuttingDownWhileTasksWait() async throws {
        let (far, held, gate) = holding()
        try await withPool(far) { bench, _ in
            let terms = bench.terms { $0.connections = 1 }
            let holder = Task { await failure { try await bench.deliver("holder", terms) } }
            await held.pass()
            let waiters = (0..<5).map { _ in Task { await failure { try await bench.deliver("m", terms) } } }
            await until { bench.counts().waiting == 5 }
            let end = Task { await bench.pool.shutdown(within: .seconds(60)) }
            for waiter in waiters {
                guard case .cancelled? = await waiter.value else { return flunk("not cancelled") }
            }
            #expect(bench.counts() == .init(open: 1))
            gate.open()
            #expect(await holder.value == nil)
            await end.value
            #expect(bench.pool.counts.isEmpty)
            guard case .cancelled? = await failure({ try await bench.deliver("late", terms) }) else {
                return flunk("not refused")
            }
        }
        #expect(far.deliveries.map(\.sender) == ["holder"])
    }

    @Test func shuttingDownHasALimit() async throws {
        let (far, held, gate) = holding()
        try await withPool(far) { bench, _ in
            let holder = Task { await failure { try await bench.deliver("holder") } }
            await held.pass()
            await bench.pool.shutdown(within: .milliseconds(50))
            #expect(await holder.value?.isOutcomeUnknown == true)
            await until { bench.pool.counts.isEmpty }
            gate.open()
        }
    }

    @Test func shuttingDownWhatWasNeverUsed() async {
        await SMTPConnectionPool(on: group).shutdown()
    }

    // MARK: A server that never closes its side

    @Test(arguments: [true, false])
    func aServerThatDoesNotLetGo(saysGoodbye: Bool) async throws {
        let stubborn = try await StubbornServer.start(saysGoodbye: saysGoodbye)
        let bench = PoolBench(port: stubborn.port)
        let terms = bench.terms {
            ($0.connections, $0.messages) = (1, 1)
            $0.options.timeouts.quit = .milliseconds(50)
            $0.options.credentials = nil
        }
        for number in 0..<3 { try await bench.deliver("m\(number)", terms) }
        await bench.pool.shutdown()
        #expect(bench.pool.counts.isEmpty)
        await until { stubborn.open == 0 }
        #expect(stubborn.peak == 1)
        try await stubborn.stop()
    }

    @Test func closingWaitsForTheServersSide() async throws {
        let stubborn = try await StubbornServer.start()
        var options = PoolBench(port: stubborn.port).terms().options
        options.credentials = nil
        let client = try await SMTPClient.connect(options, on: group)
        let isOver = NIOLockedValueBox(false)
        let closing = Task {
            await client.close()
            isOver.withLockedValue { $0 = true }
        }
        await until { stubborn.halfClosed == 1 }
        #expect(!isOver.withLockedValue { $0 })
        stubborn.letGo()
        await closing.value
        #expect(!client.isOpen)
        try await stubborn.stop()
    }
}

/// Says yes to everything, and never closes its side of a connection.
private final class StubbornServer: Sendable {
    private struct State {
        var open = 0
        var peak = 0
        var halfClosed = 0
        var channels: [any Channel] = []
    }

    private let listener: any Channel
    private let state: NIOLockedValueBox<State>

    private init(_ listener: any Channel, _ state: NIOLockedValueBox<State>) {
        self.listener = listener
        self.state = state
    }

    var port: Int { listener.localAddress?.port ?? 0 }
    var open: Int { state.withLockedValue { $0.open } }
    var peak: Int { state.withLockedValue { $0.peak } }
    var halfClosed: Int { state.withLockedValue { $0.halfClosed } }

    /// One, so that it has heard the end of one connection before the beginning of the next.
    private static let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    static func start(saysGoodbye: Bool = true) async throws -> StubbornServer {
        let state = NIOLockedValueBox(State())
        let listener = try await ServerBootstrap(group: loop)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                state.withLockedValue { $0.channels.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Yes(state, saysGoodbye: saysGoodbye))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return StubbornServer(listener, state)
    }

    /// Closes its side in the end.
    func letGo() { for channel in state.withLockedValue({ $0.channels }) { channel.close(promise: nil) } }

    func stop() async throws { try await listener.close().get() }

    private final class Yes: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let state: NIOLockedValueBox<State>
        private let saysGoodbye: Bool
        private var line = ""
        private var isInMessage = false
        private var isCounted = false

        init(_ state: NIOLockedValueBox<State>, saysGoodbye: Bool) {
            self.state = state
            self.saysGoodbye = saysGoodbye
        }

        func channelActive(context: ChannelHandlerContext) { say("220 here", context) }

        func channelInactive(context: ChannelHandlerContext) {
            if isCounted { state.withLockedValue { $0.open -= 1 } }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            for byte in unwrapInboundIn(data).readableBytesView {
                guard byte == UInt8(ascii: "\n") else {
                    line.unicodeScalars.append(Unicode.Scalar(byte))
                    continue
                }
                answer(line.filter { $0 != "\r" }, context)
                line = ""
            }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .inputClosed? = event as? ChannelEvent { state.withLockedValue { $0.halfClosed += 1 } }
        }

        /// Ends the connection as the reset of the far side does.
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func answer(_ line: String, _ context: ChannelHandlerContext) {
            switch line {
            case "." where isInMessage:
                isInMessage = false
                say("250 ok", context)
            case _ where isInMessage: break
            case "DATA":
                isInMessage = true
                say("354 go on", context)
            case "QUIT": if saysGoodbye { say("221 but I stay", context) }
            case _ where line.hasPrefix("EHLO"):
                isCounted = true
                state.withLockedValue { state in
                    state.open += 1
                    state.peak = max(state.peak, state.open)
                }
                say("250 here", context)
            default: say("250 ok", context)
            }
        }

        private func say(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "\(text)\r\n")), promise: nil)
        }
    }
}
