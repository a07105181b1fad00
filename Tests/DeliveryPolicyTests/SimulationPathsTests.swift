import MailModel
import Testing

@testable import DeliveryPolicy

/// Two paths under outages, throttles and pins.
@Suite struct SimulationPathsTests {
    private static let down = refusal(.unavailable, .route, status: nil)
    private static let busy = refusal(.unavailable, .route, status: 503)
    private static let refused = refusal(.unauthorized, .route, status: 401)

    private static func settings(_ outages: [Simulation.Outage]) -> Simulation.Settings {
        var settings = Simulation.Settings()
        settings.lanes = 4
        settings.backlog = 150
        settings.spread = 3000
        settings.pinned = 7
        settings.slowest = 20_000
        settings.route = routeLimits(hasSMTP: true) { $0.concurrency = 8 }
        settings.outages = outages
        return settings
    }

    /// The longest wait between probes is 300 s, and a slow answer takes 20 s.
    private static let settled = Duration.seconds(400)

    private static func expectAllSent(_ simulation: Simulation) {
        simulation.expectNoLimitExceeded()
        #expect(simulation.sent.count == simulation.settings.lanes * simulation.settings.backlog)
    }

    private static func moved(_ simulation: Simulation) -> [Simulation.Began] {
        simulation.starts.values.joined().filter { $0.row.via == nil && $0.path == .smtp }
    }

    @Test(arguments: [down, busy, refused], [UInt64](1...3))
    func mailMovesInAnOutageAndReturns(reason: Refusal, seed: UInt64) {
        let outage = Simulation.Outage(path: .graph, during: 400..<1600, refusal: reason)
        var simulation = Simulation(Self.settings([outage]), seed: seed)
        simulation.run(until: 20_000)
        Self.expectAllSent(simulation)
        let moved = Self.moved(simulation)
        #expect(moved.count > 100)
        #expect(moved.allSatisfy { $0.at >= 520 && $0.at <= 1600 + Self.settled })
        let failed = simulation.starts.values.joined().filter { $0.path == .graph && $0.at > 520 && $0.at < 1600 }
        #expect(failed.count < 40, "one gentle probe at a time")
        #expect(simulation.starts.values.joined().contains { $0.path == .graph && $0.at > 2000 && $0.row.via == nil })
    }

    @Test(arguments: [UInt64](1...6)) func everythingDrainsWhateverFails(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let causes = [Self.down, Self.busy, Self.refused, refusal(.throttled), refusal(.unauthorized), refusal(.quota)]
        let outages = (0..<8).map { _ in
            let begin = Int.random(in: 0..<2500, using: &random)
            let end = begin + Int.random(in: 10...900, using: &random)
            return Simulation.Outage(
                path: Path.allCases.randomElement(using: &random) ?? .graph,
                lane: [nil, 0, 1].randomElement(using: &random) ?? nil,
                during: Instant(.seconds(begin))..<Instant(.seconds(end)),
                refusal: causes.randomElement(using: &random) ?? Self.down)
        }
        var settings = Self.settings(outages)
        settings.throttled = 30
        settings.route.window = 10
        settings.route.fallback?.on = Set(FallbackRule.Condition.allCases)
        settings.route.fallback?.after = .seconds(Int.random(in: 0...200, using: &random))
        settings.route.lane.messages = Rate(.random(in: 8...30, using: &random), per: .seconds(60))
        settings.route.lane.recipients = Rate(.random(in: 40...120, using: &random), per: .seconds(100))
        settings.route.lane.upload = Rate(.random(in: 400_000...2_000_000, using: &random), per: .seconds(80))
        var simulation = Simulation(settings, seed: seed)
        simulation.run(until: 20_000)
        Self.expectAllSent(simulation)
    }

    /// All that Graph's outage moves goes by the two connections of one login; the simulation counts them.
    @Test(arguments: [UInt64](1...2)) func everythingDrainsThroughASharedLogin(seed: UInt64) {
        let outage = Simulation.Outage(path: .graph, during: 400..<1600, refusal: Self.refused)
        var settings = Self.settings([outage])
        settings.route.connections = 2
        var simulation = Simulation(settings, seed: seed)
        simulation.run(until: 20_000)
        Self.expectAllSent(simulation)
    }

    @Test(arguments: [UInt64](1...2)) func pinnedRowsWaitForTheirPathAlone(seed: UInt64) {
        let outage = Simulation.Outage(path: .graph, during: 0..<5000, refusal: Self.refused)
        var simulation = Simulation(Self.settings([outage]), seed: seed)
        simulation.run(until: 4999)
        let unsent = simulation.starts.values.joined().filter { $0.path == .graph }
        #expect(unsent.count < 60)
        let moved = Set(Self.moved(simulation).map(\.row.id))
        #expect(moved.count > 500 && moved.isSubset(of: simulation.sent))
        simulation.run(until: 20_000)
        Self.expectAllSent(simulation)
    }
}
