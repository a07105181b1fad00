import GRDB
import MailModel
import Testing

@testable import EmailLog

/// A service and commands beside it on one file, each with connections and locks of its own as processes have them.
@Suite struct SeveralProcessesTests {
    @Test func serviceAndToolsWriteAtOnce() async throws {
        let directory = try TemporaryDirectory()
        let service = try directory.service()
        let tools = [try directory.tool(), try directory.tool()]
        let ids = try await withThrowingTaskGroup(of: QueueID.self) { group in
            for number in 0..<60 {
                let log = number % 3 == 0 ? service : tools[number % 3 - 1]
                group.addTask { try await log.accept(submission("m\(number)")) }
            }
            var ids: Set<QueueID> = []
            for try await id in group { ids.insert(id) }
            return ids
        }
        #expect(try await Set(service.rows(LogFilter()).map(\.id)) == ids && ids.count == 60)
    }

    @Test func eachMessageIsClaimedOnce() async throws {
        let directory = try TemporaryDirectory()
        let (service, tool) = (try directory.service(), try directory.tool())
        try await service.acceptMany(40)
        let ids = try await service.rows(LogFilter()).map(\.id)
        async let first = service.claim(ids, path: .graph, at: noon)
        async let second = tool.claim(ids.reversed(), path: .graph, at: noon)
        let (ours, theirs) = try await (first.map(\.id), second.map(\.id))
        #expect(Set(ours).isDisjoint(with: theirs) && Set(ours + theirs) == Set(ids))
    }

    @Test func holdAndClaimAreNeverBothTrue() async throws {
        let directory = try TemporaryDirectory()
        let (service, tool) = (try directory.service(), try directory.tool())
        for _ in 0..<20 {
            let id = try await service.accept(submission())
            async let claimed = service.claim(id, path: .graph, at: noon)
            async let held = tool.hold(.ids([id]))
            let (isClaimed, isHeld) = try await (claimed != nil, held.changed == [id])
            #expect(isClaimed != isHeld)
            #expect(try await service.status(id) == (isHeld ? .held : .inProgress))
        }
    }

    @Test func lockedStoreMakesWait() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: directory.store, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        async let accepted = log.accept(submission("waits"))
        while log.waitingWrites > 0 { await Task.yield() }
        try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        #expect(try await accepted.rawValue == "waits")
    }

    @Test func restartFindsThePast() async throws {
        let directory = try TemporaryDirectory()
        for round in 0..<3 {
            let log = try directory.service()
            _ = try await log.make(.sent, id: "s\(round)")
            _ = try await log.make(.queued, id: "q\(round)")
            #expect(try await log.rows(LogFilter()).count == 2 * (round + 1))
            try await log.close()
        }
    }
}
