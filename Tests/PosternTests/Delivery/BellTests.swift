import MailModel
import NIOCore
import NIOEmbedded
import Testing

@testable import Postern

@Suite struct BellTests {
    private let lane = LaneKey(route: "contoso", mailbox: ann)
    private let other = LaneKey(route: "contoso", mailbox: bob)

    @Test func manyRingsAreOne() async {
        let bell = Bell()
        for _ in 0..<10 { bell.ring() }
        bell.silence()
        var heard = 0
        for await _ in bell.rings { heard += 1 }
        #expect(heard == 1)
    }

    @Test func lanesAreRememberedUntilTheyAreTaken() {
        let bell = Bell()
        bell.ring(lane)
        bell.ring(lane)
        bell.ring()
        bell.ring(other)
        #expect(bell.takeLanes() == [lane: LaneSections.all, other: .all])
        #expect(bell.takeLanes().isEmpty)
    }

    @Test func aRingAfterTheSilenceIsNotHeard() async {
        let bell = Bell()
        bell.silence()
        bell.ring(lane)
        for await _ in bell.rings { Issue.record("heard") }
        #expect(Set(bell.takeLanes().keys) == [lane])
    }

    // MARK: The alarm

    private func rings(of bell: Bell) async -> Int {
        bell.silence()
        var heard = 0
        for await _ in bell.rings { heard += 1 }
        return heard
    }

    @Test(arguments: [(1999, 0), (2001, 1), (10_000, 1)])
    func anAlarmRingsOnceWhenItsTimeHasCome(_ milliseconds: Int64, _ rings: Int) async {
        let (loop, bell) = (EmbeddedEventLoop(), Bell())
        Alarm(on: loop).set(in: .seconds(2), ringing: bell)
        loop.advanceTime(by: .milliseconds(milliseconds))
        #expect(await self.rings(of: bell) == rings)
    }

    @Test func remembersWhichPrioritiesToLookFor() {
        let bell = Bell()
        bell.ring(lane, .bulk)
        bell.ring(lane, .high)
        bell.ring(other)
        #expect(bell.takeLanes() == [lane: LaneSections(of: .bulk).union(LaneSections(of: .high)), other: .all])
    }

    @Test func anAlarmSetAgainToItsMomentRingsOnce() async {
        let (loop, bell) = (EmbeddedEventLoop(), Bell())
        let alarm = Alarm(on: loop)
        alarm.set(in: .seconds(2), ringing: bell)
        loop.advanceTime(by: .seconds(1))
        alarm.set(in: .seconds(1), ringing: bell)
        loop.advanceTime(by: .milliseconds(1002))
        alarm.set(in: .seconds(1), ringing: bell)
        loop.advanceTime(by: .milliseconds(500))
        #expect(await rings(of: bell) == 1)
    }

    @Test func anewSetAlarmForgetsTheTimeBefore() async {
        let (loop, bell) = (EmbeddedEventLoop(), Bell())
        let alarm = Alarm(on: loop)
        alarm.set(in: .seconds(2), ringing: bell)
        alarm.set(in: .seconds(5), ringing: bell)
        loop.advanceTime(by: .seconds(4))
        #expect(await rings(of: bell) == 0)
    }

    @Test func whatIsOverdueRingsSoon() async {
        let (loop, bell) = (EmbeddedEventLoop(), Bell())
        Alarm(on: loop).set(in: .seconds(-60), ringing: bell)
        loop.advanceTime(by: .milliseconds(1))
        #expect(await rings(of: bell) == 1)
    }

    @Test func aCancelledAlarmIsSilent() async {
        let (loop, bell) = (EmbeddedEventLoop(), Bell())
        let alarm = Alarm(on: loop)
        alarm.set(in: .seconds(1), ringing: bell)
        alarm.cancel()
        loop.advanceTime(by: .seconds(2))
        #expect(await rings(of: bell) == 0)
    }
}
