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
