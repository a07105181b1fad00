/// A moment of wall-clock time, as stored: milliseconds since 1970-01-01 00:00:00 UTC.
package struct Timestamp: Hashable, Sendable, Comparable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    package init(secondsSince1970 seconds: Int64) { milliseconds = seconds * 1000 }

    /// The last one that is stored: in the year 9999.
    package static let distantFuture = Timestamp(secondsSince1970: 253_402_300_799)

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    package static func + (moment: Timestamp, span: Duration) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds + span.milliseconds)
    }

    package static func - (moment: Timestamp, span: Duration) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds - span.milliseconds)
    }

    package static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .milliseconds(later.milliseconds - earlier.milliseconds)
    }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero.
    package var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

/// A moment on a clock that never steps: time since the process started. What waits, waits by this one.
package struct Instant: Hashable, Sendable, Comparable {
    package var sinceStart: Duration

    package init(_ sinceStart: Duration) { self.sinceStart = sinceStart }

    package static let start = Instant(.zero)

    package static func < (left: Instant, right: Instant) -> Bool { left.sinceStart < right.sinceStart }
    package static func + (moment: Instant, span: Duration) -> Instant { Instant(moment.sinceStart + span) }
    package static func - (moment: Instant, span: Duration) -> Instant { Instant(moment.sinceStart - span) }
    package static func - (later: Instant, earlier: Instant) -> Duration { later.sinceStart - earlier.sinceStart }
}
