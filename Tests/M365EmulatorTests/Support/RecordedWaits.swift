import MailModel
import NIOConcurrencyHelpers

@testable import M365Emulator

/// Remembers who waited, and for how long, in place of waiting.
final class RecordedWaits: Sendable {
    private let box = NIOLockedValueBox([Duration]())

    var all: [Duration] { box.withLockedValue { $0 } }

    /// - Parameter hold: what each wait comes to instead.
    func clock(_ hold: @escaping @Sendable () async -> Void = {}) -> EmulatorClock {
        EmulatorClock(
            now: { .start }, wall: { Timestamp(secondsSince1970: 1_795_000_000) },
            sleep: { span in
                self.box.withLockedValue { $0.append(span) }
                await hold()
            })
    }
}
