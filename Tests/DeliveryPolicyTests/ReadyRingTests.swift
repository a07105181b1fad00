import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct ReadyRingTests {
    private static let boxes = (0..<5).map { address("box\($0)@contoso.com") }

    @Test func goesRoundAndRound() {
        var ring = ReadyRing()
        for box in Self.boxes[..<3] { ring.insert(box, .normal, load: 0) }
        var turns: [Address] = []
        for _ in 0..<7 {
            guard let box = ring.popFirst() else { break }
            turns.append(box)
            ring.insert(box, .normal, load: 0)
        }
        #expect(turns == [0, 1, 2, 0, 1, 2, 0].map { Self.boxes[$0] })
    }

    @Test func theUrgentComeFirstAndMovingKeepsOnePlaceOnly() {
        var ring = ReadyRing()
        ring.insert(Self.boxes[0], .bulk, load: 0)
        ring.insert(Self.boxes[1], .normal, load: 0)
        ring.insert(Self.boxes[2], .high, load: 0)
        ring.insert(Self.boxes[0], .high, load: 0)
        ring.insert(Self.boxes[0], .bulk, load: 0)
        ring.insert(Self.boxes[0], .high, load: 0)
        #expect((0..<3).map { _ in ring.popFirst() } == [2, 0, 1].map { Self.boxes[$0] })
        #expect(ring.popFirst() == nil && ring.isEmpty)
    }

    @Test func oneThatIsThereKeepsItsPlace() {
        var ring = ReadyRing()
        for box in Self.boxes[..<3] { ring.insert(box, .normal, load: 0) }
        ring.insert(Self.boxes[0], .normal, load: 0)
        ring.remove(Self.boxes[1])
        #expect((0..<3).map { _ in ring.popFirst() } == [Self.boxes[0], Self.boxes[2], nil])
    }

    @Test func whoHasTheFewestAttemptsInFlightComesFirst() {
        var ring = ReadyRing()
        for (box, load) in zip(Self.boxes, [2, 0, 1, 0, 1]) { ring.insert(box, .normal, load: load) }
        #expect((0..<5).map { _ in ring.popFirst() } == [1, 3, 2, 4, 0].map { Self.boxes[$0] })
    }

    @Test func anotherLoadKeepsTheAge() {
        var ring = ReadyRing()
        for box in Self.boxes[..<3] { ring.insert(box, .normal, load: 1) }
        ring.insert(Self.boxes[2], .normal, load: 0)
        ring.insert(Self.boxes[0], .normal, load: 2)
        ring.insert(Self.boxes[0], .normal, load: 1)
        #expect((0..<4).map { _ in ring.popFirst() } == [Self.boxes[2], Self.boxes[0], Self.boxes[1], nil])
    }

    @Test func forgetsWhatIsOutOfDate() {
        var ring = ReadyRing()
        for round in 0..<1000 { ring.insert(Self.boxes[round % 5], .normal, load: round % 7) }
        #expect((0..<6).compactMap { _ in ring.popFirst() }.count == 5)
        #expect(ring.isEmpty)
    }

    @Test func bulkIsNotStarved() {
        var ring = ReadyRing()
        ring.insert(Self.boxes[4], .bulk, load: 0)
        var bulkTurns = 0
        for _ in 0..<210 {
            ring.insert(Self.boxes[0], .high, load: 0)
            guard let box = ring.popFirst() else { break }
            if box == Self.boxes[4] {
                bulkTurns += 1
                ring.insert(box, .bulk, load: 0)
            }
        }
        #expect(bulkTurns == 10)
    }
}
