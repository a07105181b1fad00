import MailModel
import Testing

@testable import M365Emulator

private func at(_ seconds: Double) -> Instant { Instant(Duration(fractionalSeconds: seconds)) }

struct SlidingWindowTests {
    @Test func countsExactlyOneWindowBack() {
        var window = SlidingWindow(length: .seconds(10))
        for second in 0..<5 { window.add(2, at: at(Double(second))) }
        #expect(window.sum(at: at(4)) == 10)
        #expect(window.sum(at: at(9.999)) == 10)
        #expect(window.sum(at: at(10)) == 8)
        #expect(window.sum(at: at(14)) == 0)
        #expect(window.peak == 10)
    }

    @Test(arguments: [(1, 10, 0.0), (1, 5, 6.0), (2, 5, 7.0), (5, 5, 10.0), (6, 5, 10.0)])
    func saysHowLongToWait(amount: Int, limit: Int, seconds: Double) {
        var window = SlidingWindow(length: .seconds(10))
        for second in 0..<5 { window.add(at: at(Double(second))) }
        #expect(window.wait(for: amount, under: limit, at: at(4)) == .seconds(seconds))
    }

    /// Far more entries than are kept: those that have left are let go of.
    @Test func staysRightOverManyEntries() {
        var window = SlidingWindow(length: .seconds(1))
        for number in 0..<10_000 { window.add(at: at(Double(number) / 100)) }
        #expect(window.sum(at: at(99.99)) == 100)
        #expect(window.peak == 100)
    }
}

struct DepartureScheduleTests {
    @Test func lettsTheRateGoAtOnceAndDelaysTheRest() {
        var schedule = DepartureSchedule()
        let departures = (0..<7).map { _ in schedule.schedule(at: at(5), rate: 3) }
        #expect(departures == [5, 5, 5, 65, 65, 65, 125].map { at($0) })
    }

    @Test func noWindowEverHoldsMoreThanTheRate() {
        var schedule = DepartureSchedule()
        let departures = (0..<200).map { schedule.schedule(at: at(Double($0) * 0.7), rate: 30) }
        for departure in departures {
            let inWindow = departures.count { $0 >= departure && $0 < departure + .seconds(60) }
            #expect(inWindow <= 30)
        }
        #expect(departures == departures.sorted())
    }

    @Test func tellsTheNextWithoutTakingIt() {
        var schedule = DepartureSchedule()
        _ = schedule.schedule(at: at(1), rate: 1)
        #expect(schedule.next(at: at(2), rate: 1) == at(61))
        #expect(schedule.next(at: at(2), rate: 1) == at(61))
        #expect(schedule.next(at: at(2), rate: 0) == at(2))
    }
}

struct MailboxThrottleTests {
    private static var limits: PublishedLimits {
        var limits = PublishedLimits()
        limits.requests = 6
        limits.requestWindow = 60
        limits.uploadBytes = 100
        limits.uploadWindow = 30
        return limits
    }

    private func enter(_ throttle: inout MailboxThrottle, at seconds: Double, length: Int = 0)
        -> MailboxThrottle.Verdict
    {
        throttle.enter(at: at(seconds), length: length, limits: Self.limits, concurrencyRetryAfter: .seconds(10))
    }

    @Test func letsFourInAtATime() {
        var throttle = MailboxThrottle(limits: Self.limits)
        for _ in 0..<4 { #expect(enter(&throttle, at: 0) == .admitted) }
        #expect(enter(&throttle, at: 0) == .refused(.mailboxConcurrency, retryAfter: .seconds(10)))
        throttle.leave()
        #expect(enter(&throttle, at: 0) == .admitted)
        #expect(throttle.maximumInFlight == 4)
        #expect(throttle.throttled == 1)
    }

    /// Also the refused ones count, so that hammering does not help.
    @Test func countsRefusedRequests() {
        var throttle = MailboxThrottle(limits: Self.limits)
        for second in 0..<6 {
            #expect(enter(&throttle, at: Double(second)) == .admitted)
            throttle.leave()
        }
        #expect(enter(&throttle, at: 10) == .refused(.requests, retryAfter: .seconds(50)))
        #expect(enter(&throttle, at: 60) == .refused(.requests, retryAfter: .seconds(1)))
        #expect(enter(&throttle, at: 121) == .admitted)
    }

    @Test func limitsTheBytesOfAWindow() {
        var throttle = MailboxThrottle(limits: Self.limits)
        #expect(enter(&throttle, at: 0, length: 60) == .admitted)
        throttle.leave()
        #expect(enter(&throttle, at: 5, length: 60) == .refused(.incomingBytes, retryAfter: .seconds(25)))
        #expect(enter(&throttle, at: 5, length: 40) == .admitted)
        #expect(enter(&throttle, at: 30, length: 60) == .admitted)
    }

    @Test func chargesBytesNobodyAnnounced() {
        var throttle = MailboxThrottle(limits: Self.limits)
        #expect(enter(&throttle, at: 0) == .admitted)
        throttle.charge(100, at: at(0))
        #expect(enter(&throttle, at: 1, length: 1) == .refused(.incomingBytes, retryAfter: .seconds(29)))
    }

    @Test(arguments: [(0.1, 0), (0.3, 1), (9.9, 1), (10.0, 0)])
    func countsRequestsThatComeTooEarly(seconds: Double, early: Int) {
        var throttle = MailboxThrottle(limits: Self.limits)
        throttle.expectPause(of: .seconds(10), at: at(0), tolerance: .milliseconds(250))
        _ = enter(&throttle, at: seconds)
        #expect(throttle.early == early)
    }

    @Test func aShorterPauseDoesNotEndALongerOne() {
        var throttle = MailboxThrottle(limits: Self.limits)
        throttle.expectPause(of: .seconds(30), at: at(0), tolerance: .zero)
        throttle.expectPause(of: .seconds(5), at: at(1), tolerance: .zero)
        _ = enter(&throttle, at: 20)
        #expect(throttle.early == 1)
    }

    @Test func zeroIsNoLimit() {
        var none = PublishedLimits()
        (none.concurrency, none.requests, none.uploadBytes) = (0, 0, 0)
        var throttle = MailboxThrottle(limits: none)
        for _ in 0..<100 {
            #expect(
                throttle.enter(at: at(0), length: 1_000_000_000, limits: none, concurrencyRetryAfter: .zero)
                    == .admitted)
        }
    }
}

struct RetryAfterTests {
    /// 2026-11-18 22:26:40 UTC
    static let wall = Timestamp(secondsSince1970: 1_795_040_800)

    static let table: [(GraphSettings.RetryAfterForm, Double, String?)] = [
        (.integer, 10, "10"), (.integer, 2.1, "3"), (.integer, 0.01, "1"),
        (.decimal, 2.127, "2.128"), (.decimal, 0.005, "0.006"),
        (.date, 10, "Wed, 18 Nov 2026 22:26:51 GMT"), (.absent, 10, nil),
    ]

    @Test(arguments: table) func writes(form: GraphSettings.RetryAfterForm, seconds: Double, text: String?) {
        var retryAfter = RetryAfter()
        #expect(retryAfter.text(for: Duration(fractionalSeconds: seconds), form: form, at: Self.wall) == text)
    }

    @Test func cyclesThroughAllForms() {
        var retryAfter = RetryAfter()
        let texts = (0..<5).map { _ in retryAfter.text(for: .seconds(7), form: .cycle, at: Self.wall) }
        #expect(texts == ["7", "7.001", "Wed, 18 Nov 2026 22:26:48 GMT", nil, "7"])
    }
}
