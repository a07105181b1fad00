import MailModel
import Testing

@testable import DeliveryPolicy

/// The quota of external recipients that all mailboxes of a route share.
@Suite struct ExternalQuotaTests {
    private static let day = Duration.seconds(86_400)

    private static func settle(_ rows: [Waiting], in quota: inout ExternalQuota, at now: Instant) {
        for row in rows where quota.admit(row, at: now) == nil {
            quota.finished(row.id, reachedFarSide: true, at: now)
        }
    }

    @Test func withoutALimitEverythingPasses() {
        var quota = ExternalQuota(nil)
        #expect(quota.admit(row(1, recipients: 500, external: nil), at: 0) == nil)
        #expect(quota.use(at: 0) == nil && quota.canEverFit(row(1, recipients: 9999)))
        #expect(quota.opening(5000, for: .bulk, at: 7) == 7)
    }

    static let shares: [(Priority, used: Int, external: Int?, isAdmitted: Bool)] = [
        (.bulk, 89, 1, true), (.bulk, 90, 1, false), (.bulk, 89, 2, false), (.normal, 97, 1, true),
        (.normal, 98, 1, false), (.high, 99, 1, true), (.high, 100, 1, false), (.high, 95, 6, false),
        (.bulk, 0, 95, true), (.bulk, 1, 95, false), (.bulk, 100, 0, true), (.normal, 96, nil, false),
    ]

    /// Of 100 a day; a row whose externals nobody has counted has as many as recipients, which are three here.
    @Test(arguments: shares) func eachPriorityHasItsShare(
        priority: Priority, used: Int, external: Int?, isAdmitted: Bool
    ) {
        var quota = ExternalQuota(Rate(100, per: Self.day))
        quota.restore(Spent(answeredAt: -3600, recipients: 500, externalRecipients: Int64(used), size: 0))
        let until = quota.admit(row(1, priority, recipients: 3, external: external), at: 0)
        #expect(until == (isAdmitted ? nil : 82_800))
    }

    @Test func whatNeverFitsIsToldApart() {
        let quota = ExternalQuota(Rate(100, per: Self.day))
        #expect(quota.canEverFit(row(1, recipients: 500, external: 100)))
        #expect(!quota.canEverFit(row(1, recipients: 500, external: 101)))
        #expect(!quota.canEverFit(row(1, recipients: 101)))
    }

    @Test func whatIsSpentComesBackAWindowAfterItsAnswer() {
        var quota = ExternalQuota(Rate(10, per: .seconds(100)))
        #expect(quota.admit(row(1, external: 10), at: 0) == nil)
        // In flight: nobody knows, so it is looked at again in a while.
        #expect(quota.admit(row(2, external: 1), at: 1) == 101)
        quota.finished(id(1), reachedFarSide: true, at: 5)
        #expect(quota.admit(row(2, external: 1, hasWaited: true), at: 101) == 105)
        #expect(quota.admit(row(2, external: 1, hasWaited: true), at: 105) == nil)
        #expect(quota.use(at: 105) == LimitUse(.externalRecipients, used: 1, of: Rate(10, per: .seconds(100))))
    }

    /// What waits leaves and the quota begins anew; the mailbox keeps what it has spent, what is under way, and its pause.
    @Test func aRouteThatCountsOtherwiseKeepsItsLanes() {
        var random = SplitMix64(seed: 1)
        var scheduler = Scheduler()
        let limits = routeLimits {
            $0.externalRecipients = Rate(10, per: Self.day)
            $0.lane.messages = Rate(3, per: .seconds(60))
        }
        scheduler.configure("r", limits, at: 0)
        let lane = LaneKey(route: "r", mailbox: address("box@contoso.com"))
        for number in 1...5 { _ = scheduler.enqueue(row(number, external: 2), lane: lane, at: 0) }
        #expect(scheduler.start(at: 0).map(\.id) == [id(1), id(2), id(3)])
        scheduler.finished(id(1), .healthy, at: 0, using: &random)
        let throttled = refusal(.throttled, status: 429)
        scheduler.finished(id(2), .pause(throttled, retryAfter: .seconds(300)), at: 0, using: &random)
        scheduler.recount(route: "r", at: 1)
        #expect(scheduler.quotas(at: 1).first?.use.used == 2, "of what is under way")
        scheduler.restoreQuota(route: "r", [Spent(answeredAt: 0, recipients: 1, externalRecipients: 4, size: 0)])
        #expect(scheduler.quotas(at: 1).first?.use.used == 6)
        #expect(!scheduler.stillAdmits(id(3), at: 1), "the pause stays")
        #expect(scheduler.enqueue(row(4, external: 0), lane: lane, at: 1) == .waiting, "it had left")
        #expect(scheduler.explain(lane, at: 1)?.paths.first?.pausedUntil == 300)
        #expect(scheduler.start(at: 1).isEmpty)
    }

    @Test func whatNeverArrivedIsGivenBack() {
        var quota = ExternalQuota(Rate(10, per: .seconds(100)))
        #expect(quota.admit(row(1, external: 10), at: 0) == nil)
        quota.finished(id(1), reachedFarSide: false, at: 1)
        #expect(quota.use(at: 1)?.used == 0 && quota.admit(row(2, external: 10), at: 1) == nil)
        quota.finished(id(7), reachedFarSide: true, at: 1)
        #expect(quota.use(at: 1)?.used == 10)
    }

    /// 10 an hour, all spent at once; 25 rows to one each come after that.
    @Test func rowsArePutOffInTheOrderTheyCame() {
        var quota = ExternalQuota(Rate(10, per: .seconds(3600)))
        Self.settle((0..<10).map { row($0, external: 1) }, in: &quota, at: 0)
        let moments = (10..<35).map { quota.admit(row($0, external: 1), at: 1) }
        let windows: [Instant] = [3600, 7200, 10_800]
        #expect(moments == (0..<25).map { windows[$0 / 10] })
    }

    /// Nobody who comes later has what those before it were put off for; they have.
    @Test func aNewcomerWaitsBehindThoseWhoWait() {
        var quota = ExternalQuota(Rate(10, per: .seconds(3600)))
        Self.settle((0..<10).map { row($0, external: 1) }, in: &quota, at: 0)
        for number in 10..<25 { _ = quota.admit(row(number, external: 1), at: 1) }
        #expect(quota.admit(row(30, external: 1), at: 3600) == 7200, "fifteen come before it")
        #expect(quota.admit(row(31, .high, external: 1), at: 3600) == nil, "the more urgent are promised nothing")
        for number in 10..<19 { #expect(quota.admit(row(number, external: 1, hasWaited: true), at: 3600) == nil) }
        #expect(quota.admit(row(19, external: 1, hasWaited: true), at: 3600) != nil)
    }

    /// There is enough for those who wait and for one more.
    @Test func aPromiseKeepsNobodyBackWhereThereIsRoomForAll() {
        var quota = ExternalQuota(Rate(10, per: .seconds(3600)))
        Self.settle((0..<10).map { row($0, external: 1) }, in: &quota, at: 0)
        for number in 10..<13 { #expect(quota.admit(row(number, external: 1), at: 1) == 3600) }
        #expect(quota.admit(row(20, external: 7), at: 3600) == nil)
        #expect(quota.admit(row(21, external: 1), at: 3601) != nil)
    }

    @Test func anAttemptFromElsewhereCounts() {
        var quota = ExternalQuota(Rate(10, per: .seconds(3600)))
        quota.adopt(row(1, recipients: 12))
        #expect(quota.use(at: 0)?.used == 12 && quota.use(at: 0)?.percent == 120)
        quota.finished(id(1), reachedFarSide: true, at: 5)
        #expect(quota.admit(row(2, external: 1), at: 6) == 3605)
    }

    @Test func aReloadKeepsWhatIsSpent() {
        var quota = ExternalQuota(Rate(10, per: .seconds(3600)))
        Self.settle((0..<10).map { row($0, external: 1) }, in: &quota, at: 0)
        quota.configure(Rate(11, per: .seconds(3600)))
        #expect(quota.admit(row(20, external: 1), at: 1) == nil)
        #expect(quota.admit(row(21, external: 1), at: 1) != nil)
        quota.configure(nil)
        #expect(quota.admit(row(22, external: 500), at: 1) == nil)
    }

    // MARK: On a route

    private static func scheduler() -> Scheduler {
        var scheduler = Scheduler()
        scheduler.configure(
            "r",
            routeLimits {
                $0.externalRecipients = Rate(10, per: .seconds(3600))
                $0.lane.messages = Rate(100_000, per: .seconds(60))
            }, at: 0)
        return scheduler
    }

    private static func lane(_ number: Int) -> LaneKey {
        LaneKey(route: "r", mailbox: address("box\(number)@contoso.com"))
    }

    @Test func allMailboxesShareItAndMailOfOnesOwnPasses() throws {
        var (scheduler, random) = (Self.scheduler(), SplitMix64(seed: 4))
        for number in 0..<30 {
            let waiting = row(number, external: number < 20 ? 1 : 0)
            #expect(scheduler.enqueue(waiting, lane: Self.lane(number % 2), at: 0) == .waiting)
        }
        var started: [QueueID] = []
        while true {
            let starts = scheduler.start(at: 0)
            if starts.isEmpty { break }
            for start in starts {
                started.append(start.id)
                scheduler.finished(start.id, .healthy, at: 0, using: &random)
            }
        }
        #expect(Set(started) == Set((0..<10).map { id($0) } + (20..<30).map { id($0) }))
        let putOff = scheduler.takePutOff()
        #expect(putOff.map(\.id).sorted() == (10..<20).map { id($0) } && putOff.allSatisfy { $0.until == 3600 })
        #expect(putOff.first?.use == LimitUse(.externalRecipients, used: 10, of: Rate(10, per: .seconds(3600))))
        #expect(scheduler.takePutOff().isEmpty)
        let again = try #require(putOff.first)
        let returning = Waiting(
            id: again.id, due: 3600, recipients: 1, size: 1, externalRecipients: 1, hasWaited: true)
        #expect(scheduler.enqueue(returning, lane: again.lane, at: 3600) == .waiting)
        #expect(scheduler.start(at: 3600).map(\.id) == [again.id])
    }

    /// An attempt that only looked whether an earlier one had got through has sent to nobody.
    @Test func aLookTakesNothingOfIt() {
        var (scheduler, random) = (Self.scheduler(), SplitMix64(seed: 4))
        _ = scheduler.enqueue(row(1, external: 10), lane: Self.lane(1), at: 0)
        #expect(scheduler.start(at: 0).count == 1)
        let look = Usage(requests: 1, isSubmitted: false, octets: 0)
        scheduler.finished(id(1), .healthy, usage: look, at: 1, using: &random)
        _ = scheduler.enqueue(row(2, external: 10), lane: Self.lane(2), at: 1)
        #expect(scheduler.start(at: 1).map(\.id) == [id(2)])
    }

    @Test func tooManyForTheWholeWindowAreRefused() {
        var scheduler = Self.scheduler()
        guard case .neverFits(let refusal) = scheduler.enqueue(row(1, external: 11), lane: Self.lane(1), at: 0) else {
            Issue.record("fits")
            return
        }
        #expect(refusal.text.contains("`external_recipients`") && refusal.cause == .rejected)
        for number in 2..<4 { _ = scheduler.enqueue(row(number, external: 9), lane: Self.lane(number), at: 0) }
        let smaller = routeLimits { $0.externalRecipients = Rate(8, per: .seconds(3600)) }
        #expect(scheduler.configure("r", smaller, at: 0).sorted() == [id(2), id(3)])
    }

    /// Random rows over several mailboxes with random answers: no window ever holds more, and all go in the end.
    @Test(arguments: 1...6 as ClosedRange<UInt64>) func noWindowHoldsMore(seed: UInt64) {
        var (scheduler, random) = (Self.scheduler(), SplitMix64(seed: seed))
        var (now, arrivals, flights) = (Instant.start, [(at: Instant, amount: Int64)](), [(QueueID, Instant)]())
        var rows: [QueueID: Waiting] = [:]
        var later: [(row: Waiting, until: Instant)] = []
        for number in 0..<120 {
            let external = Int.random(in: 0...4, using: &random)
            rows[id(number)] = row(
                number, Priority.allCases.randomElement(using: &random) ?? .high, recipients: 5, external: external)
        }
        for (number, row) in rows.values.sorted(by: { $0.id < $1.id }).enumerated() {
            _ = scheduler.enqueue(row, lane: Self.lane(number % 5), at: 0)
        }
        func lane(of id: QueueID) -> LaneKey { Self.lane((Int(id.rawValue) ?? 0) % 5) }
        var sent = 0
        while sent < 120, now < Instant(.seconds(400_000)) {
            for entry in later where entry.until <= now {
                let waiting = entry.row
                let returning = Waiting(
                    id: waiting.id, priority: waiting.priority, due: entry.until, recipients: 5, size: 1,
                    externalRecipients: waiting.externalRecipients, hasWaited: true)
                _ = scheduler.enqueue(returning, lane: lane(of: waiting.id), at: now)
            }
            later.removeAll { $0.until <= now }
            for start in scheduler.start(at: now) {
                arrivals.append((now + .milliseconds(200), Int64(rows[start.id]?.externalRecipients ?? 0)))
                flights.append((start.id, now + .milliseconds(Int.random(in: 300...9000, using: &random))))
            }
            for entry in scheduler.takePutOff() { if let row = rows[entry.id] { later.append((row, entry.until)) } }
            for (id, _) in flights.filter({ $0.1 <= now }) {
                scheduler.finished(id, .healthy, at: now, using: &random)
                sent += 1
            }
            flights.removeAll { $0.1 <= now }
            now = now + .seconds(flights.isEmpty ? 60 : 1)
        }
        #expect(sent == 120)
        #expect(SlidingWindow.most(in: .seconds(3600), arrivals.map { ($0.at, $0.amount) }) <= 10)
    }
}
