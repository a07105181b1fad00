import MailModel
import NIOConcurrencyHelpers
import NIOCore
import SMTPProtocol
import Testing

@testable import SMTPTransport

@Suite struct SMTPConnectionPoolTests {
    private static let busy = Reply(421, .init(4, 3, 2), "Concurrent connections limit exceeded")

    @Test func oneConnectionForMessagesOneAfterTheOther() async throws {
        let far = CountingServer()
        try await withPool(far) { bench, _ in
            for number in 0..<10 { try await bench.deliver("m\(number)") }
            #expect(bench.counts() == .init(open: 1, idle: 1))
            #expect(far.opened == 1)
            await bench.pool.closeIdle()
            #expect(bench.pool.counts.isEmpty)
        }
        #expect(far.deliveries.map(\.sender) == (0..<10).map { "m\($0)" })
    }

    @Test func aBurstSharesItsConnections() async throws {
        var answers = CountingServer.Answers()
        let gate = Gate(on: group)
        answers.verdict = { _ in
            await gate.pass()
            return nil
        }
        let far = CountingServer(answers)
        try await withPool(far) { bench, _ in
            await withTaskGroup(of: Void.self) { tasks in
                for number in 0..<27 {
                    tasks.addTask { await expectAccepted { try await bench.deliver("m\(number)") } }
                }
                await until { far.open == 3 && bench.counts() == .init(open: 3, idle: 0, waiting: 24) }
                gate.open()
            }
            #expect(bench.counts() == .init(open: 3, idle: 3))
        }
        #expect(far.opened == 3)
        #expect(far.peak == 3)
        #expect(Set(far.deliveries.map(\.sender)).count == 27)
    }

    @Test func mailboxesAreIndependent() async throws {
        let far = CountingServer()
        try await withPool(far) { bench, _ in
            try await bench.deliver("m1", as: "One@a.test")
            try await bench.deliver("m2", as: "two@a.test")
            try await bench.deliver("m3", as: "one@a.test")
            #expect(bench.pool.counts.count == 2)
        }
        #expect(far.opened == 3)
    }

    @Test(arguments: [(59, 1), (60, 2)])
    func idleTime(seconds: Int64, connections: Int) async throws {
        let far = CountingServer()
        try await withPool(far) { bench, _ in
            try await bench.deliver("m1")
            bench.clock.advance(.seconds(seconds))
            try await bench.deliver("m2")
        }
        #expect(far.opened == connections)
    }

    @Test func idleConnectionsGoByThemselves() async throws {
        let far = CountingServer()
        try await withPool(far) { bench, _ in
            try await bench.deliver("m1")
            bench.clock.advance(.seconds(59))
            bench.pool.expire()
            #expect(bench.counts() == .init(open: 1, idle: 1))
            bench.clock.advance(.seconds(1))
            bench.pool.expire()
            await until { bench.pool.counts.isEmpty && far.open == 0 }
        }
    }

    @Test func theTimerIsSet() async throws {
        let far = CountingServer()
        try await withPool(far) { bench, _ in
            let pool = SMTPConnectionPool(on: group)
            let terms = bench.terms { $0.idle = .milliseconds(20) }
            for number in 0..<2 {
                let envelope = PoolBench.envelope("m\(number)")
                _ = try await pool.withConnection(bench.key(), terms) { client throws(SMTPClientError) in
                    try await client.deliver(envelope, [])
                }
                await until { pool.counts.isEmpty }
            }
        }
        #expect(far.opened == 2)
    }

    @Test("Pitfall 28: a connection is given up before Exchange ends it") func age() async throws {
        let far = CountingServer()
        try await withPool(far) { bench, _ in
            let terms = bench.terms { ($0.age, $0.idle) = (.seconds(100), .seconds(80)) }
            for number in 0..<3 {
                try await bench.deliver("m\(number)", terms)
                bench.clock.advance(.seconds(50))
            }
        }
        #expect(far.opened == 2)
    }

    @Test("Pitfall 28: and after so many messages") func messagesPerConnection() async throws {
        let far = CountingServer()
        try await withPool(far) { bench, _ in
            let terms = bench.terms { ($0.messages, $0.connections) = (3, 1) }
            for number in 0..<7 { try await bench.deliver("m\(number)", terms) }
        }
        #expect(far.opened == 3)
        #expect(far.peak == 1)
    }

    @Test func aNewPasswordOrIdentityIsANewConnection() async throws {
        let far = CountingServer()
        try await withPool(far) { bench, _ in
            let one = bench.terms { $0.connections = 1 }
            var two = bench.terms(password: "new") { $0.connections = 1 }
            try await bench.deliver("m1", one)
            try await bench.deliver("m2", two)
            try await bench.deliver("m3", two)
            two.identity = "reloaded"
            try await bench.deliver("m4", two)
            #expect(bench.counts() == .init(open: 1, idle: 1))
        }
        #expect(far.deliveries.map(\.connection) == [1, 2, 2, 3])
        #expect(far.peak == 1)
    }

    @Test(arguments: [
        SMTPClientOptions.Security.off, .startTLS(TestPKI.client), .implicit(TestPKI.client),
        .startTLS(TestPKI.suspiciousClient), .implicit(TestPKI.suspiciousClient),
    ])
    func aTLSContextIsPartOfTheIdentity(security: SMTPClientOptions.Security) {
        let all: [SMTPClientOptions.Security] = [
            .off, .startTLS(TestPKI.client), .implicit(TestPKI.client), .startTLS(TestPKI.suspiciousClient),
            .implicit(TestPKI.suspiciousClient),
        ]
        let mine = SMTPConnectionPool.Terms(.init(host: "h", port: 25, hostname: "c", security: security))
        let fitting = all.filter {
            mine.fit(SMTPConnectionPool.Terms(.init(host: "h", port: 25, hostname: "c", security: $0)))
        }
        #expect(fitting.count == 1)
    }

    // MARK: Failures

    @Test func afterAnErrorAConnectionIsNotUsedAgain() async throws {
        let far = CountingServer()
        try await withPool(far) { bench, _ in
            let error = await failure {
                try await bench.pool.withConnection(bench.key(), bench.terms()) { client throws(SMTPClientError) in
                    throw .cancelled
                }
            }
            guard case .cancelled? = error else { return flunk("\(error as Any)") }
            try await bench.deliver("m1")
        }
        #expect(far.deliveries.map(\.connection) == [2])
    }

    @Test func aRefusedConnectionGivesItsSlotBack() async throws {
        var answers = CountingServer.Answers()
        answers.authentication = { $0 <= 4 ? Self.busy : nil }
        let far = CountingServer(answers)
        try await withPool(far) { bench, _ in
            let terms = bench.terms { $0.connections = 1 }
            for _ in 0..<4 {
                let error = await failure { try await bench.deliver("m", terms) }
                guard case .session(let reason)? = error else { return flunk("\(error as Any)") }
                #expect(reason.phase == .authentication)
            }
            try await bench.deliver("m", terms)
        }
        #expect(far.opened == 5)
    }

    @Test func nobodyThere() async throws {
        let closed = NIOLockedValueBox(0)
        try await withPool { bench, _ in closed.withLockedValue { $0 = bench.port } }
        let bench = PoolBench(port: closed.withLockedValue { $0 })
        let error = await failure { try await bench.deliver("m") }
        guard case .unreachable? = error else { return flunk("\(error as Any)") }
        #expect(bench.pool.counts.isEmpty)
    }

    @Test func theServerHangsUpOnAnIdleConnection() async throws {
        let far = CountingServer()
        try await withPool(far) { bench, server in
            try await bench.deliver("m1")
            server.registry.signal(.idle)
            await until { bench.pool.counts.isEmpty }
            try await bench.deliver("m2")
        }
        #expect(far.deliveries.map(\.connection) == [1, 2])
    }

    /// The first message finds out that the connection is dead, without being told.
    @Test(arguments: [true, false])
    func aDeadConnectionIsReplaced(politely: Bool) async throws {
        let hangUp = NIOLockedValueBox<@Sendable () -> Void>({})
        var answers = CountingServer.Answers()
        answers.mail = { sender, connection in
            guard sender == "m2", connection <= 2 else { return nil }
            if politely { return Self.busy }
            hangUp.withLockedValue { $0 }()
            return nil
        }
        let far = CountingServer(answers)
        try await withPool(far) { bench, server in
            hangUp.withLockedValue { $0 = { server.registry.closeAll() } }
            let terms = bench.terms { $0.connections = 1 }
            try await bench.deliver("m1", terms)
            // Its second connection is new, so that a refusal there is news.
            let error = await failure { try await bench.deliver("m2", terms) }
            guard case .session(let reason)? = error else { return flunk("\(error as Any)") }
            #expect(reason.phase == .mail)
            try await bench.deliver("m3", terms)
            try await bench.deliver("m4", terms)
        }
        #expect(far.deliveries.map(\.connection) == [1, 3, 3])
        #expect(far.opened == 3)
        #expect(far.peak == 1)
    }

    @Test func aNewConnectionIsNotReplaced() async throws {
        var answers = CountingServer.Answers()
        answers.mail = { _, _ in Self.busy }
        let far = CountingServer(answers)
        try await withPool(far) { bench, _ in
            #expect(await failure { try await bench.deliver("m") } != nil)
        }
        #expect(far.opened == 1)
    }

    @Test func onlyTheFirstDeliveryIsRepeated() async throws {
        var answers = CountingServer.Answers()
        answers.mail = { sender, _ in sender == "bad" ? Self.busy : nil }
        let far = CountingServer(answers)
        try await withPool(far) { bench, _ in
            try await bench.deliver("m1")
            let runs = NIOLockedValueBox(0)
            let error = await failure {
                try await bench.pool.withConnection(bench.key(), bench.terms()) { client throws(SMTPClientError) in
                    runs.withLockedValue { $0 += 1 }
                    _ = try await client.deliver(PoolBench.envelope("m2"), [])
                    _ = try await client.deliver(PoolBench.envelope("bad"), [])
                }
            }
            #expect(error != nil)
            #expect(runs.withLockedValue { $0 } == 1)
        }
        #expect(far.deliveries.map(\.sender) == ["m1", "m2"])
    }

    /// Behind the final dot the server may have the message: whoever sent it has to decide.
    @Test func aLostVerdictIsNotRepeated() async throws {
        let hangUp = NIOLockedValueBox<@Sendable () -> Void>({})
        var answers = CountingServer.Answers()
        answers.verdict = { sender in
            if sender == "m2" { hangUp.withLockedValue { $0 }() }
            return nil
        }
        let far = CountingServer(answers)
        try await withPool(far) { bench, server in
            hangUp.withLockedValue { $0 = { server.registry.closeAll() } }
            try await bench.deliver("m1")
            let error = await failure { try await bench.deliver("m2") }
            #expect(error?.isOutcomeUnknown == true)
        }
        #expect(far.deliveries.map(\.sender) == ["m1", "m2"])
    }
}

func failure<Result>(_ body: () async throws -> Result) async -> SMTPClientError? {
    do {
        _ = try await body()
    } catch let error as SMTPClientError { return error } catch { flunk("\(error)") }
    return nil
}

func expectAccepted(_ body: () async throws -> DeliveryReport) async {
    do {
        let report = try await body()
        guard case .accepted = report.conclusion else { return flunk("\(report.conclusion)") }
    } catch { flunk("\(error)") }
}
