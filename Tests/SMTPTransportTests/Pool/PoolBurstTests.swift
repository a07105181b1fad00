import MailModel
import NIOConcurrencyHelpers
import NIOCore
import SMTPProtocol
import Testing

@testable import SMTPTransport

/// Bursts with trouble of every kind: the far side never counts more than the cap.
@Suite struct PoolBurstTests {
    private static let tasks = 200
    private static let busy = Reply(421, .init(4, 3, 2), "Concurrent connections limit exceeded")

    /// What happens to a message, by its number and a seed.
    private enum Fate: Int, CaseIterable {
        case fine, alsoFine, refusedAtMail, busyAtMail, cancelledAtMail, hungUpAtMail, busyAtVerdict, cancelledEarly,
            throwing

        init(_ number: Int, seed: UInt64) {
            var chance = Chance(seed: seed &* 1000 &+ UInt64(number))
            self = Self.allCases.randomElement(using: &chance) ?? .fine
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func theCapHolds(seed: UInt64) async throws {
        let tasks = NIOLockedValueBox<[Int: Task<SMTPClientError?, Never>]>([:])
        let hangUp = NIOLockedValueBox<@Sendable () -> Void>({})
        var answers = CountingServer.Answers()
        answers.authentication = { $0 % 7 == 3 ? Self.busy : nil }
        answers.mail = { sender, _ in
            let number = Int(sender) ?? 0
            switch Fate(number, seed: seed) {
            case .refusedAtMail: return Reply(550, .init(5, 7, 60), "SendAsDenied")
            case .busyAtMail: return Self.busy
            case .cancelledAtMail: tasks.withLockedValue { $0[number] }?.cancel()
            case .hungUpAtMail where number % 10 == 0: hangUp.withLockedValue { $0 }()
            case .fine, .alsoFine, .hungUpAtMail, .busyAtVerdict, .cancelledEarly, .throwing: break
            }
            return nil
        }
        answers.verdict = { Fate(Int($0) ?? 0, seed: seed) == .busyAtVerdict ? Self.busy : nil }
        let far = CountingServer(answers)

        try await withPool(far) { bench, server in
            hangUp.withLockedValue { $0 = { server.registry.closeAll() } }
            for number in 0..<Self.tasks {
                let mailbox = number % 2 == 0 ? "even@a.test" : "odd@a.test"
                let task = Task { await Self.run(number, Fate(number, seed: seed), bench, mailbox) }
                tasks.withLockedValue { $0[number] = task }
                if Fate(number, seed: seed) == .cancelledEarly { task.cancel() }
            }
            var failures = 0
            for task in tasks.withLockedValue({ $0.values }) where await task.value != nil { failures += 1 }
            #expect(failures > 0 && failures < Self.tasks)
            #expect(bench.pool.counts.values.allSatisfy { $0.open <= 3 && $0.waiting == 0 })
            await bench.pool.shutdown()
            #expect(bench.pool.counts.isEmpty)
            await until { far.open == 0 }
        }
        #expect(far.peak <= 3)
        #expect(Set(far.deliveries.map(\.sender)).count == far.deliveries.count, "delivered twice")
    }

    /// One task, with the token of the hour; some come with an old one.
    private static func run(
        _ number: Int, _ fate: Fate, _ bench: PoolBench, _ mailbox: String
    ) async -> SMTPClientError? {
        let terms = bench.terms(mailbox, password: number % 11 == 0 ? "old" : "new") { $0.messages = 10 }
        return await failure {
            try await bench.pool.withConnection(bench.key(mailbox), terms) { client throws(SMTPClientError) in
                #expect(bench.counts(mailbox).open <= 3)
                if fate == .throwing { throw .cancelled }
                _ = try await client.deliver(PoolBench.envelope("\(number)"), Array("x\r\n".utf8))
            }
        }
    }
}
