import FoundationEssentials
package import MailModel

/// The two clocks and the one way to wait, so that tests can move time by hand.
package struct EmulatorClock: Sendable {
    /// For windows, delays and Retry-After.
    package let now: @Sendable () -> Instant
    /// For what is shown: dates, token lifetimes.
    package let wall: @Sendable () -> Timestamp
    package let sleep: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> Instant, wall: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.wall = wall
        self.sleep = sleep
    }

    /// The machine's clocks.
    package static func system() -> EmulatorClock {
        let start = ContinuousClock.now
        return EmulatorClock(
            now: { Instant(ContinuousClock.now - start) },
            wall: { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) },
            sleep: { try await Task.sleep(for: $0) })
    }

    func moment() -> Moment { Moment(now: now(), wall: wall()) }
}

/// One moment on both clocks.
struct Moment: Hashable, Sendable {
    var now: Instant
    var wall: Timestamp
}

extension Duration {
    /// Configuration and JSON give and take seconds with a fraction.
    init(fractionalSeconds seconds: Double) { self = .microseconds(Int64((seconds * 1_000_000).rounded())) }
    var fractionalSeconds: Double { Double(milliseconds) / 1000 }
    /// Whole seconds, rounded up.
    var roundedUpSeconds: Int64 { (milliseconds + 999) / 1000 }
}
