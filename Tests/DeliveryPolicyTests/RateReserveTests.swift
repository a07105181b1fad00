import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct RateReserveTests {
    static let reserves: [(Rate, Priority, reserve: Int64, overdue: Int64)] = [
        (Rate(30, per: .seconds(60)), .high, 0, 0), (Rate(30, per: .seconds(60)), .normal, 0, 0),
        (Rate(30, per: .seconds(60)), .bulk, 3, 0), (Rate(19, per: .seconds(60)), .bulk, 1, 0),
        (Rate(2, per: .seconds(60)), .bulk, 1, 0), (Rate(1, per: .seconds(60)), .bulk, 0, 0),
        (Rate(10_000, per: .seconds(86_400)), .high, 0, 0), (Rate(10_000, per: .seconds(86_400)), .normal, 200, 200),
        (Rate(10_000, per: .seconds(86_400)), .bulk, 1000, 1000), (Rate(9, per: .seconds(86_400)), .bulk, 0, 0),
        (Rate(300, per: .seconds(3600)), .bulk, 30, 30), (Rate(300, per: .seconds(3599)), .bulk, 30, 0),
    ]

    @Test(arguments: reserves)
    func leavesToTheMoreUrgent(rate: Rate, priority: Priority, reserve: Int64, overdue: Int64) {
        #expect(rate.reserve(before: priority) == reserve)
        #expect(rate.reserve(before: priority, isOverdue: true) == overdue)
    }

    private static func limits(_ tight: LimitName) -> LaneLimits {
        var limits = LaneLimits()
        limits.requestsPerAttempt = 1
        limits.messages = Rate(tight == .messages ? 20 : 1000, per: .seconds(60))
        limits.recipients = Rate(tight == .recipients ? 20 : 1000, per: .seconds(60))
        limits.requests = Rate(tight == .requests ? 20 : 1000, per: .seconds(60))
        limits.upload = Rate(tight == .upload ? 10_000_000 : 1_000_000_000, per: .seconds(300))
        return limits
    }

    /// Behind as much bulk as there can be, by each limit that bulk can use up: a report goes at once.
    @Test(arguments: [LimitName.messages, .recipients, .requests, .upload])
    func urgentMailGoesBehindAnyBulk(limit: LimitName) {
        var buckets = LaneBuckets(Self.limits(limit))
        var count = 0
        while buckets.take(for: row(count, .bulk, size: 300_000), by: .graph, at: 0) != nil { count += 1 }
        #expect(count > 15)
        let bulk = row(500, .bulk, size: 300_000)
        #expect(buckets.lacks(for: bulk, by: .graph, at: 0).map(\.use.name) == [limit])
        #expect(buckets.take(for: row(501, .high, size: 300_000), by: .graph, at: 0) != nil)
        #expect(buckets.take(for: row(502, .bulk, size: 10_000), by: .graph, isOverdue: true, at: 0) != nil)
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
