import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct PathGateTests {
    private var random = SplitMix64(seed: 4)
    private var gate = PathGate()

    @Test mutating func countsWhatIsUnderWay() {
        for number in 1...3 { gate.started(id(number)) }
        #expect(gate.inFlight == 3)
        let effects = [LaneEffect.healthy, .inconclusive, .pause(refusal(.throttled), retryAfter: nil)]
        for (number, effect) in effects.enumerated() { gate.finished(id(number + 1), effect, at: 0, using: &random) }
        #expect(gate.inFlight == 0)
    }

    static let pauses: [(Refusal.Cause, endsWithAProbe: Bool)] = [
        (.throttled, false), (.unavailable, false), (.unauthorized, true), (.quota, true), (.misconfigured, true),
    ]

    @Test(arguments: pauses) mutating func whatOnlyAnOperatorMendsEndsWithAProbe(
        cause: Refusal.Cause, endsWithAProbe: Bool
    ) throws {
        gate.started(id(1))
        gate.finished(id(1), .pause(refusal(cause), retryAfter: .seconds(90)), at: 5, using: &random)
        let trouble = try #require(gate.troubles(at: 6).first)
        let end = try #require(trouble.until)
        #expect(trouble.since == 5 && trouble.reason.cause == cause && end >= 95 && gate.opening(at: 6) == end)
        gate.started(id(2))
        #expect(gate.opening(at: end) == (endsWithAProbe ? nil : end))
        #expect(gate.troubles(at: end).isEmpty != endsWithAProbe)
        gate.finished(id(2), .healthy, at: end, using: &random)
        #expect(gate.troubles(at: end).isEmpty && gate.opening(at: end) == end)
    }

    @Test mutating func namesBothTroubles() {
        gate.restore(refusal(.throttled), since: 1, until: 50)
        gate.restore(refusal(.unauthorized), since: 2, until: 40)
        #expect(gate.troubles(at: 10).map(\.reason.cause) == [.throttled, .unauthorized])
        #expect(gate.opening(at: 10) == 50 && gate.retirement(at: 10) == 3640)
        gate.hurry(at: 60)
        #expect(gate.troubles(at: 60).map(\.reason.cause) == [.unauthorized])
    }

    @Test mutating func trouble503OnTheWayIsTheMailboxes() {
        gate.keepStill(refusal(.unavailable, .route), retryAfter: .seconds(9), at: 0, using: &random)
        let trouble = gate.troubles(at: 1).first
        #expect(trouble?.reason.scope == .mailbox && trouble?.reason.cause == .unavailable && trouble?.until == 9)
    }
}
