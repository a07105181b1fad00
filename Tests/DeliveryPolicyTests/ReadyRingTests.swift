import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct ReadyRingTests {
    private static let boxes = (0..<5).map { address("box\($0)@contoso.com") }

    @Test func goesRoundAndRound() {
        var ring = ReadyRing()
        for box in Self.boxes[..<3] { ring.insert(box, .normal) }
        var turns: [Address] = []
        for _ in 0..<7 {
            guard let box = ring.popFirst() else { break }
            turns.append(box)
            ring.insert(box, .normal)
        }
        #expect(turns == [0, 1, 2, 0, 1, 2, 0].map { Self.boxes[$0] })
    }

    @Test func theUrgentComeFirstAndMovingKeepsOnePlaceOnly() {
        var ring = ReadyRing()
        ring.insert(Self.boxes[0], .bulk)
        ring.insert(Self.boxes[1], .normal)
        ring.insert(Self.boxes[2], .high)
        ring.insert(Self.boxes[0], .high)
        ring.insert(Self.boxes[0], .bulk)
        ring.insert(Self.boxes[0], .high)
        #expect((0..<3).map { _ in ring.popFirst() } == [2, 0, 1].map { Self.boxes[$0] })
        #expect(ring.popFirst() == nil && ring.isEmpty)
    }

    @Test func oneThatIsThereKeepsItsPlace() {
        var ring = ReadyRing()
        for box in Self.boxes[..<3] { ring.insert(box, .normal) }
        ring.insert(Self.boxes[0], .normal)
        ring.remove(Self.boxes[1])
        #expect((0..<3).map { _ in ring.popFirst() } == [Self.boxes[0], Self.boxes[2], nil])
    }

    @Test func bulkIsNotStarved() {
        var ring = ReadyRing()
        ring.insert(Self.boxes[4], .bulk)
        var bulkTurns = 0
        for _ in 0..<210 {
            ring.insert(Self.boxes[0], .high)
            guard let box = ring.popFirst() else { break }
            if box == Self.boxes[4] {
                bulkTurns += 1
                ring.insert(box, .bulk)
            }
        }
        #expect(bulkTurns == 10)
    }
}
