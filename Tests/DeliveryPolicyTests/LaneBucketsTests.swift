import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct LaneBucketsTests {
    private static func limits(_ change: (inout LaneLimits) -> Void) -> LaneLimits {
        var limits = LaneLimits()
        change(&limits)
        return limits
    }

    @Test func thePublishedLimitsAreTheDefaults() {
        let limits = LaneLimits()
        #expect(limits.messages == Rate(30, per: .seconds(60)))
        #expect(limits.recipients == Rate(10_000, per: .seconds(86_400)))
        #expect(limits.requests == Rate(10_000, per: .seconds(600)))
        #expect(limits.upload == Rate(150_000_000, per: .seconds(300)))
        #expect(limits.concurrency == 3 && limits.connections == 3 && RouteLimits().concurrency == 64)
        #expect(Path.allCases.map(RouteLimits().concurrency(of:)) == [64, 64])
    }

    static let scarce: [(LaneLimits, Waiting, Instant)] = [
        (limits { $0.messages = Rate(1, per: .seconds(10)) }, row(2), 10),
        (limits { $0.recipients = Rate(10, per: .seconds(20)) }, row(2, recipients: 5), 20),
        (limits { $0.requests = Rate(1, per: .seconds(30)) }, row(2), 30),
        (limits { $0.upload = Rate(10_000, per: .seconds(40)) }, row(2, size: 6000), 40),
        (limits { $0.upload = Rate(10_000, per: .seconds(40)) }, row(2, size: 90_000), 40),
        (limits { $0.upload = Rate(12_000, per: .seconds(40)) }, row(2, size: 3000), 0),
    ]

    /// The first row has 6 recipients and 6000 octets, which are 8000 in base 64.
    @Test(arguments: scarce) func eachLimitHoldsTheNextBack(limits: LaneLimits, next: Waiting, moment: Instant) throws {
        var buckets = LaneBuckets(limits)
        let first = try buckets.mustTake(row(1, recipients: 6, size: 6000))
        buckets.settle(first, at: 0)
        #expect(buckets.nextAvailable(for: next, by: .graph, at: 0) == moment)
        if moment > 0 { #expect(buckets.take(for: next, by: .graph, at: moment - .milliseconds(1)) == nil) }
        #expect(buckets.take(for: next, by: .graph, at: moment) != nil)
    }

    @Test func whatDoesNotFitOneTakesNothingFromTheOthers() {
        var buckets = LaneBuckets(Self.limits { $0.recipients = Rate(5, per: .seconds(60)) })
        #expect(!buckets.canEverFit(row(1, recipients: 6)) && buckets.canEverFit(row(1, recipients: 5)))
        #expect(buckets.take(for: row(1, recipients: 6), by: .graph, at: 0) == nil)
        #expect(buckets.availableMessages(at: 0) == 30 && buckets.unused(from: 0) == 0)
    }

    @Test func bulkLeavesATenthForOthers() throws {
        var buckets = LaneBuckets(LaneLimits())
        for number in 0..<27 { buckets.settle(try buckets.mustTake(row(number, .bulk)), at: 0) }
        #expect(buckets.take(for: row(30, .bulk), by: .graph, at: 0) == nil)
        #expect(buckets.nextAvailable(for: row(30, .bulk), by: .graph, at: 0) == 60)
        for number in 31...33 { #expect(buckets.take(for: row(number, .normal), by: .graph, at: 0) != nil) }
        #expect(buckets.take(for: row(34, .high), by: .graph, at: 0) == nil)
    }

    @Test func refundsAllAndKnowsWhenNothingIsUsed() throws {
        var buckets = LaneBuckets(LaneLimits())
        let ticket = try buckets.mustTake(row(1))
        #expect(buckets.unused(from: 0) == nil)
        buckets.refund(ticket)
        #expect(buckets.unused(from: 0) == 0)
        buckets.restore(Spent(answeredAt: -10, recipients: 4, size: 100))
        #expect(buckets.unused(from: 0) == 86_390)
        #expect(buckets.availableMessages(at: 0) == 29)
    }

    static let shared: [(LaneLimits, holdsBack: [Path])] = [
        (limits { $0.messages = Rate(1, per: .seconds(60)) }, [.graph, .smtp]),
        (limits { $0.recipients = Rate(2, per: .seconds(60)) }, [.graph, .smtp]),
        (limits { $0.requests = Rate(1, per: .seconds(60)) }, [.graph]),
        (limits { $0.upload = Rate(4000, per: .seconds(60)) }, [.graph]),
    ]

    /// The first row has 2 recipients and 4000 octets of base 64.
    @Test(arguments: shared) func graphSpendsOfAllFour(limits: LaneLimits, holdsBack: [Path]) throws {
        for path in Path.allCases {
            var buckets = LaneBuckets(limits)
            buckets.settle(try buckets.mustTake(row(1, recipients: 2)), at: 0)
            var restored = LaneBuckets(limits)
            restored.restore(Spent(answeredAt: 0, recipients: 2, size: 3000))
            let moment: Instant = holdsBack.contains(path) ? 60 : 0
            #expect(buckets.nextAvailable(for: row(2), by: path, at: 0) == moment)
            #expect(restored.nextAvailable(for: row(2), by: path, at: 0) == moment)
        }
    }

    @Test(arguments: shared) func smtpSpendsOfWhatIsShared(limits: LaneLimits, holdsBack: [Path]) throws {
        for path in Path.allCases {
            var buckets = LaneBuckets(limits)
            let tickets = try buckets.mustTake(row(1, recipients: 2), by: .smtp)
            var refunded = buckets
            refunded.refund(tickets)
            #expect(refunded.unused(from: 0) == 0)
            buckets.settle(tickets, at: 0)
            var restored = LaneBuckets(limits)
            restored.restore(Spent(answeredAt: 0, path: .smtp, recipients: 2, size: 3000))
            let moment: Instant = holdsBack.contains(.smtp) ? 60 : 0
            #expect(buckets.nextAvailable(for: row(2), by: path, at: 0) == moment)
            #expect(restored.nextAvailable(for: row(2), by: path, at: 0) == moment)
        }
    }

    static let usages: [(Usage, messages: Int64, requests: Int64, upload: Bool)] = [
        (.whole, 29, 9, true), (Usage(requests: 4), 29, 6, true), (Usage(requests: 6), 29, 4, true),
        (Usage(requests: 1, isSubmitted: false, octets: 0), 30, 9, false),
        (Usage(requests: 2, isSubmitted: false), 30, 8, true),
        (Usage(requests: 2, isSubmitted: true, octets: 0), 29, 8, false),
    ]

    /// A look at the mailbox is a request and no message; what an attempt did not need comes back at once.
    @Test(arguments: usages) func anAttemptPaysForWhatItUsed(
        _ usage: Usage, messages: Int64, requests: Int64, upload: Bool
    ) throws {
        var buckets = LaneBuckets(
            Self.limits {
                ($0.requests, $0.requestsPerAttempt) = (Rate(10, per: .seconds(60)), 4)
                $0.upload = Rate(12_000, per: .seconds(40))
            })
        let tickets = try buckets.mustTake(row(1, size: 6000))
        #expect(buckets.availableRequests(at: 0) == 6)
        buckets.settle(tickets, usage, at: 0)
        #expect(buckets.availableMessages(at: 0) == messages && buckets.availableRequests(at: 0) == requests)
        let next = buckets.nextAvailable(for: row(2, size: 6000), by: .graph, at: 0)
        #expect(next == (upload ? 40 : 0))
    }

    /// What is set aside for a draft and its attachments is more than it takes, and what it took is all it pays.
    @Test func anUploadPaysForWhatItUsed() throws {
        var buckets = LaneBuckets(Self.limits { $0.uploadsAbove = 1_000_000 })
        let size = 3_000_000 as Int64
        let allowance = UploadAllowance(size: size)
        let tickets = try buckets.mustTake(row(1, size: size))
        #expect(buckets.availableRequests(at: 0) == 10_000 - 1 - allowance.requests)
        #expect(buckets.availableOctets(at: 0) == 150_000_000 - allowance.octets)
        buckets.settle(tickets, Usage(requests: 12, octets: 2_500_000), at: 0)
        #expect(buckets.availableRequests(at: 0) == 10_000 - 12)
        #expect(buckets.availableOctets(at: 0) == 150_000_000 - 2_500_000)
        _ = try buckets.mustTake(row(2, size: 1_000_000))
        #expect(buckets.availableRequests(at: 0) == 10_000 - 13, "what one request carries takes one")
    }

    /// A limit below what one attempt may take is kept by one attempt at a time.
    @Test func anAttemptOfManyRequestsFitsASmallLimit() throws {
        var buckets = LaneBuckets(
            Self.limits { ($0.requests, $0.requestsPerAttempt) = (Rate(2, per: .seconds(60)), 4) })
        let tickets = try buckets.mustTake(row(1))
        #expect(buckets.take(for: row(2), by: .graph, at: 0) == nil)
        buckets.settle(tickets, Usage(requests: 3), at: 0)
        #expect(buckets.nextAvailable(for: row(2), by: .graph, at: 0) == 60)
    }

    @Test func theLogTellsLooksFromMessages() {
        var buckets = LaneBuckets(LaneLimits())
        buckets.restore(Spent(answeredAt: 0, messages: 0, recipients: 0, size: 0, requests: 3))
        #expect(buckets.availableMessages(at: 0) == 30 && buckets.availableRequests(at: 0) == 9997)
        buckets.restore(Spent(answeredAt: 0, recipients: 1, size: 0))
        #expect(buckets.availableMessages(at: 0) == 29 && buckets.availableRequests(at: 0) == 9996)
    }
}

extension LaneBuckets {
    fileprivate mutating func mustTake(_ row: Waiting, by path: Path = .graph) throws -> Tickets {
        let tickets = take(for: row, by: path, at: 0)
        return try #require(tickets)
    }
}
