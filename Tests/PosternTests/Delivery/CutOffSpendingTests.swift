import DeliveryPolicy
import EmailLog
import MailModel
import Testing

@testable import Postern

/// What an attempt counts as that the end of its process has cut off.
@Suite(.timeLimit(.minutes(5))) struct CutOffSpendingTests {
    private static let large = Submission.Body.bytes(
        mail("Subject: x", "", String(repeating: "large\r\n", count: 1000)))

    private static func route(_ path: ScriptedPath, uploadsAbove: Int64?) -> DeliveryRoute {
        DeliveryBench.route(path, onUnknown: .hold) {
            $0.lane.uploadsAbove = uploadsAbove
            $0.lane.requests = Rate(400, per: .seconds(600))
        }
    }

    private static func leaveInProgress(in directory: TemporaryDirectory) async throws {
        let log = try directory.service()
        _ = try await log.accept(waiting("cut", start: .inProgress(.graph), body: large))
        try await log.close()
    }

    /// A process claims a message, and another one finds it five seconds later.
    private func restarted(uploadsAbove: Int64?) async throws -> DeliveryBench {
        let directory = try TemporaryDirectory()
        try await Self.leaveInProgress(in: directory)
        let path = ScriptedPath()
        return try await DeliveryBench(
            in: directory, clock: ManualClock(at: after(5)), routes: [Self.route(path, uploadsAbove: uploadsAbove)],
            path: path)
    }

    /// By far more than its size in octets.
    @Test func whatTheUploadFormMayTake() async throws {
        let bench = try await restarted(uploadsAbove: 5000)
        let size = try #require(try await bench.row("cut")?.size)
        let allowance = UploadAllowance(size: Int64(size))
        let cost = try #require(try await bench.log.attempts(since: noon).first?.cost)
        #expect(Int64(cost.requests) > allowance.requests && cost.recipients == 1)
        #expect(Int64(Base64.encodedLength(of: cost.bytes)) >= allowance.octets)
        try await bench.accept("small")
        let small = await bench.turns()
        #expect(small == ["small"], "there is room for a few requests")
        try await bench.accept("q1", body: Self.large)
        let none = await bench.turns()
        #expect(none == [])
        bench.clock.advance(.seconds(599))
        let early = await bench.turns()
        #expect(early == [])
        bench.clock.advance(.seconds(1))
        let later = await bench.turns()
        #expect(later == ["q1"])
    }

    /// The message may have gone twice, with a token that was renewed.
    @Test(arguments: [nil, 100_000] as [Int64?]) func whatOneRequestMayTake(_ uploadsAbove: Int64?) async throws {
        let bench = try await restarted(uploadsAbove: uploadsAbove)
        let size = try #require(try await bench.row("cut")?.size)
        let cost = try #require(try await bench.log.attempts(since: noon).first?.cost)
        #expect(cost.requests == 5 && cost.bytes >= 2 * size && cost.bytes < 2 * size + 6)
        try await bench.accept("q1", body: Self.large)
        let turns = await bench.turns()
        #expect(turns == ["q1"])
    }
}
