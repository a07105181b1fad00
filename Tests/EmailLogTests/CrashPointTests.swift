import Testing

@testable import EmailLog

/// That each of them ends a process is what `CrashTests` shows, with real ones; those of drafts and of a trial's shadow, which
/// its campaign does not come by, `DuplicateTests` and `ShadowTests` do.
@Suite struct CrashPointTests {
    @Test(arguments: CrashPoint.allCases) func eachCanBeNamed(_ point: CrashPoint) {
        #expect(CrashPoint.Armed(point.rawValue) != nil && CrashPoint.Armed("\(point.rawValue):3") != nil)
    }

    @Test(arguments: ["", ":", "nowhere", "nowhere:1"]) func nothingElseIsArmed(_ text: String) {
        #expect(CrashPoint.Armed(text) == nil)
    }

    @Test func othersAndEarlierTimesPass() throws {
        let armed = try #require(CrashPoint.Armed("committed:3"))
        for point in CrashPoint.allCases where point != .committed { armed.reach(point) }
        armed.reach(.committed)
        armed.reach(.committed)
        // The third would be the end of this process.
    }

    @Test func withoutTheVariableNoneEndsAnything() {
        for point in CrashPoint.allCases { CrashPoint.reach(point) }
    }
}
