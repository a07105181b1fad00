import Testing

@testable import DeliveryPolicy

@Suite struct SampleSizeTests {
    private static func grown(_ proportion: Proportion, by factor: Double) -> (Double, Double) {
        (proportion.rate, Double(proportion.total) * factor)
    }

    private static func interval(_ trial: Proportion, _ control: Proportion, more: Int) -> Interval {
        let factor = Double(trial.total + more) / Double(trial.total)
        return ProportionDifference.interval(
            trial.rate, of: Double(trial.total) * factor, minus: control.rate, of: Double(control.total) * factor)
    }

    @Test(arguments: [
        (0, 20, 0, 380), (0, 50, 2, 950), (1, 50, 2, 950), (3, 200, 30, 3800), (1, 100, 1, 100),
        (10, 2000, 300, 38_000),
    ])
    func isTheSmallestNumberThatReachesTheTolerance(_ a: Int, _ m: Int, _ b: Int, _ n: Int) throws {
        let (trial, control) = (Proportion(a, of: m), Proportion(b, of: n))
        guard trial.rate - control.rate < 0.01 else { return }
        let more = try #require(SampleSize.more(trial: trial, control: control, for: .upperAtMost(0.01)))
        #expect(Self.interval(trial, control, more: more).upper <= 0.01 + 1e-9, "\(more)")
        if more > 0 { #expect(Self.interval(trial, control, more: more - 1).upper > 0.01, "\(more)") }
    }

    @Test func isTheSmallestNumberThatShowsTheTrialIsWorse() throws {
        let (trial, control) = (Proportion(2, of: 60), Proportion(10, of: 1140))
        let more = try #require(SampleSize.more(trial: trial, control: control, for: .lowerAbove(0)))
        #expect(more > 0 && Self.interval(trial, control, more: more).lower > 0)
        #expect(Self.interval(trial, control, more: more - 1).lower <= 0)
    }

    @Test func whereNoNumberWouldDoThereIsNone() {
        #expect(
            SampleSize.more(trial: Proportion(5, of: 100), control: Proportion(0, of: 100), for: .upperAtMost(0.01))
                == nil)
        #expect(
            SampleSize.more(trial: Proportion(0, of: 0), control: Proportion(0, of: 9), for: .upperAtMost(0.01)) == nil)
        #expect(SampleSize.more(trial: Proportion(0, of: 9), control: Proportion(0, of: 0), for: .lowerAbove(0)) == nil)
    }

    @Test func nothingMoreIsNeededWhereItIsReached() {
        #expect(
            SampleSize.more(trial: Proportion(0, of: 5000), control: Proportion(0, of: 5000), for: .upperAtMost(0.01))
                == 0)
    }
}
