import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct RateReserveTests {
    static let reserves: [(Rate, Priority, reserve: Int64, overdue: Int64)] = [
        (Rate(30, per: .seconds(60)), .high, 0, 0), (Rate(30, per: .seconds(60)), .normal, 0, 0),
        (Rate(30, per: .seconds(60)), .bulk, 1, 0), (Rate(29, per: .seconds(60)), .bulk, 0, 0),
        (Rate(10_000, per: .seconds(86_400)), .high, 0, 0), (Rate(10_000, per: .seconds(86_400)), .normal, 200, 200),
        (Rate(10_000, per: .seconds(86_400)), .bulk, 1000, 1000), (Rate(9, per: .seconds(86_400)), .bulk, 0, 0),
        (Rate(300, per: .seconds(3600)), .bulk, 30, 30), (Rate(300, per: .seconds(3599)), .bulk, 10, 0),
    ]

    @Test(arguments: reserves)
    func leavesToTheMoreUrgent(rate: Rate, priority: Priority, reserve: Int64, overdue: Int64) {
        #expect(rate.reserve(before: priority) == reserve)
        #expect(rate.reserve(before: priority, isOverdue: true) == overdue)
    }

    static let quotas: [(Duration, Bool)] = [(.seconds(60), false), (.seconds(3600), true), (.seconds(86_400), true)]

    @Test(arguments: quotas) func aQuotaIsALimitOfAnHourOrMore(per: Duration, isQuota: Bool) {
        #expect(Rate(5, per: per).isQuota == isQuota)
    }

    /// Of 100 recipients a day: what each priority can take by itself, in messages to one.
    static let shares: [(Priority, Int)] = [(.high, 100), (.normal, 98), (.bulk, 90)]

    @Test(arguments: shares) func eachPriorityStopsAtItsShareOfAQuota(priority: Priority, most: Int) {
        var limits = LaneLimits()
        limits.messages = Rate(1000, per: .seconds(60))
        limits.recipients = Rate(100, per: .seconds(86_400))
        var buckets = LaneBuckets(limits)
        var count = 0
        while let tickets = buckets.take(for: row(count, priority), by: .graph, at: 0) {
            buckets.settle(tickets, at: 0)
            count += 1
        }
        #expect(count == most)
        for above in Priority.allCases where above < priority {
            #expect(buckets.take(for: row(500, above), by: .graph, at: 0) != nil)
        }
    }
}
