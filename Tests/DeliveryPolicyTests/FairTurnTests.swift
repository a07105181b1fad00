import Testing

@testable import DeliveryPolicy

@Suite struct FairTurnTests {
    @Test func isDueAfterTwentyPassedOverAndUntilSomeoneOvertakes() {
        var turn = FairTurn()
        for _ in 0..<19 { turn.taken(overtaking: false, passing: true) }
        #expect(!turn.isDue)
        turn.taken(overtaking: false, passing: true)
        #expect(turn.isDue)
        turn.taken(overtaking: false, passing: true)
        #expect(turn.isDue)
        turn.taken(overtaking: true, passing: true)
        #expect(!turn.isDue)
    }

    @Test func countsOnlyWhileSomeoneWaits() {
        var turn = FairTurn()
        for step in 0..<100 { turn.taken(overtaking: false, passing: step % 20 != 0) }
        #expect(!turn.isDue)
    }
}
