import DeliveryPolicy

/// An estimate with its interval, against none at all and, where there is one, against what is tolerated.
struct IntervalPlot {
    private static let (width, height) = (460.0, 112.0)
    private static let (left, right) = (16.0, 444.0)
    private static let (middle, bottom) = (40.0, 68.0)

    let interval: Interval
    let title: String
    /// As the unit of the axis has it.
    let written: (Double) -> String
    var tolerance: Double?

    var drawing: HTML {
        let values = [0, interval.lower, interval.upper, tolerance ?? 0]
        let (least, most) = (values.min() ?? 0, values.max() ?? 0)
        let margin = max((most - least) * 0.12, 1e-6)
        let range = (least - margin)...(most + margin)
        let axis = Axis(range, to: Self.left...Self.right)
        return SVG.drawing(
            width: Self.width, height: Self.height, label: title,
            scale(axis, range) + lines(axis) + estimate(axis)
                + [SVG.text(title, at: ((Self.left + Self.right) / 2, Self.bottom + 38), "label title")])
    }

    private func scale(_ axis: Axis, _ range: ClosedRange<Double>) -> [HTML] {
        [SVG.line((Self.left, Self.bottom), (Self.right, Self.bottom), "axis")]
            + Axis.ticks(range).flatMap { tick -> [HTML] in
                let x = axis.position(of: tick)
                return [
                    SVG.line((x, Self.bottom), (x, Self.bottom + 4), "axis"),
                    SVG.text(written(tick), at: (x, Self.bottom + 18)),
                ]
            }
    }

    private func lines(_ axis: Axis) -> [HTML] {
        let zero = axis.position(of: 0)
        var lines = [SVG.line((zero, 20), (zero, Self.bottom), "zero")]
        guard let tolerance else { return lines }
        let x = axis.position(of: tolerance)
        lines.append(SVG.line((x, 20), (x, Self.bottom), "tolerance"))
        let isRight = x > (Self.left + Self.right) / 2
        lines.append(SVG.text("tolerated", at: (x, 14), anchor: isRight ? "end" : "start", "label tolerated"))
        return lines
    }

    private func estimate(_ axis: Axis) -> [HTML] {
        let (lower, upper) = (axis.position(of: interval.lower), axis.position(of: interval.upper))
        return [
            SVG.line((lower, Self.middle), (upper, Self.middle), "interval"),
            SVG.line((lower, Self.middle - 7), (lower, Self.middle + 7), "interval"),
            SVG.line((upper, Self.middle - 7), (upper, Self.middle + 7), "interval"),
            SVG.circle((axis.position(of: interval.estimate), Self.middle), radius: 5, "estimate"),
        ]
    }
}
