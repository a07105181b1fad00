import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct LaneWindowTests {
    @Test(arguments: [UInt64](1...5)) func keepsEachPriorityInOrder(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var window = LaneWindow()
        var rows = (0..<60).map { number in
            row(
                number, Priority.allCases.randomElement(using: &random) ?? .normal,
                due: Instant(.seconds(Int.random(in: 0...9, using: &random))))
        }
        for row in rows { window.insert(row) }
        for _ in 0..<30 {
            let index = rows.indices.randomElement(using: &random) ?? 0
            window.remove(rows.remove(at: index))
        }
        #expect(window.all == rows.sorted())
        #expect(window.count == 30)
        for priority in Priority.allCases {
            #expect(Array(window[priority]) == rows.filter { $0.priority == priority }.sorted())
        }
    }

    @Test func removingWhatIsNotThereChangesNothing() {
        var window = LaneWindow()
        window.remove(row(1))
        window.insert(row(2))
        window.remove(row(1))
        window.remove(row(3))
        #expect(window.all == [row(2)])
    }
}
