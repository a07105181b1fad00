import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct BusiestWindowTests {
    private static func window(_ events: [(Int64, Int64)], seconds: Int64 = 60) -> BusiestWindow? {
        BusiestWindow(
            of: events.map { (Timestamp(secondsSince1970: $0.0), $0.1) }, length: .seconds(seconds))
    }

    @Test(
        arguments: [
            ([(0, 1)], 0, 1), ([(0, 1), (59, 1)], 0, 2), ([(0, 1), (60, 1)], 0, 1),
            ([(0, 1), (30, 1), (61, 1), (80, 1)], 30, 3),
            ([(0, 5), (70, 1), (71, 1)], 0, 5), ([(0, 0)], 0, 0), ([(5, 1), (5, 1), (5, 1)], 5, 3),
        ] as [([(Int64, Int64)], Int64, Int64)])
    func isTheFirstOfTheFullest(_ events: [(Int64, Int64)], _ start: Int64, _ amount: Int64) throws {
        let window = try #require(Self.window(events))
        #expect(window.start == Timestamp(secondsSince1970: start) && window.amount == amount)
    }

    @Test func ofNothingThereIsNone() { #expect(Self.window([]) == nil) }

    @Test func agreesWithLookingFromEveryEvent() throws {
        var random = SplitMix64(seed: 21)
        for _ in 0..<100 {
            var now: Int64 = 0
            let events = (0..<60).map { _ in
                now += Int64.random(in: 0...30, using: &random)
                return (now, Int64.random(in: 0...5, using: &random))
            }
            let fullest = events.map { first in
                events.filter { first.0 <= $0.0 && $0.0 < first.0 + 60 }.reduce(0) { $0 + $1.1 }
            }.max()
            #expect(Self.window(events)?.amount == fullest)
        }
    }
}
