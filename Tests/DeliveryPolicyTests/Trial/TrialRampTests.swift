import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct TrialRampTests {
    private static let day: Int64 = 86_400

    private static func shares(_ percents: [Double]) -> [TrialShare] { percents.compactMap { TrialShare(percent: $0) } }

    private static func ramp() throws -> TrialRamp {
        try TrialRamp(steps: shares([5, 25, 100]), over: .seconds(7 * day))
    }

    @Test(
        arguments: [
            (-1, "5%", 302_401), (0, "5%", 302_400), (302_399, "5%", 1), (302_400, "25%", 302_400), (604_799, "25%", 1),
            (604_800, "100%", nil), (10_000_000, "100%", nil),
        ] as [(Int64, String, Int64?)])
    func stepsAreEvenlySpread(_ seconds: Int64, _ share: String, _ next: Int64?) throws {
        let ramp = try Self.ramp()
        #expect(ramp.share(after: .seconds(seconds)).description == share)
        let expected = next.map { Duration.seconds(seconds < 0 ? 302_400 : $0) }
        #expect(ramp.timeToNextStep(after: .seconds(seconds)) == expected)
    }

    @Test func sharesOnlyGrow() throws {
        let ramp = try TrialRamp(steps: Self.shares([1, 2, 5, 10, 50]), over: .seconds(1000))
        let shares = (0...1000).map { ramp.share(after: .seconds($0)) }
        #expect(zip(shares, shares.dropFirst()).allSatisfy(<=))
        #expect(Set(shares).count == 5)
    }

    @Test(
        arguments: [
            ([], 1, .tooFewSteps), ([5], 1, .tooFewSteps), ([5, 5], 1, .notGrowing), ([5, 25, 20], 1, .notGrowing),
            ([5, 25], 0, .noTime), ([5, 25], -1, .noTime),
        ] as [([Double], Int64, TrialRamp.Problem)])
    func whatIsNoRampIsRefused(_ percents: [Double], _ seconds: Int64, _ problem: TrialRamp.Problem) {
        #expect(throws: problem) { try TrialRamp(steps: Self.shares(percents), over: .seconds(seconds)) }
    }

    // MARK: Progress

    private static let start = Timestamp(secondsSince1970: 1_790_000_000)

    private static func healthy(_ looks: [(seconds: Int64, isHealthy: Bool)]) -> Int64 {
        var progress = RampProgress(startedAt: start)
        for look in looks { progress.look(at: start + .seconds(look.seconds), isHealthy: look.isHealthy) }
        return progress.healthy.components.seconds
    }

    @Test func onlyHealthyTimeCounts() {
        #expect(Self.healthy([(60, true), (120, true)]) == 120)
        #expect(Self.healthy([(60, true), (120, false), (180, false), (240, true)]) == 120)
        #expect(Self.healthy([(60, false)]) == 0)
    }

    @Test func timeThatNobodySawCountsOnlyALittle() {
        #expect(Self.healthy([(60, true), (3 * Self.day, true), (3 * Self.day + 60, true)]) == 60 + 600 + 60)
    }

    @Test func aClockThatStepsBackAddsNothing() {
        #expect(Self.healthy([(60, true), (0, true), (30, true)]) == 90)
    }

    @Test func aRestartGoesOn() {
        var before = RampProgress(startedAt: Self.start)
        before.look(at: Self.start + .seconds(300), isHealthy: true)
        var after = RampProgress(healthy: before.healthy, lastLook: before.lastLook)
        after.look(at: Self.start + .seconds(400), isHealthy: true)
        #expect(after.healthy == .seconds(400))
    }

    /// An unhealthy day makes the ramp a day longer.
    @Test func troubleHaltsTheRamp() throws {
        let ramp = try Self.ramp()
        var progress = RampProgress(startedAt: Self.start)
        var reached: [String: Int64] = [:]
        for minute in 1...(9 * 24 * 60) {
            let seconds = Int64(minute) * 60
            let isHealthy = !(2 * Self.day..<3 * Self.day).contains(seconds - 1)
            progress.look(at: Self.start + .seconds(seconds), isHealthy: isHealthy)
            let share = ramp.share(after: progress.healthy).description
            if reached[share] == nil { reached[share] = seconds }
        }
        #expect(reached == ["5%": 60, "25%": 302_400 + Self.day, "100%": 8 * Self.day])
    }
}
