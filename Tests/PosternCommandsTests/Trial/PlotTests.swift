import DeliveryPolicy
import EmailLog
import MailModel
import Postern
import Testing

@testable import PosternCommands

@Suite struct PlotTests {
    @Test func anAxisLeadsFromEndToEnd() {
        let axis = Axis(-2...8, to: 10...110)
        #expect(axis.position(of: -2) == 10 && axis.position(of: 8) == 110 && axis.position(of: 3) == 60)
        #expect(axis.value(at: 0.25) == 0.5)
        let logarithmic = Axis(10...1000, to: 0...100, isLogarithmic: true)
        #expect(abs(logarithmic.position(of: 100) - 50) < 1e-9 && abs(logarithmic.value(at: 0.5) - 100) < 1e-9)
    }

    @Test(
        arguments: [
            (0.0...1.0, 0.2), (-0.3...1.1, 0.5), (0.0...0.004, 0.001), (-700.0...80.0, 200), (-1e-6...1e-6, 5e-7),
            (0.0...90.0, 20),
        ])
    func ticksAreRound(_ range: ClosedRange<Double>, _ step: Double) {
        let ticks = Axis.ticks(range)
        #expect(
            2...7 ~= ticks.count && ticks.allSatisfy { range.lowerBound - 1e-9 <= $0 && $0 <= range.upperBound + 1e-9 })
        for (one, next) in zip(ticks, ticks.dropFirst()) { #expect(abs(next - one - step) < step * 1e-6, "\(ticks)") }
    }

    private static func arm(_ milliseconds: [Int64], _ arm: TrialArm = .trial) -> TrialReport.Arm {
        var record = ReportFixtures.record(sent: 0)
        record.latencies = Latencies(ascending: milliseconds)
        return TrialReport.Arm(arm: arm, path: .graph, record: record)
    }

    private static func numbers(_ markup: String) -> [Double] {
        markup.matches(of: /[HVM ](-?\d+(?:\.\d+)?)/).compactMap { Double($0.output.1) }
    }

    @Test(arguments: [[0], [5], [0, 0, 86_400_000], [100, 200, 300], [1_000_000_000]] as [[Int64]])
    func aCurveStaysInItsFrame(_ milliseconds: [Int64]) throws {
        let markup = try #require(LatencyPlot(arms: [Self.arm(milliseconds)]).drawing).markup
        let path = try #require(markup.firstMatch(of: /<path d="([^"]*)"/)).output.1
        let numbers = Self.numbers(String(path))
        #expect(numbers.count > 100 && numbers.allSatisfy { 0...460 ~= $0 })
        // Up to 100 % in the end.
        #expect(path.hasSuffix("V12.0") && !markup.contains("nan") && !markup.contains("inf"))
    }

    @Test func aCurveRisesWithItsShares() throws {
        let markup = try #require(LatencyPlot(arms: [Self.arm([100, 100, 100, 10_000])]).drawing).markup
        // Three quarters of the way up for most of its length: from 222 to 12.
        #expect(markup.ranges(of: "V64.5").count > 100)
    }

    @Test func anArmWithoutMessagesHasNoCurve() {
        let one = LatencyPlot(arms: [Self.arm([100, 200]), Self.arm([], .control)]).drawing?.markup ?? ""
        #expect(one.contains("curve trial") && !one.contains("curve control"))
        #expect(LatencyPlot(arms: [Self.arm([])]).drawing == nil)
    }

    @Test(
        arguments: [
            (Interval(estimate: 0, lower: 0, upper: 0), nil), (Interval(estimate: -0.5, lower: -0.7, upper: -0.4), 1),
            (Interval(estimate: 30, lower: 5, upper: 90), 1), (Interval(estimate: -679, lower: -697, upper: -661), nil),
        ] as [(Interval, Double?)])
    func anIntervalStaysInItsFrame(_ interval: Interval, _ tolerance: Double?) {
        let plot = IntervalPlot(
            interval: interval, title: "points", written: TrialPageSection.tick, tolerance: tolerance)
        let markup = plot.drawing.markup
        let places = markup.matches(of: /(?:x1|x2|x|cx)="(-?[\d.]+)"/).compactMap { Double($0.output.1) }
        #expect(places.count > 8 && places.allSatisfy { 0...460 ~= $0 }, "\(places)")
        #expect(markup.contains("tolerated") == (tolerance != nil))
    }
}
