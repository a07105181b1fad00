import MailModel

@testable import M365Emulator

/// A clock for the whole emulator: it stands still, and nobody has to wait.
extension EmulatorClock {
    static func still(at wall: Timestamp = Timestamp(secondsSince1970: 1_795_000_000)) -> EmulatorClock {
        EmulatorClock(now: { .start }, wall: { wall }, sleep: { _ in })
    }
}
