import Foundation
package import MailModel

/// The two clocks of every shell: the wall's for what is stored, a steady one for what waits; and a way to wait by it.
package struct Clocks: Sendable {
    package var now: @Sendable () -> Timestamp
    package var instant: @Sendable () -> Instant
    /// Throws where the task is cancelled.
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> Timestamp, instant: @escaping @Sendable () -> Instant,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.now = now
        self.instant = instant
        self.sleep = sleep
    }

    /// This machine's clocks; the steady one counts from this call.
    package static func system() -> Clocks {
        let start = ContinuousClock.now
        return Clocks(
            now: { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) },
            instant: { Instant(ContinuousClock.now - start) })
    }
}
