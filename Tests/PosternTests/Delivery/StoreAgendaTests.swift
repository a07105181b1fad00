import MailModel
import Testing

@testable import Postern

@Suite struct StoreAgendaTests {
    private let lane = LaneKey(route: "contoso", mailbox: ann)
    private let other = LaneKey(route: "contoso", mailbox: bob)
    private let noon = Timestamp(secondsSince1970: 1_795_262_400)

    @Test func nothingIsAskedWhereNothingIsNew() {
        var agenda = StoreAgenda()
        agenda.stir(lane)
        agenda.pass(noon)
        #expect(agenda.stirred.isEmpty && agenda.undated.isEmpty && agenda.earliest == nil)
        #expect(agenda.sections(of: lane).isEmpty)
    }

    @Test func aLaneIsAskedForWhatItCraves() {
        var agenda = StoreAgenda()
        agenda.crave(lane, LaneSections(of: .bulk))
        agenda.crave(lane, LaneSections(of: .high))
        #expect(agenda.stirred == [lane])
        #expect(agenda.sections(of: lane) == [LaneSections(of: .high), LaneSections(of: .bulk)])
        #expect(agenda.sections(of: other).isEmpty)
    }

    /// A window that is full is not asked for again until rows have left it.
    @Test func aHungryLaneWaitsForRoom() {
        var agenda = StoreAgenda()
        agenda.crave(lane, LaneSections(of: .normal))
        agenda.settle(lane)
        #expect(agenda.stirred.isEmpty && agenda.sections(of: lane) == LaneSections(of: .normal))
        agenda.stir(lane)
        #expect(agenda.stirred == [lane])
    }

    @Test func whatIsSatisfiedIsNotStirred() {
        var agenda = StoreAgenda()
        agenda.crave(lane, LaneSections(of: .normal))
        agenda.settle(lane)
        agenda.satisfy(lane, .all)
        agenda.stir(lane)
        #expect(agenda.stirred.isEmpty && agenda.sections(of: lane).isEmpty)
    }

    @Test func whatIsForgottenIsNotStirred() {
        var agenda = StoreAgenda()
        agenda.crave(lane, .all)
        agenda.forget(lane)
        agenda.stir(lane)
        #expect(agenda.stirred.isEmpty && agenda.sections(of: lane).isEmpty)
    }

    // MARK: Dates

    @Test func theEarliestDateCounts() {
        var agenda = StoreAgenda()
        for seconds in [5, 3, 9] { agenda.wake(lane, at: noon + .seconds(seconds)) }
        agenda.wake(other, at: noon + .seconds(4))
        #expect(agenda.earliest == noon + .seconds(3))
        agenda.pass(noon + .milliseconds(2999))
        #expect(agenda.stirred.isEmpty)
        agenda.pass(noon + .seconds(3))
        #expect(agenda.stirred == [lane] && agenda.undated == [lane])
        #expect(agenda.sections(of: lane) == .all)
        #expect(agenda.earliest == noon + .seconds(4))
    }

    @Test func aDateIsAskedForUntilItIsKnown() {
        var agenda = StoreAgenda()
        agenda.wake(lane, at: noon)
        agenda.wake(other, at: noon)
        agenda.pass(noon)
        agenda.dated(lane)
        agenda.pass(noon + .seconds(1))
        #expect(agenda.undated == [other] && agenda.earliest == nil)
    }

    @Test func datesFollowTheClock() {
        var agenda = StoreAgenda()
        agenda.wake(lane, at: noon + .seconds(3600))
        agenda.shiftDates(by: .seconds(-3600))
        #expect(agenda.earliest == noon)
        agenda.pass(noon)
        #expect(agenda.stirred == [lane])
    }
}
