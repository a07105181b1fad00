import DeliveryPolicy
import MailModel
import Testing

@Suite struct TokenBucketTests {
    private static func bucket(_ amount: Int64, per seconds: Int64) -> TokenBucket {
        TokenBucket(Rate(amount, per: .seconds(seconds)))
    }

    @Test func knowsWhatIsSpentAndChargesWhatDoesNotFit() {
        var bucket = TokenBucket(Rate(10, per: .seconds(60)))
        let ticket = bucket.charge(12)
        #expect(bucket.spent(at: 0) == 12 && bucket.available(at: 0) == 0 && bucket.nextAvailable(1, at: 0) == nil)
        bucket.settle(ticket, at: 5)
        #expect(bucket.spent(at: 64) == 12 && bucket.spent(at: 65) == 0)
        bucket.refund(bucket.charge(3))
        #expect(bucket.spent(at: 65) == 0)
    }

    /// Of 10 a minute; 4 of them come back at 20, the others are there.
    @Test(
        arguments: [
            (0, 0, 0), (6, 0, 0), (7, 0, 20), (10, 0, 20), (16, 0, 60), (17, 0, 80), (20, 0, 80), (1000, 0, 5960),
            (5, 1, 0),
            (6, 1, 20), (10, 1, 60),
        ] as [(Int64, Int64, Int)])
    func tellsHowLongItTakes(_ total: Int64, _ reserve: Int64, _ seconds: Int) {
        var bucket = TokenBucket(Rate(10, per: .seconds(60)))
        bucket.restore(4, returningAt: 20)
        #expect(bucket.time(toTake: total, leaving: reserve, at: 0) == .seconds(seconds))
    }

    @Test func tokensReturnOneWindowAfterTheAnswer() throws {
        var bucket = Self.bucket(2, per: 60)
        let first = try bucket.mustTake(1, at: 0)
        let second = try bucket.mustTake(1, at: 1)
        #expect(bucket.take(1, at: 100) == nil)
        #expect(bucket.nextAvailable(1, at: 100) == nil)
        bucket.settle(first, at: 5)
        #expect(bucket.nextAvailable(1, at: 5) == 65)
        bucket.settle(second, at: 9)
        #expect(bucket.nextAvailable(2, at: 9) == 69)
        #expect(bucket.take(1, at: 64.999) == nil)
        #expect(bucket.available(at: 65) == 1)
        #expect(bucket.take(2, at: 68.999) == nil)
        #expect(bucket.take(2, at: 69) != nil)
    }

    @Test func aRefundIsThereAtOnce() throws {
        var bucket = Self.bucket(10, per: 60)
        let ticket = try bucket.mustTake(10, at: 0)
        #expect(bucket.available(at: 0) == 0)
        bucket.refund(ticket)
        #expect(bucket.available(at: 0) == 10)
        #expect(bucket.unused(from: 0) == 0)
    }

    @Test func whatIsAvailableNowNeedsNoWaiting() {
        var bucket = Self.bucket(5, per: 60)
        #expect(bucket.nextAvailable(5, at: 3) == 3)
        bucket.restore(2, returningAt: 10)
        #expect(bucket.nextAvailable(3, at: 3) == 3)
        #expect(bucket.nextAvailable(4, at: 3) == 10)
        #expect(bucket.nextAvailable(4, at: 12) == 12)
    }

    @Test func aReserveIsLeftUnlessTheAmountItselfNeedsIt() {
        var bucket = Self.bucket(10, per: 60)
        bucket.restore(7, returningAt: 30)
        #expect(bucket.nextAvailable(2, leaving: 1, at: 0) == 0)
        #expect(bucket.nextAvailable(3, leaving: 1, at: 0) == 30)
        #expect(bucket.nextAvailable(10, leaving: 1, at: 0) == 30)
    }

    @Test func anAmountAboveTheCapacityNeverFitsACount() {
        var bucket = Self.bucket(10, per: 60)
        #expect(bucket.take(11, at: 0) == nil)
        #expect(bucket.nextAvailable(11, at: 0) == nil)
    }

    @Test func anAmountAboveTheCapacityWaitsForAnUnusedBucketOfOctets() throws {
        var bucket = TokenBucket(Rate(100, per: .seconds(60)), oversize: .whenUnused)
        let small = try bucket.mustTake(1, at: 0)
        #expect(bucket.take(250, at: 0) == nil)
        #expect(bucket.nextAvailable(250, at: 0) == nil)
        bucket.settle(small, at: 2)
        #expect(bucket.nextAvailable(250, at: 2) == 62)
        let huge = try bucket.mustTake(250, at: 62)
        #expect(bucket.available(at: 62) == 0)
        #expect(bucket.take(1, at: 500) == nil)
        bucket.settle(huge, at: 500)
        #expect(bucket.nextAvailable(1, at: 500) == 560)
        #expect(bucket.available(at: 560) == 100)
    }

    @Test func restoresInAnyOrder() {
        var bucket = Self.bucket(3, per: 60)
        for moment in [30, 10, 20] as [Instant] { bucket.restore(1, returningAt: moment) }
        #expect([0, 10, 20, 30].map { bucket.available(at: $0) } == [0, 1, 2, 3])
    }

    @Test func aReloadKeepsWhatWasSpent() throws {
        var bucket = Self.bucket(4, per: 60)
        bucket.settle(try bucket.mustTake(3, at: 0), at: 1)
        let inFlight = try bucket.mustTake(1, at: 1)
        bucket.configure(Rate(2, per: .seconds(120)))
        #expect(bucket.nextAvailable(1, at: 2) == 121)
        bucket.settle(inFlight, at: 2)
        #expect(bucket.available(at: 121) == 1)
        #expect(bucket.available(at: 122) == 2)
        bucket.configure(Rate(10, per: .seconds(60)))
        #expect(bucket.available(at: 2) == 6)
    }

    @Test func aLargeBucketMergesItsEntriesOnTheSafeSide() throws {
        var bucket = Self.bucket(10_000, per: 600)
        var now: Instant = 0
        for _ in 0..<10_000 {
            bucket.settle(try bucket.mustTake(1, at: now), at: now)
            now = now + .milliseconds(1)
        }
        #expect(bucket.available(at: now) == 0)
        for second in stride(from: 600.0, through: 610, by: 0.5) {
            let due = Int64((second - 600) * 1000)
            let free = bucket.available(at: Instant(floatLiteral: second))
            #expect(free <= due + 1)
            #expect(free >= min(10_000, due) - 600)
        }
        #expect(bucket.unused(from: now) == 609.999)
    }

    /// Arrivals anywhere between take and answer: never more than the limit in any window of any position.
    @Test(arguments: [UInt64](1...20)) func noWindowEverHoldsMoreThanTheLimit(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let rate = Rate(
            .random(in: 1...50, using: &random), per: .milliseconds(Int.random(in: 500...5000, using: &random)))
        var bucket = TokenBucket(rate)
        var arrivals: [Instant] = []
        var answers: [(at: Instant, ticket: TokenBucket.Ticket)] = []
        var now: Instant = 0
        for _ in 0..<3000 {
            now = now + .milliseconds(Int.random(in: 0...60, using: &random))
            while let next = answers.firstIndex(where: { $0.at <= now }) {
                bucket.settle(answers[next].ticket, at: now)
                answers.remove(at: next)
            }
            guard let ticket = bucket.take(1, at: now) else { continue }
            let latency = Int64.random(in: 0...2000, using: &random)
            arrivals.append(now + .milliseconds(Int64.random(in: 0...latency, using: &random)))
            answers.append((now + .milliseconds(latency), ticket))
        }
        let most = SlidingWindow.most(in: rate.per, arrivals.map { ($0, 1) })
        #expect(most <= rate.amount)
        #expect(arrivals.count > Int(rate.amount))
    }
}

extension TokenBucket {
    fileprivate mutating func mustTake(_ amount: Int64, at now: Instant) throws -> Ticket {
        let ticket = take(amount, at: now)
        return try #require(ticket)
    }
}
