import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct LaneTests {
    enum Start: Hashable, Sendable, CaseIterable { case open, throttled, denied, probing }
    enum Speaker: Hashable, Sendable, CaseIterable { case earlier, probe }
    enum Event: Hashable, Sendable, CaseIterable { case healthy, inconclusive, routeFailure, throttled, denied }
    enum Expected: Hashable, Sendable {
        case now, idle
        case between(Instant, Instant)
    }

    private static func effect(_ event: Event) -> LaneEffect {
        switch event {
        case .healthy: .healthy
        case .inconclusive: .inconclusive
        case .routeFailure: .routeFailure(refusal(.unavailable, .route), retryAfter: nil)
        case .throttled: .pause(refusal(.throttled), retryAfter: .seconds(60))
        case .denied: .pause(refusal(.unauthorized), retryAfter: nil)
        }
    }

    private static func lane(rows: Int = 12) -> Lane {
        var lane = Lane(LaneLimits())
        for number in 1...rows { lane.add(row(number)) }
        return lane
    }

    /// Row 1 is in flight from before the trouble began; row 2 met it; row 3 is the probe.
    private static func lane(in start: Start) -> Lane {
        var random = SplitMix64(seed: 5)
        var lane = lane()
        _ = lane.startNext(at: 0)
        switch start {
        case .open: break
        case .throttled:
            _ = lane.startNext(at: 0)
            let effect = LaneEffect.pause(refusal(.throttled), retryAfter: .seconds(10))
            lane.finished(id(2), effect, reachedFarSide: true, at: 0, using: &random)
        case .denied, .probing:
            _ = lane.startNext(at: 0)
            lane.finished(id(2), effect(.denied), reachedFarSide: true, at: 0, using: &random)
            if start == .probing { #expect(lane.startNext(at: 50)?.id == id(3)) }
        }
        return lane
    }

    /// Events come at 5 s, and at 60 s where a probe began at 50 s. The first wait for an operator is 30 s ± a fifth.
    static func expected(_ start: Start, _ speaker: Speaker, _ event: Event) -> Expected {
        switch (start, speaker, event) {
        case (.open, _, .healthy), (.open, _, .inconclusive), (.open, _, .routeFailure): .now
        case (.open, _, .throttled), (.throttled, _, .throttled), (.denied, _, .throttled): .between(65, 65)
        case (.open, _, .denied), (.throttled, _, .denied): .between(29, 41)
        case (.throttled, _, .healthy), (.throttled, _, .inconclusive), (.throttled, _, .routeFailure): .between(10, 10)
        case (.denied, _, .healthy), (.denied, _, .inconclusive), (.denied, _, .routeFailure): .between(24, 36)
        case (.denied, _, .denied): .between(24, 36)
        case (.probing, .earlier, _): .idle
        case (.probing, .probe, .healthy), (.probing, .probe, .inconclusive), (.probing, .probe, .routeFailure): .now
        case (.probing, .probe, .throttled): .between(120, 120)
        case (.probing, .probe, .denied): .between(108, 132)
        }
    }

    @Test(arguments: Start.allCases, Event.allCases) func goes(from start: Start, on event: Event) {
        for speaker in Speaker.allCases where speaker == .earlier || start == .probing {
            var random = SplitMix64(seed: 6)
            var lane = Self.lane(in: start)
            let now: Instant = start == .probing ? 60 : 5
            let row = speaker == .probe ? id(3) : id(1)
            lane.finished(row, Self.effect(event), reachedFarSide: true, at: now, using: &random)
            switch (lane.readiness(at: now), Self.expected(start, speaker, event)) {
            case (.now, .now), (.idle, .idle): break
            case (.later(let moment), .between(let low, let high)): #expect(low <= moment && moment <= high)
            case (let readiness, let expected): Issue.record("\(speaker): \(readiness), not \(expected)")
            }
        }
    }

    @Test(arguments: [LaneEffect.inconclusive, .routeFailure(refusal(.unavailable, .route), retryAfter: nil)])
    func aProbeThatProvedNothingIsFollowedByOneOther(effect: LaneEffect) {
        var random = SplitMix64(seed: 1)
        var lane = Self.lane(in: .probing)
        lane.finished(id(3), effect, reachedFarSide: false, at: 60, using: &random)
        #expect(lane.startNext(at: 60)?.id == id(4))
        #expect(lane.startNext(at: 60) == nil)
        lane.finished(id(4), .healthy, reachedFarSide: true, at: 61, using: &random)
        #expect(lane.startNext(at: 61) != nil && lane.startNext(at: 61) != nil)
    }

    @Test func saysWhyItWaits() throws {
        func trouble(_ start: Start, at now: Instant) -> Trouble? {
            Self.lane(in: start).gates[.graph].troubles(at: now).first
        }
        #expect(trouble(.open, at: 5) == nil)
        #expect(trouble(.throttled, at: 5) == Trouble(reason: refusal(.throttled), since: 0, until: 10))
        #expect(trouble(.throttled, at: 10) == nil)
        let denied = try #require(trouble(.denied, at: 5))
        #expect(denied.reason.cause == .unauthorized && denied.until != nil)
        #expect(trouble(.probing, at: 55) == Trouble(reason: refusal(.unauthorized), since: 0, until: nil))
    }

    @Test func anOperatorMayHurryAProbeButNoThrottle() {
        var denied = Self.lane(in: .denied)
        denied.hurry(at: 6)
        #expect(denied.readiness(at: 6) == .now(.normal))
        var throttled = Self.lane(in: .throttled)
        throttled.hurry(at: 6)
        #expect(throttled.readiness(at: 6) == .later(10))
    }

    @Test func goesUpToItsConcurrency() {
        var random = SplitMix64(seed: 1)
        var lane = Self.lane()
        #expect((0..<4).map { _ in lane.startNext(at: 0)?.id } == [id(1), id(2), id(3), nil])
        #expect(lane.readiness(at: 0) == .idle && lane.inFlightCount == 3)
        lane.finished(id(2), .healthy, reachedFarSide: true, at: 1, using: &random)
        #expect(lane.startNext(at: 1)?.id == id(4))
    }

    @Test func urgentFirstThenTheLongestDueThenTheId() {
        var lane = Lane(LaneLimits())
        let rows = [
            row(1, .bulk), row(2, .normal, due: 5), row(3, .normal, due: 4), row(4, .high, due: 9),
            row(6, .high, due: 8),
            row(5, .high, due: 8),
        ]
        var random = SplitMix64(seed: 1)
        for row in rows { lane.add(row) }
        var order: [QueueID] = []
        while let row = lane.startNext(at: 10) {
            order.append(row.id)
            lane.finished(row.id, .healthy, reachedFarSide: true, at: 10, using: &random)
        }
        #expect(order == [5, 6, 4, 3, 2, 1].map(id))
    }

    @Test func whatIsNotDueWaitsAndHoldsNobodyUp() {
        var lane = Lane(LaneLimits())
        lane.add(row(1, .high, due: 30), row(2, .normal, due: 20))
        #expect(lane.readiness(at: 0) == .later(20))
        #expect(lane.startNext(at: 19) == nil)
        #expect(lane.startNext(at: 20)?.id == id(2))
        #expect(lane.readiness(at: 20) == .later(30))
    }

    @Test func aDueRowThatDoesNotFitBlocksThoseBehindIt() {
        var limits = LaneLimits()
        limits.recipients = Rate(10, per: .seconds(60))
        var lane = Lane(limits)
        lane.restore(Spent(answeredAt: 0, recipients: 6, size: 0))
        lane.add(row(1, .normal, recipients: 5), row(2, .normal), row(3, .bulk))
        #expect(lane.startNext(at: 1) == nil)
        #expect(lane.readiness(at: 1) == .later(60))
        lane.add(row(4, .high))
        #expect(lane.startNext(at: 1)?.id == id(4))
        #expect(lane.startNext(at: 60)?.id == id(1))
    }

    @Test func bulkLeavesOneOfTheConcurrentAttemptsFree() {
        var lane = Lane(LaneLimits())
        for number in 1...5 { lane.add(row(number, .bulk)) }
        #expect((0..<3).map { _ in lane.startNext(at: 0)?.id } == [id(1), id(2), nil])
        #expect(lane.readiness(at: 0) == .idle)
        lane.add(row(6, .high))
        #expect(lane.startNext(at: 0)?.id == id(6))
    }

    @Test func bulkHasAllOfASingleConnection() {
        var limits = LaneLimits()
        limits.concurrency = 1
        var lane = Lane(limits)
        lane.add(row(1, .bulk))
        #expect(lane.startNext(at: 0) != nil)
    }

    @Test func bulkIsNotStarvedByAStreamOfUrgentMail() {
        var random = SplitMix64(seed: 1)
        var limits = LaneLimits()
        limits.messages = Rate(1000, per: .seconds(60))
        var lane = Lane(limits)
        lane.add(row(1, .bulk), row(2, .normal, due: 1))
        var order: [QueueID] = []
        for number in 10..<60 {
            lane.add(row(number, .high, due: 2))
            guard let row = lane.startNext(at: 3) else { break }
            order.append(row.id)
            lane.finished(row.id, .healthy, reachedFarSide: true, at: 3, using: &random)
        }
        #expect(order.firstIndex(of: id(2)) == 20)
        #expect(order.firstIndex(of: id(1)) == 21)
        #expect(order.count == 50)
    }

    @Test func aReloadThrowsOutWhatCanNeverFit() {
        var lane = Lane(LaneLimits())
        lane.add(row(1, recipients: 50), row(2, recipients: 5))
        var limits = LaneLimits()
        limits.recipients = Rate(20, per: .seconds(60))
        #expect(lane.configure(limits).map(\.id) == [id(1)])
        let fits = lane.enqueue(row(3, recipients: 21))
        #expect(!fits)
        #expect(lane.window.all.map(\.id) == [id(2)])
    }

    @Test func mayBeForgottenOnceNothingItKnowsMatters() {
        var random = SplitMix64(seed: 1)
        var lane = Lane(LaneLimits())
        #expect(lane.retirement(at: 7) == 7)
        lane.add(row(1))
        #expect(lane.retirement(at: 7) == nil)
        _ = lane.startNext(at: 7)
        #expect(lane.retirement(at: 7) == nil)
        lane.finished(id(1), .healthy, reachedFarSide: true, at: 8, using: &random)
        #expect(lane.retirement(at: 9) == 86_408)
        var paused = Lane(LaneLimits())
        paused.restorePause(on: .smtp, refusal(.throttled), since: 0, until: 500)
        #expect(paused.retirement(at: 0) == 500)
        paused.restorePause(on: .graph, refusal(.quota), since: 0, until: 600)
        #expect(paused.retirement(at: 0) == 4200)
    }
}

/// As on a route of Graph alone.
extension Lane {
    fileprivate mutating func startNext(at now: Instant) -> Waiting? {
        startNext(at: now, through: [.graph], outlook(routeLimits()))?.row
    }

    fileprivate func readiness(at now: Instant) -> Readiness { readiness(on: .graph, outlook(routeLimits()), at: now) }

    fileprivate mutating func add(_ rows: Waiting...) {
        for row in rows {
            let fits = enqueue(row)
            #expect(fits)
        }
    }
}
