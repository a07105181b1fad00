import DeliveryPolicy
import Logging
import MailModel
import ServiceLifecycle
import Testing

@testable import EmailLog
@testable import Postern

/// The manager between store and scheduler: limits, other processes, shutdown.
@Suite(.timeLimit(.minutes(5))) struct DeliveryManagerTests {
    // MARK: Limits

    @Test func noMoreThanTheRateInAnyMinute() async throws {
        let path = ScriptedPath()
        let bench = try await DeliveryBench(
            routes: [DeliveryBench.route(path) { $0.lane.messages = Rate(3, per: .seconds(60)) }], path: path)
        try await bench.accept("q1", "q2", "q3", "q4", "q5")
        #expect(await bench.turns().count == 3)
        bench.clock.advance(.seconds(59))
        #expect(await bench.turns() == [])
        bench.clock.advance(.seconds(1))
        #expect(await bench.turns().count == 2)
    }

    @Test(arguments: [1, 2, 3, 5])
    func noMoreAtOnceThanTheMailboxMayHave(_ concurrency: Int) async throws {
        let path = ScriptedPath { _ in
            await Task.yield()
            return acceptance
        }
        let bench = try await DeliveryBench(
            routes: [DeliveryBench.route(path) { $0.lane.concurrency = concurrency }], path: path)
        for number in 1...12 {
            try await bench.accept("a\(number)")
            try await bench.accept("b\(number)", from: bob)
        }
        #expect(await bench.turns().count == 24)
        #expect(path.mostInFlight[ann] ?? 0 <= concurrency && path.mostInFlight[bob] ?? 0 <= concurrency)
    }

    @Test func urgentMailGoesFirst() async throws {
        let path = ScriptedPath()
        let bench = try await DeliveryBench(
            routes: [DeliveryBench.route(path) { $0.lane.concurrency = 1 }], path: path)
        try await bench.accept("bulk", priority: .bulk)
        try await bench.accept("normal")
        try await bench.accept("high", priority: .high)
        #expect(await bench.turns() == ["high", "normal", "bulk"])
    }

    /// The store is asked again before the first are claimed, and has only them to show.
    @Test func aWindowThatStartsAsAWholeIsFilledAgain() async throws {
        let path = ScriptedPath()
        let route = DeliveryBench.route(path) { ($0.window, $0.lane.concurrency) = (3, 3) }
        let bench = try await DeliveryBench(routes: [route], path: path)
        try await bench.accept("q1", "q2", "q3", "q4", "q5", "q6")
        let starts = await bench.manager.nextStarts()
        #expect(starts.count == 3)
        bench.bell.ring()
        #expect(await bench.manager.nextStarts().isEmpty)
        for start in starts { await bench.manager.attempt(start) }
        #expect(await bench.turns() == ["q4", "q5", "q6"])
    }

    /// A backlog is taken into memory window by window, and none is forgotten.
    @Test func aBacklogBeyondTheWindowIsDelivered() async throws {
        let path = ScriptedPath()
        let bench = try await DeliveryBench(routes: [DeliveryBench.route(path) { $0.window = 4 }], path: path)
        let ids = (10..<40).map { "q\($0)" }
        for id in ids { try await bench.accept(id, priority: id.last == "7" ? .bulk : .normal) }
        var delivered: [String] = []
        while delivered.count < 30, case let started = await bench.turns(), !started.isEmpty {
            delivered += started
            bench.clock.advance(.seconds(61))
        }
        #expect(delivered.sorted() == ids)
    }

    // MARK: Other processes

    @Test func whatIsHeldMeanwhileIsNotSent() async throws {
        let bench = try await DeliveryBench()
        let tool = try bench.directory.tool()
        try await bench.accept("q1", "q2")
        let starts = await bench.manager.nextStarts()
        #expect(starts.count == 2)
        _ = try await tool.hold(.ids([QueueID(rawValue: "q1")]))
        for start in starts { await bench.manager.attempt(start) }
        #expect(bench.path.attempted == ["q2"])
        #expect(try await bench.status("q1") == .held)
        _ = try await tool.release(.ids([QueueID(rawValue: "q1")]), at: bench.clock.now)
        bench.clock.advance(.seconds(1))
        #expect(await bench.turns() == ["q1"], "and sent when it is released")
    }

    @Test func whatIsResentByAnotherProcessIsNoticed() async throws {
        let bench = try await DeliveryBench(
            path: ScriptedPath { message in
                message.attempts == 0 ? .rejected(refusal(.message, .rejected)) : acceptance
            })
        try await bench.accept("q1")
        #expect(await bench.turns() == ["q1"])
        bench.clock.advance(.seconds(100))
        #expect(await bench.turns() == [])
        let tool = try bench.directory.tool()
        _ = try await tool.resend([QueueID(rawValue: "q1")], at: bench.clock.now)
        bench.clock.advance(.seconds(1))
        #expect(await bench.turns() == ["q1"])
        #expect(try await bench.row("q1")?.attempts == 2)
        #expect(try await bench.status("q1") == .sent)
    }

    @Test func whatAnotherProcessAcceptsIsNoticed() async throws {
        let bench = try await DeliveryBench()
        #expect(await bench.turns() == [])
        let tool = try bench.directory.tool()
        _ = try await tool.accept(waiting("from-tool"))
        #expect(await bench.turns() == [], "it looks once a second")
        bench.clock.advance(.seconds(1))
        #expect(await bench.turns() == ["from-tool"])
    }

    /// A command that was killed while it sent something leaves a row in progress.
    @Test func whatADeadProcessLeftIsSettled() async throws {
        let bench = try await DeliveryBench()
        #expect(await bench.turns() == [])
        do {
            let tool = try bench.directory.tool()
            _ = try await tool.accept(waiting("cut", start: .inProgress(.graph)))
            try await tool.close()
        }
        bench.clock.advance(.seconds(61))
        await bench.turns()
        #expect(try await bench.attempts("cut").map(\.outcome) == ["unknown"])
        bench.clock.advance(.seconds(15))
        #expect(await bench.turns() == ["cut"])
    }

    // MARK: As a service

    private func running<Result: Sendable>(
        _ bench: DeliveryBench, _ body: (ServiceGroup) async throws -> Result
    ) async throws -> Result {
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: bench.manager, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: silence))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let result = try await body(group)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return result
        }
    }

    @Test func everythingIsDeliveredWhileItRuns() async throws {
        let path = ScriptedPath { _ in
            await Task.yield()
            return acceptance
        }
        let bench = try await DeliveryBench(path: path)
        try await bench.accept("early")
        try await running(bench) { _ in
            for number in 1...20 {
                try await bench.accept("a\(number)")
                try await bench.accept("b\(number)", from: bob)
            }
            var begun = 0
            for await _ in path.begins {
                begun += 1
                if begun == 41 { break }
            }
        }
        #expect(path.attempted.count == 41 && Set(path.attempted).count == 41)
        #expect(path.mostInFlight.values.allSatisfy { $0 <= 3 })
        #expect(try await bench.log.rows(LogFilter()).allSatisfy { $0.status == .sent })
    }

    @Test func shutdownAwaitsTheAttemptUnderWayAndStartsNoOther() async throws {
        let mayEnd = Signal()
        let path = ScriptedPath { _ in
            await mayEnd.wait()
            return acceptance
        }
        let bench = try await DeliveryBench(
            routes: [DeliveryBench.route(path) { $0.lane.concurrency = 1 }], path: path)
        try await bench.accept("q1", "q2")
        try await running(bench) { group in
            for await _ in path.begins { break }
            await group.triggerGracefulShutdown()
            let status = try await bench.status("q1")
            #expect(status == .inProgress)
            mayEnd.raise()
        }
        #expect(path.attempted == ["q1"])
        #expect(try await bench.status("q1") == .sent)
        #expect(try await bench.status("q2") == .queued)
    }

    @Test func withNothingToDoItEndsAtOnce() async throws {
        let bench = try await DeliveryBench()
        try await running(bench) { _ in }
        #expect(bench.path.attempted.isEmpty)
    }
}
