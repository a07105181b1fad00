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
                due: Instant(.seconds(Int.random(in: 0...9, using: &random))),
                via: [nil, nil, .graph, .smtp].randomElement(using: &random) ?? nil,
                isTrial: .random(using: &random))
        }
        for row in rows { window.insert(row) }
        for _ in 0..<30 {
            let index = rows.indices.randomElement(using: &random) ?? 0
            window.remove(rows.remove(at: index))
        }
        #expect(Set(window.all) == Set(rows) && window.count == 30 && !window.isEmpty)
        let groups = Dictionary(grouping: rows) { [$0.priority.rawValue, $0.queue.rawValue] }
        #expect(window.heads == groups.values.compactMap { $0.min() }.sorted())
        for priority in Priority.allCases {
            for queue in LaneQueue.allCases {
                let alike = rows.filter { $0.priority == priority && $0.queue == queue }.sorted()
                #expect(window.count(LaneSection(priority, queue)) == alike.count)
                #expect(window.all.filter { $0.priority == priority && $0.queue == queue } == alike)
            }
        }
    }

    @Test func handsOutEachQueueInOrder() {
        var window = LaneWindow()
        for number in [3, 1, 2] { window.insert(row(number, via: .smtp)) }
        var order: [QueueID] = []
        while let first = window.heads.first {
            order.append(first.id)
            window.remove(first)
        }
        #expect(order == [1, 2, 3].map(id) && window.isEmpty)
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
