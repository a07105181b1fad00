import DeliveryPolicy
import MailModel
import Testing

@Suite struct SimulationTests {
    private static func settings(_ change: (inout Simulation.Settings) -> Void = { _ in }) -> Simulation.Settings {
        var settings = Simulation.Settings()
        change(&settings)
        return settings
    }

    @Test(arguments: [UInt64](1...8)) func limitsHoldWithScarceEverything(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let settings = Self.settings {
            $0.lanes = 5
            $0.backlog = 150
            $0.throttled = 25
            $0.route.concurrency = 6
            $0.route.window = 8
            $0.route.lane.messages = Rate(.random(in: 2...30, using: &random), per: .seconds(60))
            $0.route.lane.recipients = Rate(.random(in: 10...120, using: &random), per: .seconds(100))
            $0.route.lane.requests = Rate(.random(in: 5...60, using: &random), per: .seconds(130))
            $0.route.lane.upload = Rate(.random(in: 90_000...2_000_000, using: &random), per: .seconds(80))
        }
        var simulation = Simulation(settings, seed: seed)
        simulation.run(until: 20_000)
        simulation.expectNoLimitExceeded()
        #expect(simulation.sent.count > 300)
    }

    @Test(arguments: [UInt64](1...4)) func limitsHoldAcrossRestarts(seed: UInt64) {
        let settings = Self.settings {
            $0.lanes = 3
            $0.backlog = 120
            $0.restarts = 15_000
            $0.throttled = 40
            $0.route.lane.recipients = Rate(120, per: .seconds(90))
        }
        var simulation = Simulation(settings, seed: seed)
        simulation.run(until: 10_000)
        simulation.expectNoLimitExceeded()
        #expect(simulation.sent.count == 360)
    }

    @Test(arguments: [UInt64](1...4)) func aBacklogDrainsAtTheFullRate(seed: UInt64) {
        let settings = Self.settings {
            $0.backlog = 2000
            $0.latency = 50...900
            $0.slowest = 5000
        }
        var simulation = Simulation(settings, seed: seed)
        simulation.run(until: 3600)
        simulation.expectNoLimitExceeded()
        let granted = 30 * (3600 / 60)
        #expect(simulation.sent.count >= granted * 95 / 100)
        #expect(simulation.sent.count <= granted + 30)
    }

    @Test func aPausedMailboxChangesNothingForTheOthers() {
        func starts(paused: Set<Int>) -> [LaneKey: [Instant]] {
            let settings = Self.settings {
                $0.lanes = 12
                $0.backlog = 40
                $0.latency = 700...700
                $0.slowest = 700
                $0.pausedLanes = paused
            }
            var simulation = Simulation(settings, seed: 1)
            simulation.run(until: 300)
            return simulation.starts.mapValues { $0.map(\.at) }
        }
        let free = starts(paused: [])
        let paused = starts(paused: [0, 5])
        #expect(paused[Simulation.lane(0)] == nil && paused[Simulation.lane(5)] == nil)
        for number in [1, 2, 3, 4, 6, 7, 8, 9, 10, 11] {
            #expect(free[Simulation.lane(number)]?.count == 40)
            #expect(paused[Simulation.lane(number)] == free[Simulation.lane(number)])
        }
    }

    @Test func aThousandMailboxesTakeAFewStepsEach() {
        let settings = Self.settings {
            $0.lanes = 1000
            $0.backlog = 6
            $0.latency = 200...400
            $0.slowest = 400
        }
        var simulation = Simulation(settings, seed: 1)
        simulation.run(until: 3600)
        #expect(simulation.sent.count == 6000)
        #expect(simulation.steps < 13_000)
    }
}
