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
