import DeliveryPolicy
import EmailLog
import MailModel
import Postern

/// For each time on a logarithmic axis, which share of the sent messages of each arm had gone by then.
struct LatencyPlot {
    private static let (width, height) = (460.0, 270.0)
    private static let (left, right, top, bottom) = (52.0, 448.0, 12.0, 222.0)
    /// Points of a line; finer than the eye.
    private static let points = 200

    let arms: [TrialReport.Arm]

    /// `nil` where nothing was sent.
    var drawing: HTML? {
        let filled = arms.filter { !$0.record.latencies.isEmpty }
        let values = filled.flatMap { [$0.record.latencies.milliseconds.first, $0.record.latencies.milliseconds.last] }
            .compactMap(\.self)
        guard let least = values.min(), let most = values.max() else { return nil }
        // A zero has no place on the axis, and one value alone no width.
        let lower = max(1, Double(least)) * 0.8
        let axis = Axis(lower...max(Double(most) * 1.25, lower * 4), to: Self.left...Self.right, isLogarithmic: true)
        return SVG.drawing(
            width: Self.width, height: Self.height,
            label: "Share of the sent messages, by the time from accepted to sent, for each arm",
            vertical + horizontal(axis) + filled.reversed().map { line(of: $0, axis) })
    }

    private static func y(_ share: Double) -> Double { bottom - share * (bottom - top) }

    private func line(of arm: TrialReport.Arm, _ axis: Axis) -> HTML {
        let latencies = arm.record.latencies
        let points = (0...Self.points).map { index in
            let value = axis.value(at: Double(index) / Double(Self.points))
            let share = Double(latencies.count(below: Int64(value) + 1)) / Double(latencies.count)
            return (axis.position(of: value), Self.y(share))
        }
        return SVG.steps(points, "curve \(arm.arm.rawValue)")
    }

    private var vertical: [HTML] {
        [0, 25, 50, 75, 100].flatMap { percent -> [HTML] in
            let y = Self.y(Double(percent) / 100)
            return [
                SVG.line((Self.left, y), (Self.right, y), percent == 0 ? "axis" : "grid"),
                SVG.text("\(percent) %", at: (Self.left - 6, y + 4), anchor: "end"),
            ]
        }
    }

    private func horizontal(_ axis: Axis) -> [HTML] {
        let (first, last) = (axis.value(at: 0), axis.value(at: 1))
        let ticks = Self.ticks(first...last).flatMap { tick -> [HTML] in
            let x = axis.position(of: Double(tick))
            return [
                SVG.line((x, Self.top), (x, Self.bottom), "grid"),
                SVG.text(ReportWords.step(tick), at: (x, Self.bottom + 18)),
            ]
        }
        let middle = (Self.left + Self.right) / 2
        return ticks + [
            SVG.text("time from accepted to sent (logarithmic)", at: (middle, Self.bottom + 40), "label title")
        ]
    }

    /// As fine as there is room for.
    private static func ticks(_ range: ClosedRange<Double>) -> [Int64] {
        let fine: [Int64] = [
            1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000, 120_000, 300_000, 600_000,
            1_800_000, 3_600_000, 10_800_000, 43_200_000, 86_400_000, 259_200_000,
        ]
        let coarse: [Int64] = [1, 10, 100, 1000, 10_000, 60_000, 600_000, 3_600_000, 43_200_000, 259_200_000]
        let found = fine.filter { range.contains(Double($0)) }
        return found.count <= 7 ? found : coarse.filter { range.contains(Double($0)) }
    }
}
