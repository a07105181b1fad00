import MailModel
import Testing

@testable import DeliveryPolicy

/// What is done beside the mail never stands in its way.
@Suite struct ErrandTests {
    private var scheduler = Scheduler()
    private var random = SplitMix64(seed: 1)
    private let down = refusal(.unavailable, .route, status: nil)

    private static let smtpFirst = routeLimits {
        ($0.primary, $0.other, $0.fallback) = (.smtp, .graph, FallbackRule())
    }

    private static func lane(_ box: Int, route: String = "r") -> LaneKey {
        LaneKey(route: route, mailbox: address("box\(box)@contoso.com"))
    }

    private static func errand(
        _ number: Int, box: Int = 1, requests: Int64 = 1, octets: Int64 = 0, copies: Int64 = 0, external: Int64 = 0,
        route: String = "r"
    ) -> Errand {
        Errand(
            id: QueueID(rawValue: "errand\(number)"), lane: lane(box, route: route), requests: requests, octets: octets,
            copies: copies, externalCopies: external)
    }

    private mutating func start(_ errand: Errand, at now: Instant = 0) -> Bool { scheduler.start(errand, at: now) }

    private mutating func finish(
        _ errand: Errand, _ effect: LaneEffect = .healthy, reached: Bool = true, requests: Int64 = 1, octets: Int64 = 0,
        isSubmitted: Bool = false, at now: Instant = 0
    ) {
        scheduler.finished(
            errand, effect, reachedFarSide: reached,
            usage: Usage(requests: requests, isSubmitted: isSubmitted, octets: octets), at: now, using: &random)
    }

    // MARK: Places

    /// By concurrency of a mailbox: how many errands go at once.
    @Test(arguments: [(1, 1), (2, 1), (3, 2), (4, 3)])
    mutating func onePlaceIsLeft(_ concurrency: Int, _ expected: Int) {
        scheduler.configure("r", routeLimits { $0.lane.concurrency = concurrency }, at: 0)
        let started = (0..<6).filter { start(Self.errand($0)) }
        #expect(started.count == expected)
        _ = scheduler.enqueue(row(1), lane: Self.lane(1), at: 0)
        #expect(scheduler.start(at: 0).count == (concurrency > 1 ? 1 : 0))
    }

    @Test mutating func aPlaceIsLeftOnTheRoute() {
        scheduler.configure("r", routeLimits { $0.concurrency = 2 }, at: 0)
        #expect([start(Self.errand(1)), start(Self.errand(2, box: 2))] == [true, false])
        finish(Self.errand(1))
        #expect(start(Self.errand(2, box: 2)) == true)
    }

    @Test mutating func itNeverMakesOneRequestMoreThanMayBeMadeAtOnce() {
        scheduler.configure("r", routeLimits { $0.lane.concurrency = 3 }, at: 0)
        for number in 1...3 { _ = scheduler.enqueue(row(number), lane: Self.lane(1), at: 0) }
        #expect(scheduler.start(at: 0).count == 3)
        #expect(start(Self.errand(1)) == false)
        scheduler.finished(id(1), .healthy, at: 0, using: &random)
        #expect(start(Self.errand(1)) == false, "one is left to mail")
        scheduler.finished(id(2), .healthy, at: 0, using: &random)
        #expect(start(Self.errand(1)) == true)
    }

    // MARK: Mail comes first

    @Test mutating func whereMailIsReadyItWaits() {
        scheduler.configure("r", routeLimits(), at: 0)
        _ = scheduler.enqueue(row(1), lane: Self.lane(1), at: 0)
        #expect([start(Self.errand(1)), start(Self.errand(2, box: 2))] == [false, false])
        _ = scheduler.start(at: 0)
        #expect([start(Self.errand(1)), start(Self.errand(2, box: 2))] == [true, true])
    }

    /// Mail that waits for a limit has the next of what comes back.
    @Test mutating func whereMailWaitsForALimitItWaits() {
        scheduler.configure("r", routeLimits { $0.lane.messages = Rate(1, per: .seconds(60)) }, at: 0)
        for number in 1...2 { _ = scheduler.enqueue(row(number), lane: Self.lane(1), at: 0) }
        #expect(scheduler.start(at: 0).count == 1)
        #expect([start(Self.errand(1)), start(Self.errand(2, box: 2))] == [false, true])
    }

    @Test mutating func mailOfTheOtherPathIsInNobodysWay() {
        scheduler.configure("r", Self.smtpFirst, at: 0)
        for number in 1...9 { _ = scheduler.enqueue(row(number), lane: Self.lane(1), at: 0) }
        #expect(start(Self.errand(1)) == true)
        #expect(scheduler.start(at: 0).map(\.path) == [.smtp, .smtp, .smtp], "nor is it in the way of that")
        #expect(start(Self.errand(2)) == true)
        #expect(start(Self.errand(3, copies: 1)) == false, "a copy counts like mail")
    }

    @Test mutating func mailThatHasFallenBackComesFirst() {
        scheduler.configure("r", Self.smtpFirst, at: 0)
        scheduler.restorePause(route: "r", path: .smtp, down, since: -3600, until: 600, at: 0)
        _ = scheduler.enqueue(row(1), lane: Self.lane(1), at: 0)
        #expect(start(Self.errand(1)) == false)
        #expect(scheduler.start(at: 0).map(\.path) == [.graph])
    }

    // MARK: Limits

    @Test mutating func halfOfEachLimitIsLeft() {
        scheduler.configure(
            "r",
            routeLimits {
                $0.lane.requests = Rate(10, per: .seconds(60))
                $0.lane.upload = Rate(1000, per: .seconds(60))
                $0.lane.messages = Rate(4, per: .seconds(60))
                $0.lane.concurrency = 9
            }, at: 0)
        #expect([start(Self.errand(1, requests: 5)), start(Self.errand(2))] == [true, false])
        finish(Self.errand(1), requests: 2)
        #expect(start(Self.errand(3, requests: 3)) == true, "what it did not use is there again")
        finish(Self.errand(3), reached: false)
        #expect(start(Self.errand(4, octets: 400)) == true)
        #expect([start(Self.errand(5, octets: 101)), start(Self.errand(5, octets: 100))] == [false, true])
        #expect([start(Self.errand(6, copies: 2)), start(Self.errand(7, copies: 1))] == [true, false])
        finish(Self.errand(6), isSubmitted: true, at: 1)
        #expect([start(Self.errand(7, copies: 1), at: 60), start(Self.errand(7, copies: 1), at: 61)] == [false, true])
    }

    @Test mutating func whatItTookIsMissing() {
        scheduler.configure("r", routeLimits { $0.lane.requests = Rate(2, per: .seconds(60)) }, at: 0)
        #expect(start(Self.errand(1)) == true)
        finish(Self.errand(1), at: 1)
        for number in 1...2 { _ = scheduler.enqueue(row(number), lane: Self.lane(1), at: 1) }
        #expect(scheduler.start(at: 1).count == 1)
        #expect(scheduler.nextWake(at: 1) == 61)
    }

    @Test mutating func oneThatTakesMoreThanThereIsGoesWhenNothingIsUsed() {
        scheduler.configure(
            "r",
            routeLimits {
                $0.lane.requests = Rate(3, per: .seconds(60))
                $0.lane.upload = Rate(100, per: .seconds(60))
            }, at: 0)
        #expect(start(Self.errand(1, requests: 400, octets: 9000)) == true)
        finish(Self.errand(1), requests: 3, octets: 100, at: 1)
        #expect(start(Self.errand(2, requests: 400), at: 60) == false)
        #expect(start(Self.errand(2, requests: 400), at: 61) == true)
    }

    @Test mutating func copiesToStrangersLeaveHalfOfTheirQuota() {
        scheduler.configure("r", routeLimits { $0.externalRecipients = Rate(2, per: .seconds(86_400)) }, at: 0)
        #expect(start(Self.errand(1, copies: 1, external: 1)) == true)
        #expect(start(Self.errand(2, box: 2, copies: 1, external: 1)) == false)
        #expect(start(Self.errand(3, box: 3, copies: 1)) == true)
        finish(Self.errand(1), reached: false)
        #expect(start(Self.errand(2, box: 2, copies: 1, external: 1)) == true)
    }

    // MARK: Pauses

    @Test mutating func aThrottlePausesGraphAndNothingElse() {
        scheduler.configure("r", Self.smtpFirst, at: 0)
        #expect(start(Self.errand(1)) == true)
        finish(Self.errand(1), .pause(refusal(.throttled), retryAfter: .seconds(30)))
        #expect([start(Self.errand(2), at: 29), start(Self.errand(3, box: 2), at: 29)] == [false, true])
        _ = scheduler.enqueue(row(1), lane: Self.lane(1), at: 29)
        _ = scheduler.enqueue(row(2, via: .graph), lane: Self.lane(1), at: 29)
        #expect(scheduler.start(at: 29).map(\.path) == [.smtp], "what goes by Graph keeps the pause as well")
        #expect(scheduler.start(at: 30).map(\.id) == [id(2)])
        scheduler.finished(id(2), .healthy, at: 30, using: &random)
        #expect(start(Self.errand(2), at: 30) == true)
    }

    /// Nobody else may be there to find out that it is over.
    @Test mutating func itProbesAPathThatWasDown() {
        scheduler.configure("r", Self.smtpFirst, at: 0)
        scheduler.restorePause(route: "r", path: .graph, down, until: 25, at: 0)
        #expect([start(Self.errand(1), at: 24), start(Self.errand(1), at: 25)] == [false, true])
        #expect(start(Self.errand(2, box: 2), at: 25) == false, "one at a time")
        finish(Self.errand(1), at: 26)
        #expect(scheduler.pathStatus(route: "r", at: 26).allSatisfy { $0.reason == nil })
        #expect(start(Self.errand(2, box: 2), at: 26) == true)
    }

    /// A draft can be made where mail may not be sent.
    @Test mutating func itDoesNotProveThatMailMayBeSentAgain() {
        scheduler.configure("r", Self.smtpFirst, at: 0)
        scheduler.restorePause(Self.lane(1), .graph, refusal(.unauthorized), until: 25, at: 0)
        #expect(start(Self.errand(1), at: 25) == true)
        #expect(start(Self.errand(2), at: 25) == false)
        finish(Self.errand(1), at: 26)
        #expect(scheduler.explain(Self.lane(1), at: 26)?.paths[1].reason?.cause == .unauthorized)
        #expect(start(Self.errand(2), at: 26) == true, "they go on, one at a time")
    }

    @Test mutating func oneThatHasNotSentAnythingHearsOfAPause() {
        scheduler.configure("r", routeLimits(), at: 0)
        #expect([start(Self.errand(1)), start(Self.errand(2))] == [true, true])
        #expect(scheduler.stillAdmits(Self.errand(2), at: 0))
        finish(Self.errand(1), .pause(refusal(.throttled), retryAfter: .seconds(30)))
        #expect(!scheduler.stillAdmits(Self.errand(2), at: 0))
    }

    // MARK: Bookkeeping

    @Test mutating func oneIsStartedAndFinishedOnce() {
        scheduler.configure("r", routeLimits(), at: 0)
        #expect([start(Self.errand(1)), start(Self.errand(1))] == [true, false])
        finish(Self.errand(1))
        finish(Self.errand(1))
        #expect(start(Self.errand(1)) == true)
        #expect(start(Self.errand(2, route: "elsewhere")) == false)
    }

    @Test mutating func aRouteWithoutGraphHasNone() {
        scheduler.configure("r", routeLimits { ($0.primary, $0.other) = (.smtp, nil) }, at: 0)
        #expect(start(Self.errand(1)) == false)
    }

    @Test mutating func oneUnderWayCountsInARouteThatCameBack() {
        scheduler.configure("r", routeLimits { $0.lane.concurrency = 2 }, at: 0)
        #expect(start(Self.errand(1)) == true)
        _ = scheduler.remove(route: "r")
        scheduler.configure("r", routeLimits { $0.lane.concurrency = 2 }, at: 1)
        #expect(start(Self.errand(2), at: 1) == false)
        finish(Self.errand(1), at: 2)
        #expect(start(Self.errand(2), at: 2) == true)
    }
}
