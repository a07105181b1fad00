import Glibc

/// Values along a line of a drawing.
struct Axis {
    private let start: Double
    private let end: Double
    private let pixels: ClosedRange<Double>
    private let isLogarithmic: Bool

    /// - Parameter pixels: where the drawing has the two ends of `values`, which are not equal.
    init(_ values: ClosedRange<Double>, to pixels: ClosedRange<Double>, isLogarithmic: Bool = false) {
        self.isLogarithmic = isLogarithmic
        self.pixels = pixels
        start = isLogarithmic ? log10(values.lowerBound) : values.lowerBound
        end = isLogarithmic ? log10(values.upperBound) : values.upperBound
    }

    func position(of value: Double) -> Double {
        let place = (isLogarithmic ? log10(value) : value) - start
        return pixels.lowerBound + place / (end - start) * (pixels.upperBound - pixels.lowerBound)
    }

    /// The value at a share of the way, 0 to 1.
    func value(at share: Double) -> Double {
        let place = start + share * (end - start)
        return isLogarithmic ? pow(10, place) : place
    }

    /// Round values between two, 3 to 7 of them: multiples of 1, 2 or 5 times a power of ten.
    static func ticks(_ values: ClosedRange<Double>) -> [Double] {
        let raw = (values.upperBound - values.lowerBound) / 5
        let power = pow(10, log10(raw).rounded(.down))
        let step = ([1, 2, 5, 10].map { $0 * power }.first { $0 >= raw * 0.999 }) ?? raw
        let first = (values.lowerBound / step).rounded(.up)
        let last = (values.upperBound / step).rounded(.down)
        return stride(from: first, through: last, by: 1).map { $0 * step }
    }
}
