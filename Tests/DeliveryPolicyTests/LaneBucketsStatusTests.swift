import MailModel
import Testing

@testable import DeliveryPolicy

/// How long the limits make things take.
@Suite struct LaneBucketsStatusTests {
    static let drains: [(Backlog, Path, Duration)] = [
        (Backlog(messages: 0, recipients: 0), .graph, .zero),
        (Backlog(messages: 30, recipients: 30), .graph, .zero),
        (Backlog(messages: 31, recipients: 31), .graph, .seconds(60)),
        (Backlog(messages: 90, recipients: 90), .graph, .seconds(120)),
        (Backlog(messages: 27, recipients: 27, priority: .bulk), .graph, .zero),
        (Backlog(messages: 28, recipients: 28, priority: .bulk), .graph, .seconds(60)),
        (Backlog(messages: 90, recipients: 20_000, priority: .high), .graph, .seconds(86_400)),
        (Backlog(messages: 90, recipients: 20_000, priority: .normal), .graph, .seconds(2 * 86_400)),
        (Backlog(messages: 30, recipients: 30, size: 112_500_000), .graph, .zero),
        (Backlog(messages: 30, recipients: 30, size: 112_500_003), .graph, .seconds(300)),
        (Backlog(messages: 30, recipients: 30, size: 900_000_000), .smtp, .zero),
    ]

    @Test(arguments: drains) func byTheScarcestLimit(backlog: Backlog, path: Path, time: Duration) {
        #expect(LaneBuckets(LaneLimits()).timeToDrain(backlog, by: path, at: 0) == time)
    }

    @Test func countsFromWhatIsSpent() {
        var buckets = LaneBuckets(LaneLimits())
        buckets.restore(Spent(answeredAt: -20, messages: 30, recipients: 30, size: 0))
        let backlog = Backlog(messages: 30, recipients: 30)
        #expect(buckets.timeToDrain(backlog, by: .graph, at: 0) == .seconds(40))
        #expect(buckets.timeToDrain(Backlog(messages: 31, recipients: 31), by: .graph, at: 0) == .seconds(100))
    }

    /// The real limiter, as fast as it lets anything go.
    @Test(arguments: [1, 29, 30, 31, 75, 400], [0, 7, 30] as [Int64])
    func isWhatItTakes(_ messages: Int, _ spent: Int64) {
        var buckets = LaneBuckets(LaneLimits())
        buckets.restore(Spent(answeredAt: -13, messages: spent, recipients: spent, size: 0))
        let backlog = Backlog(messages: Int64(messages), recipients: Int64(messages))
        let estimate = buckets.timeToDrain(backlog, by: .smtp, at: 0)
        var now = Instant.start
        for number in 0..<messages {
            guard let next = buckets.nextAvailable(for: row(number), by: .smtp, at: now),
                let tickets = buckets.take(for: row(number), by: .smtp, at: next)
            else {
                Issue.record("stuck")
                return
            }
            now = next
            buckets.settle(tickets, at: now)
        }
        #expect(now - .start == estimate)
    }

    @Test func namesWhatIsLacking() {
        var limits = LaneLimits()
        limits.messages = Rate(2, per: .seconds(60))
        limits.recipients = Rate(5, per: .seconds(90))
        limits.requests = Rate(2, per: .seconds(30))
        var buckets = LaneBuckets(limits)
        #expect(buckets.lacks(for: row(1), by: .graph, at: 0).isEmpty)
        buckets.restore(Spent(answeredAt: 0, messages: 2, recipients: 4, size: 0))
        func lacks(_ recipients: Int, by path: Path) -> [LimitName] {
            buckets.lacks(for: row(1, recipients: recipients), by: path, at: 1).map(\.use.name)
        }
        #expect(lacks(1, by: .graph) == [.messages, .requests] && lacks(1, by: .smtp) == [.messages])
        #expect(lacks(2, by: .smtp) == [.messages, .recipients])
        #expect(buckets.lacks(for: row(1, recipients: 2), by: .smtp, at: 1).map(\.until) == [60, 90])
        #expect(buckets.uses(at: 1).map(\.used) == [2, 4, 2, 0])
    }

    /// What is under way elsewhere holds its tokens, however many there are.
    @Test func chargesWhatIsUnderWay() {
        var limits = LaneLimits()
        limits.recipients = Rate(10, per: .seconds(60))
        var buckets = LaneBuckets(limits)
        let tickets = buckets.charge(for: row(1, recipients: 15), by: .graph)
        #expect(buckets.uses(at: 0).map(\.used) == [1, 15, 1, 4000])
        #expect(buckets.nextAvailable(for: row(2), by: .smtp, at: 0) == nil)
        buckets.settle(tickets, at: 5)
        #expect(buckets.nextAvailable(for: row(2), by: .smtp, at: 5) == 65)
    }
}
