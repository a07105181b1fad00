import MailModel
import Testing

@testable import Simulation

@Suite struct AgendaTests {
    @Test func theClockGoesFromOneThingToTheNext() {
        var agenda = Agenda()
        var happened: [String] = []
        agenda.add(at: Instant(.seconds(5))) { happened.append("late") }
        agenda.add(at: Instant(.seconds(1)), order: 2) { happened.append("second") }
        agenda.add(at: Instant(.seconds(1)), order: 1) { happened.append("first") }
        var moments: [Instant] = []
        while let action = agenda.next() {
            action()
            moments.append(agenda.now)
        }
        #expect(happened == ["first", "second", "late"])
        #expect(moments.map(\.sinceStart) == [.seconds(1), .seconds(1), .seconds(5)])
    }

    @Test func whatIsPastHappensNow() {
        var agenda = Agenda()
        agenda.add(at: Instant(.seconds(3))) {}
        _ = agenda.next()
        agenda.add(at: Instant(.seconds(1))) {}
        _ = agenda.next()
        #expect(agenda.now == Instant(.seconds(3)))
        let isOver = agenda.next() == nil
        #expect(isOver)
    }
}
