import MailModel
import Testing

@testable import DeliveryPolicy

/// What the first rows of a lane wait for, as people are told.
@Suite struct LaneWaitTests {
    private static let key = LaneKey(route: "r", mailbox: address("box@contoso.com"))
    private var random = SplitMix64(seed: 2)
    private var scheduler = Scheduler()

    private mutating func begin(
        _ rows: [Waiting], hasSMTP: Bool = false, _ change: (inout RouteLimits) -> Void = { _ in }
    ) {
        scheduler.configure("r", routeLimits(hasSMTP: hasSMTP, change), at: 0)
        for row in rows { #expect(scheduler.enqueue(row, lane: Self.key, at: 0) == .waiting) }
    }

    private func waits(at now: Instant) -> [LaneWait] { scheduler.waits(Self.key, at: now) }

    private static func wait(
        _ reason: LaneWait.Reason, _ priority: Priority = .normal, via pin: Path? = nil, until: Instant?
    ) -> LaneWait {
        LaneWait(priority: priority, queue: LaneQueue(via: pin, isTrial: false), reason: reason, until: until)
    }

    @Test mutating func nothing() {
        begin([row(1), row(2)])
        #expect(waits(at: 3) == [Self.wait(.nothing, until: 3)])
        #expect(scheduler.waits(LaneKey(route: "none", mailbox: Self.key.mailbox), at: 3).isEmpty)
    }

    @Test mutating func itsOwnDate() {
        begin([row(1, due: 60)])
        #expect(waits(at: 3) == [Self.wait(.dueDate, until: 60)])
    }

    @Test mutating func aPauseOfTheMailboxOrTheRoute() {
        begin([row(1)])
        let (throttled, down) = (refusal(.throttled), refusal(.unavailable, .route))
        scheduler.restorePause(Self.key, .graph, throttled, until: 30, at: 0)
        #expect(waits(at: 3) == [Self.wait(.pause(.graph, throttled), until: 30)])
        scheduler.restorePause(route: "r", path: .graph, down, until: 50, at: 0)
        #expect(waits(at: 3) == [Self.wait(.pause(.graph, down), until: 50)])
    }

    @Test mutating func aProbeThatIsUnderWay() {
        begin([row(1), row(2)])
        let denied = refusal(.unauthorized)
        scheduler.restorePause(Self.key, .graph, denied, until: 30, at: 0)
        #expect(scheduler.start(at: 30).map(\.id) == [id(1)])
        #expect(waits(at: 31) == [Self.wait(.pause(.graph, denied), until: nil)])
    }

    @Test mutating func theOtherPathWhereItMayTakeThat() {
        begin([row(1), row(2, via: .graph), row(3, via: .smtp)], hasSMTP: true) { $0.fallback?.after = .zero }
        let down = refusal(.unavailable)
        scheduler.restorePause(Self.key, .graph, down, until: 30, at: 0)
        #expect(
            waits(at: 3) == [
                Self.wait(.nothing, until: 3), Self.wait(.pause(.graph, down), via: .graph, until: 30),
                Self.wait(.moreUrgent, via: .smtp, until: nil),
            ])
    }

    @Test mutating func aPathThatIsNotThere() {
        begin([row(1, via: .smtp)])
        #expect(waits(at: 3) == [Self.wait(.missingPath(.smtp), via: .smtp, until: nil)])
    }

    @Test mutating func placesAndMoreUrgentMail() {
        begin((1...5).map { row($0) } + [row(9, .bulk), row(8, .high, due: 7)])
        #expect(scheduler.start(at: 0).count == 3)
        #expect(waits(at: 3).map(\.reason) == [.dueDate, .attempts, .attempts])
        scheduler.finished(id(1), .healthy, at: 4, using: &random)
        #expect(waits(at: 5).map(\.reason) == [.dueDate, .nothing, .moreUrgent])
        #expect(waits(at: 7).map(\.reason) == [.nothing, .moreUrgent, .moreUrgent])
    }

    static let limits: [(LimitName, Int64, @Sendable (inout RouteLimits) -> Void, Instant)] = [
        (.messages, 2, { $0.lane.messages = Rate(2, per: .seconds(60)) }, 60),
        (.recipients, 10, { $0.lane.recipients = Rate(12, per: .seconds(70)) }, 70),
        (.requests, 2, { $0.lane.requests = Rate(2, per: .seconds(80)) }, 80),
        (.upload, 8000, { $0.lane.upload = Rate(9000, per: .seconds(90)) }, 90),
    ]

    /// Two rows with 5 recipients and 4000 octets of base 64 each have gone, and a third waits.
    @Test(arguments: LimitName.allCases) mutating func aLimit(name: LimitName) throws {
        guard let (_, used, change, until) = Self.limits.first(where: { $0.0 == name }) else { return }
        begin((1...3).map { row($0, recipients: 5) }, change)
        for start in scheduler.start(at: 0) { scheduler.finished(start.id, .healthy, at: 0, using: &random) }
        let wait = try #require(waits(at: 3).first)
        guard case .limit(let use) = wait.reason else {
            Issue.record("\(wait)")
            return
        }
        #expect(use.name == name && use.used == used && wait.until == until)
        #expect(scheduler.explain(Self.key, at: 3)?.nextStart == until)
    }

    @Test mutating func theQuotaOfTheRoute() throws {
        begin([row(1, external: 4), row(2, .bulk, external: 0)]) {
            $0.externalRecipients = Rate(10, per: .seconds(3600))
        }
        let spent = Spent(answeredAt: -600, recipients: 7, externalRecipients: 7, size: 0)
        scheduler.restore(Self.key, [spent], at: 0)
        let use = LimitUse(.externalRecipients, used: 7, of: Rate(10, per: .seconds(3600)))
        #expect(waits(at: 0).first == Self.wait(.limit(use), until: 3000))
    }
}
