import DeliveryPolicy
import EmailLog
import MailModel
import Testing

@testable import Postern

/// The wall clock is set while mail waits.
@Suite(.timeLimit(.minutes(5))) struct DeliveryClockTests {
    private static let busy = Outcome.deferred(
        Refusal(scope: .message, cause: .unavailable, status: 503, text: "busy"), retryAfter: nil)

    private func bench() async throws -> DeliveryBench {
        try await DeliveryBench(path: ScriptedPath { $0.attempts == 0 ? Self.busy : acceptance })
    }

    @Test func setBackItDelaysNothing() async throws {
        let bench = try await bench()
        try await bench.accept("a1")
        await bench.turn()
        let wait = try #require(try await bench.row("a1")?.nextAttemptDate) - bench.clock.now
        bench.clock.set(by: .seconds(-3600))
        bench.clock.advance(.seconds(1))
        #expect(await bench.turn() == [], "and hurries nothing")
        bench.clock.advance(wait)
        #expect(await bench.turns() == ["a1"])
        #expect(try await bench.row("a1")?.status == .sent)
    }

    @Test func smallStepsAreNoMatter() async throws {
        let bench = try await bench()
        try await bench.accept("a1")
        await bench.turn()
        let due = try await bench.row("a1")?.nextAttemptDate
        bench.clock.set(by: .seconds(-1))
        bench.clock.advance(.seconds(1))
        await bench.turn()
        #expect(try await bench.row("a1")?.nextAttemptDate == due)
    }

    /// It was dated before the clock was set back, and committed behind it.
    @Test func aMessageOfTheFutureIsNotForgotten() async throws {
        let bench = try await DeliveryBench()
        await bench.turn()
        _ = try await bench.log.accept(waiting("a1", at: bench.clock.now + .seconds(3600)))
        bench.bell.ring(LaneKey(route: "contoso", mailbox: ann), .normal)
        #expect(await bench.turns() == [])
        bench.clock.advance(.seconds(61))
        #expect(await bench.turns() == [])
        bench.clock.advance(.seconds(3540))
        #expect(await bench.turns() == ["a1"])
    }

    /// A turn between the step and the moment it is noticed finds that nothing is due.
    @Test(arguments: [-3600, -1]) func aBacklogIsFoundAgain(_ step: Int) async throws {
        let path = ScriptedPath()
        let route = DeliveryBench.route(path) { limits in
            limits.window = 8
            limits.lane.messages = Rate(1000, per: .seconds(60))
        }
        let bench = try await DeliveryBench(routes: [route], path: path)
        for number in 10..<40 { try await bench.accept("a\(number)") }
        var delivered = await bench.turn()
        bench.clock.set(by: .seconds(step))
        for _ in 0..<6 { delivered += await bench.turn() }
        #expect(delivered.count < 30, "or there is nothing to find")
        bench.clock.advance(.seconds(2))
        delivered += await bench.turns()
        #expect(delivered.count == 30)
    }

    @Test func setForwardItRepeatsOnce() async throws {
        let bench = try await bench()
        try await bench.accept("a1")
        await bench.turn()
        bench.clock.set(by: .seconds(3600))
        bench.clock.advance(.seconds(1))
        #expect(await bench.turns() == ["a1"])
        #expect(try await bench.attempts("a1").count == 2)
    }
}
