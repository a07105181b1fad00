import MailModel
import Testing

@testable import DeliveryPolicy

/// What an outage of a route with very many mailboxes costs, counted in looks at a lane.
@Suite struct OutageCostTests {
    private static let lanes = 10_000

    private static func filled(hasSMTP: Bool) -> Scheduler {
        var scheduler = Scheduler()
        scheduler.configure("r", routeLimits(hasSMTP: hasSMTP), at: 0)
        for number in 0..<lanes {
            let lane = LaneKey(route: "r", mailbox: address("box\(number)@contoso.com"))
            let answer = scheduler.enqueue(row(number), lane: lane, at: 0)
            #expect(answer == .waiting)
        }
        return scheduler
    }

    private static func looks(_ scheduler: Scheduler) -> Int { scheduler.routes["r"]?.placements ?? 0 }

    @Test func probesLookAtAFewLanesOnly() throws {
        var random = SplitMix64(seed: 1)
        var scheduler = Self.filled(hasSMTP: false)
        let down = refusal(.unavailable, .route, status: nil)
        for start in scheduler.start(at: 0) {
            scheduler.finished(start.id, .routeFailure(down, retryAfter: nil), at: 1, using: &random)
        }
        let before = Self.looks(scheduler)
        var now: Instant = 1
        for _ in 0..<50 {
            now = try #require(scheduler.nextWake(at: now))
            let probes = scheduler.start(at: now)
            #expect(probes.count == 1)
            for probe in probes {
                scheduler.finished(probe.id, .routeFailure(down, retryAfter: nil), at: now, using: &random)
            }
        }
        #expect(Self.looks(scheduler) - before <= 50 * 4)
    }

    @Test func movingAllMailLooksAtEachLaneAFewTimes() {
        var random = SplitMix64(seed: 1)
        var scheduler = Self.filled(hasSMTP: true)
        scheduler.restorePause(
            route: "r", path: .graph, refusal(.unavailable, .route), since: 0, until: 130, at: 0)
        let before = Self.looks(scheduler)
        var counts = PathPair { _ in 0 }
        var now: Instant = 120
        while scheduler.nextWake(at: now) != nil {
            for start in scheduler.start(at: now) {
                counts[start.path] += 1
                let down = LaneEffect.routeFailure(refusal(.unavailable, .route), retryAfter: nil)
                scheduler.finished(start.id, start.path == .graph ? down : .healthy, at: now, using: &random)
            }
            now = now + .seconds(1)
        }
        #expect(counts[.graph] + counts[.smtp] == Self.lanes && counts[.graph] < 10)
        #expect(Self.looks(scheduler) - before <= 5 * Self.lanes)
    }
}
