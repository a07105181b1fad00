import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct RouteOutlookTests {
    private static func trouble(_ cause: Refusal.Cause, since: Instant) -> Trouble {
        Trouble(reason: refusal(cause, .route), since: since, until: nil)
    }

    @Test func thePrimaryComesFirst() {
        let one = outlook(routeLimits())
        let two = outlook(routeLimits(hasSMTP: true))
        #expect(one.paths == [.graph] && two.paths == [.graph, .smtp])
        let same = outlook(routeLimits { ($0.primary, $0.other) = (.smtp, .smtp) })
        #expect(same.paths == [.smtp] && same.other == nil)
    }

    static let troubles: [(Refusal.Cause, since: Instant, at: Instant, diverts: Bool)] = [
        (.unavailable, 10, 129.999, false), (.unavailable, 10, 130, true), (.unauthorized, 10, 130, true),
        (.throttled, 10, 10_000, false), (.quota, 10, 10_000, false), (.misconfigured, 10, 10_000, false),
    ]

    @Test(arguments: troubles) func divertsOnceTheTroubleHasLasted(
        cause: Refusal.Cause, since: Instant, at now: Instant, diverts: Bool
    ) {
        let trouble = Self.trouble(cause, since: since)
        let two = outlook(routeLimits(hasSMTP: true), troubled: [.graph: trouble], at: now)
        #expect(two.isDiverting(from: .graph) == diverts && two.isTroubled(.graph) && !two.isTroubled(.smtp))
        #expect(two.diverted(from: .graph).isDiverting(from: .graph))
        for route in [routeLimits { $0.fallback = FallbackRule() }, routeLimits { $0.other = .smtp }] {
            #expect(!outlook(route, troubled: [.graph: trouble], at: now).isDiverting(from: .graph))
        }
        let others = outlook(routeLimits(hasSMTP: true), troubled: [.smtp: trouble], at: now)
        #expect(!others.isDiverting(from: .graph) && others.isTroubled(.smtp))
    }

    /// Else all lanes would be looked at with every probe.
    @Test func aProbeChangesNothing() {
        let route = routeLimits(hasSMTP: true)
        let reason = refusal(.unavailable, .route)
        let states = [5, 90, nil].map {
            outlook(route, troubled: [.graph: Trouble(reason: reason, since: 0, until: $0)])
        }
        #expect(Set(states).count == 1 && states[0] != outlook(route))
    }
}
