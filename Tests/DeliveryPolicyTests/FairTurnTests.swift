import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct FairTurnTests {
    private static let all = Set(Priority.allCases)

    @Test func aPriorityIsDueAfterTwentyTurnsThatPassedOverIt() {
        var turn = FairTurn()
        for _ in 0..<19 { turn.taken(.high, contending: [.high, .bulk]) }
        #expect(!turn.isDue(.bulk))
        turn.taken(.high, contending: [.high, .bulk])
        #expect(turn.isDue(.bulk) && !turn.isDue(.normal))
        turn.taken(.bulk, contending: [.high, .bulk])
        #expect(!turn.isDue(.bulk))
    }

    @Test func staysDueWhileAnotherHasItsTurn() {
        var turn = FairTurn()
        for _ in 0..<20 { turn.taken(.high, contending: Self.all) }
        turn.taken(.normal, contending: Self.all)
        #expect(!turn.isDue(.normal) && turn.isDue(.bulk))
    }

    @Test func countsOnlyWhileSomeoneWaits() {
        var turn = FairTurn()
        for step in 0..<100 { turn.taken(.high, contending: step % 20 == 0 ? [.high] : Self.all) }
        #expect(!turn.isDue(.normal) && !turn.isDue(.bulk))
    }

    @Test func nobodyIsDueFromTheStart() {
        #expect(Priority.allCases.allSatisfy { !FairTurn().isDue($0) })
    }
}
