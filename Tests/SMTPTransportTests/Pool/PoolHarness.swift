import MailModel
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import SMTPProtocol

@testable import SMTPTransport

/// SplitMix64.
struct Chance: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

final class ManualClock: Sendable {
    private let time = NIOLockedValueBox(NIODeadline.now())
    var now: NIODeadline { time.withLockedValue { $0 } }
    func advance(_ amount: TimeAmount) { time.withLockedValue { $0 = $0 + amount } }
}

/// Waits for something that is about to happen on other threads.
func until(_ condition: () -> Bool) async { while !condition() { await Task.yield() } }

/// The far side: counts, per authenticated mailbox, as Exchange does, and answers as it is told.
final class CountingServer: SMTPServerHandler {
    struct Delivery: Hashable, Sendable {
        var sender: String
        var connection: UInt64
    }

    struct Answers: Sendable {
        var authentication: @Sendable (UInt64) -> Reply? = { _ in nil }
        /// Of the sender's local part, on this connection.
        var mail: @Sendable (String, UInt64) async -> Reply? = { _, _ in nil }
        var verdict: @Sendable (String) async -> Reply? = { _ in Reply(250, .init(2, 0, 0), "Ok") }
    }

    private struct State {
        var mailboxes: [UInt64: String] = [:]
        var peak = 0
        var opened = 0
        var deliveries: [Delivery] = []
    }

    private let answers: Answers
    private let state = NIOLockedValueBox(State())

    init(_ answers: Answers = Answers()) { self.answers = answers }

    /// The most connections any mailbox had at once.
    var peak: Int { state.withLockedValue { $0.peak } }
    /// Connections ever let in.
    var opened: Int { state.withLockedValue { $0.opened } }
    var open: Int { state.withLockedValue { $0.mailboxes.count } }
    var deliveries: [Delivery] { state.withLockedValue { $0.deliveries } }

    func connectionOpened(_ context: SMTPContext) { state.withLockedValue { $0.opened += 1 } }

    func authenticate(_ credentials: Credentials, _ context: SMTPContext) async -> Reply? {
        if let refusal = answers.authentication(context.connection) { return refusal }
        state.withLockedValue { state in
            state.mailboxes[context.connection] = credentials.user
            let now = state.mailboxes.values.count { $0 == credentials.user }
            state.peak = max(state.peak, now)
        }
        return nil
    }

    func checkSender(_ sender: Address?, _ parameters: MailParameters, _ context: SMTPContext) async -> Reply? {
        await answers.mail(sender?.localPart ?? "", context.connection)
    }

    func checkRecipient(_ recipient: Address, _ context: SMTPContext) async -> Reply? { nil }

    func beginBody(
        _ envelope: Envelope, _ parameters: MailParameters, _ context: SMTPContext
    ) async -> BodyPlace<CountingSink> {
        let delivery = Delivery(sender: envelope.sender?.localPart ?? "", connection: context.connection)
        return .accepted(CountingSink(server: self, delivery: delivery))
    }

    func dialogueEnded(_ context: SMTPContext) {
        state.withLockedValue { _ = $0.mailboxes.removeValue(forKey: context.connection) }
    }

    fileprivate func finish(_ delivery: Delivery) async -> Reply? {
        let verdict = await answers.verdict(delivery.sender)
        if verdict?.isRefusal != true { state.withLockedValue { $0.deliveries.append(delivery) } }
        return verdict
    }
}

struct CountingSink: SMTPMessageSink {
    let server: CountingServer
    let delivery: CountingServer.Delivery

    mutating func write(_ bytes: [UInt8]) async throws(SinkFailure) {}
    mutating func finish() async -> Reply? { await server.finish(delivery) }
    mutating func abandon() async {}
}

/// A pool, and a server to connect to.
struct PoolBench: Sendable {
    let pool: SMTPConnectionPool
    let clock = ManualClock()
    let port: Int

    init(port: Int) {
        self.port = port
        pool = SMTPConnectionPool(on: group, now: { [clock] in clock.now })
    }

    func key(_ mailbox: String = "app@a.test") -> SMTPConnectionPool.Key {
        .init(host: "127.0.0.1", port: port, mailbox: mailbox)
    }

    func counts(_ mailbox: String = "app@a.test") -> SMTPConnectionPool.Counts { pool.counts[key(mailbox)] ?? .init() }

    func terms(
        _ mailbox: String = "app@a.test", password: String = "p",
        _ change: (inout SMTPConnectionPool.Terms) -> Void = { _ in }
    ) -> SMTPConnectionPool.Terms {
        let options = SMTPClientOptions(
            host: "127.0.0.1", port: port, hostname: "client.test", security: .off,
            credentials: .plain(authorization: "", user: mailbox, password: password))
        var terms = SMTPConnectionPool.Terms(options)
        // However slow the machine, the server hears the end of a connection first.
        terms.options.timeouts.quit = .seconds(60)
        change(&terms)
        return terms
    }

    /// Delivers a message from this sender.
    @discardableResult
    func deliver(
        _ sender: String, as mailbox: String = "app@a.test", _ terms: SMTPConnectionPool.Terms? = nil
    ) async throws(SMTPClientError) -> DeliveryReport {
        let envelope = Self.envelope(sender)
        return try await pool.withConnection(key(mailbox), terms ?? self.terms(mailbox)) {
            client throws(SMTPClientError) in
            try await client.deliver(envelope, Array("Subject: x\r\n\r\ny\r\n".utf8))
        }
    }

    static func envelope(_ sender: String) -> Envelope {
        do {
            return Envelope(
                sender: try Address(parsing: "\(sender)@a.test"), recipients: [try Address(parsing: "b@b.test")])
        } catch { preconditionFailure("\(error)") }
    }
}

/// Runs a server and a pool for as long as `body` runs, and shuts the pool down.
func withPool(
    _ far: CountingServer = CountingServer(),
    _ body: (PoolBench, SMTPServer<CountingServer>) async throws -> Void
) async throws {
    let settings = makeSettings {
        $0.session.authentication = .required
        $0.session.allowsPlaintextAuthentication = true
    }
    let server = try await SMTPServer.bind(ip: "127.0.0.1", port: 0, on: group, handler: far) {
        settings
    }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await server.run() }
        let bench = PoolBench(port: server.address.port)
        try await body(bench, server)
        await bench.pool.shutdown()
        tasks.cancelAll()
    }
}
