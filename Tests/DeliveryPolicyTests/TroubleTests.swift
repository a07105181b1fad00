import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct TroubleTests {
    private static func trouble(_ cause: Refusal.Cause, until: Instant?) -> Trouble {
        Trouble(reason: refusal(cause), since: 0, until: until)
    }

    static let pairs: [(Instant?, Instant?, first: Bool)] = [
        (20, 10, true), (10, 20, false), (10, 10, true), (nil, 10, true), (10, nil, false), (nil, nil, true),
    ]

    @Test(arguments: pairs) func theOneThatKeepsThePathClosedForLonger(left: Instant?, right: Instant?, first: Bool) {
        let (one, two) = (Self.trouble(.quota, until: left), Self.trouble(.throttled, until: right))
        #expect(Trouble.longer(one, two) == (first ? one : two))
    }

    @Test func someIsLongerThanNone() {
        let trouble = Self.trouble(.quota, until: 5)
        #expect(Trouble.longer(nil, trouble) == trouble && Trouble.longer(trouble, nil) == trouble)
        #expect(Trouble.longer(nil, nil) == nil)
    }

    @Test func forPeople() {
        func status(_ trouble: Trouble?) -> PathStatus {
            PathStatus(.smtp, inFlight: 2, trouble, isRouteWide: true, at: 10)
        }
        let well = status(nil)
        #expect(well.path == .smtp && well.inFlight == 2 && well.reason == nil && well.troubleSince == nil)
        #expect(!well.isRouteWide && !well.isProbing && well.pausedUntil == nil)
        let closed = status(Self.trouble(.quota, until: 11))
        #expect(closed.pausedUntil == 11 && closed.troubleSince == 0 && closed.isRouteWide && !closed.isProbing)
        let due = status(Self.trouble(.quota, until: 10))
        #expect(due.pausedUntil == nil && due.reason?.cause == .quota && !due.isProbing)
        #expect(status(Self.trouble(.quota, until: nil)).isProbing)
    }
}
