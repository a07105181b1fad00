import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct WakeQueueTests {
    private static func box(_ number: Int) -> Address { address("box\(number)@contoso.com") }

    @Test func popsInOrderOfTimeAndOnlyWhatIsDue() {
        var queue = WakeQueue()
        for (number, moment) in [(1, 30), (2, 10), (3, 20)] as [(Int, Instant)] {
            queue.set(Self.box(number), to: moment)
        }
        #expect(queue.earliest == 10)
        #expect(queue.popDue(at: 9) == nil)
        #expect(queue.popDue(at: 25) == Self.box(2))
        #expect(queue.popDue(at: 25) == Self.box(3))
        #expect(queue.popDue(at: 25) == nil)
        #expect(queue.earliest == 30)
    }

    @Test func theLastWordCounts() {
        var queue = WakeQueue()
        queue.set(Self.box(1), to: 10)
        queue.set(Self.box(2), to: 20)
        queue.set(Self.box(1), to: 30)
        #expect(queue.earliest == 20)
        queue.set(Self.box(2), to: nil)
        #expect(queue.earliest == 30)
        queue.set(Self.box(1), to: 5)
        #expect(queue.popDue(at: 100) == Self.box(1))
        #expect(queue.popDue(at: 100) == nil && queue.isEmpty && queue.earliest == nil)
    }

    @Test func agreesWithAPlainTable() {
        var random = SplitMix64(seed: 9)
        var queue = WakeQueue()
        var table: [Address: Instant] = [:]
        for step in 0..<5000 {
            let box = Self.box(.random(in: 0..<40, using: &random))
            let now = Instant(.milliseconds(step))
            let moment = Instant(.milliseconds(step + Int.random(in: 1...200, using: &random)))
            let isRemoval = Int.random(in: 0..<4, using: &random) == 0
            queue.set(box, to: isRemoval ? nil : moment)
            table[box] = isRemoval ? nil : moment
            while let due = queue.popDue(at: now) {
                #expect(table[due].map { $0 <= now } == true)
                table[due] = nil
            }
            #expect(queue.earliest == table.values.min())
        }
    }
}
