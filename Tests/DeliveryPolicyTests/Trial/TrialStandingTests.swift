import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct TrialStandingTests {
    enum Event: Hashable, Sendable, CaseIterable { case start, stop, rollBack, percent, healthyTime }

    private static let begun = Timestamp(secondsSince1970: 1_795_262_400)
    private static func after(_ seconds: Int) -> Timestamp { begun + .seconds(seconds) }

    /// Rolled back or stopped at 100, with 60 healthy seconds before.
    private static func standing(_ state: TrialStanding.State) -> TrialStanding {
        var standing = TrialStanding(startedAt: begun)
        standing.look(at: after(60), isHealthy: true)
        switch state {
        case .running: break
        case .rolledBack: standing.rollBack(because: "failed", at: after(100))
        case .stopped: standing.stop(at: after(100))
        }
        return standing
    }

    /// The state, when it began, since when messages count, and the healthy time; at 200.
    private struct Found: Hashable {
        var state: TrialStanding.State
        var since: Int
        var counts: Int
        var healthy: Int
    }

    private static func expected(_ state: TrialStanding.State, _ event: Event) -> Found {
        switch (state, event) {
        case (.running, .start), (.running, .percent): Found(state: .running, since: 0, counts: 0, healthy: 60)
        case (.running, .healthyTime): Found(state: .running, since: 0, counts: 0, healthy: 200)
        case (.running, .stop): Found(state: .stopped, since: 200, counts: 0, healthy: 60)
        case (.running, .rollBack): Found(state: .rolledBack, since: 200, counts: 0, healthy: 60)
        case (.rolledBack, .start): Found(state: .running, since: 200, counts: 200, healthy: 0)
        case (.rolledBack, .stop): Found(state: .stopped, since: 200, counts: 0, healthy: 60)
        case (.rolledBack, .rollBack), (.rolledBack, .percent), (.rolledBack, .healthyTime):
            Found(state: .rolledBack, since: 100, counts: 0, healthy: 60)
        case (.stopped, .start): Found(state: .running, since: 200, counts: 200, healthy: 60)
        case (.stopped, .stop), (.stopped, .rollBack), (.stopped, .percent), (.stopped, .healthyTime):
            Found(state: .stopped, since: 100, counts: 0, healthy: 60)
        }
    }

    @Test(arguments: TrialStanding.State.allCases, Event.allCases)
    func goes(from state: TrialStanding.State, on event: Event) {
        var standing = Self.standing(state)
        switch event {
        case .start: standing.start(at: Self.after(200))
        case .stop: standing.stop(at: Self.after(200))
        case .rollBack: standing.rollBack(because: "again", at: Self.after(200))
        case .percent: standing.setShare(.all)
        case .healthyTime: standing.look(at: Self.after(200), isHealthy: true)
        }
        let found = Found(
            state: standing.state, since: Int((standing.since - Self.begun).components.seconds),
            counts: Int((standing.startedDate - Self.begun).components.seconds),
            healthy: Int(standing.progress.healthy.components.seconds))
        #expect(found == Self.expected(state, event))
        #expect(standing.share == (event == .percent ? .all : nil))
        let reason = event == .rollBack && state == .running ? "again" : "failed"
        #expect(standing.reason == (standing.state == .rolledBack ? reason : nil))
    }

    /// Nothing that goes on of itself brings a trial back.
    @Test func neverFlaps() {
        var standing = Self.standing(.running)
        standing.rollBack(because: "failed > 2% of 50", at: Self.after(100))
        let rolledBack = standing
        for second in 101..<2000 {
            standing.rollBack(because: "again", at: Self.after(second))
            standing.look(at: Self.after(second), isHealthy: true)
        }
        #expect(standing.state == .rolledBack && standing.since == rolledBack.since)
        #expect(standing.reason == "failed > 2% of 50" && standing.progress.healthy == rolledBack.progress.healthy)
    }

    @Test func timeWhileStoppedBringsNoScheduleForward() {
        var standing = Self.standing(.stopped)
        standing.start(at: Self.after(500))
        standing.look(at: Self.after(510), isHealthy: true)
        #expect(standing.progress.healthy == .seconds(70))
    }

    /// While an operator's share holds, the schedule stands still.
    @Test func aShareOfTheOperatorsStopsTheSchedule() {
        var standing = Self.standing(.running)
        standing.setShare(.none)
        standing.look(at: Self.after(200), isHealthy: true)
        #expect(standing.progress.healthy == .seconds(60))
    }
}
