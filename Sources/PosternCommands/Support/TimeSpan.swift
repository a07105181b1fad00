import ArgumentParser
import Postern

/// A span of time on the command line, longer than nothing: `250ms`, `5s`, `2m`.
struct TimeSpan: ExpressibleByArgument {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        guard let duration = Quantity.duration(argument), duration > .zero else { return nil }
        self.duration = duration
    }

    var defaultValueDescription: String { Quantity.text(duration) }
}

extension Duration {
    /// In the unit a person would choose, rounded up: `95s`, `17m`, `5h`, `3d`.
    var spoken: String {
        let seconds = max(0, components.seconds + (components.attoseconds > 0 ? 1 : 0))
        let unit = [("d", Int64(86400)), ("h", 3600), ("m", 60)].first { seconds >= 2 * $0.1 }
        return unit.map { "\((seconds + $0.1 - 1) / $0.1)\($0.0)" } ?? "\(seconds)s"
    }
}
