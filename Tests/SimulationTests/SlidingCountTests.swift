import DeliveryPolicy
import MailModel
import Testing

@testable import Simulation

@Suite struct SlidingCountTests {
    private func seconds(_ count: Double) -> Instant { Instant(.milliseconds(Int64(count * 1000))) }

    @Test func countsWhatIsYoungerThanTheWindow() {
        var count = SlidingCount(Rate(3, per: .seconds(10)))
        let adds: [(Int64, at: Double, isWithin: Bool)] = [
            (2, 0, true), (1, 9, true), (1, 9.999, false), (1, 10, true), (3, 30, true),
        ]
        for add in adds {
            let isWithin = count.add(add.0, at: seconds(add.at))
            #expect(isWithin == add.isWithin, "\(add)")
        }
        #expect(count.most == 4)
    }

    @Test func aWindowIsHalfOpen() {
        var count = SlidingCount(Rate(1, per: .seconds(10)))
        for (moment, isWithin) in [(0, true), (10, true), (19.999, false)] {
            let added = count.add(1, at: seconds(moment))
            #expect(added == isWithin, "\(moment)")
        }
    }

    @Test func onlyGraphCountsRequestsAndOctets() {
        var limits = LaneLimits()
        limits.requests = Rate(1, per: .seconds(10))
        limits.upload = Rate(100, per: .seconds(10))
        var counts = MailboxCounts(limits)
        let exceeded = [
            counts.add(recipients: 1, size: 75, by: .graph, at: seconds(0)),
            counts.add(recipients: 1, size: 75, by: .smtp, at: seconds(1)),
            counts.add(recipients: 1, size: 3, by: .graph, at: seconds(2)),
        ]
        #expect(exceeded == [[], [], ["requests", "octets"]])
    }
}
