import ArgumentParser

/// The statuses that scripts may rely on; the numbers are those of `sysexits.h`.
enum ExitStatus: Int32 {
    case success = 0
    /// The check or the send failed for good.
    case failure = 1
    case usage = 64
    case noSuchMessage = 66
    case unavailable = 69
    case tryAgainLater = 75
    case refused = 77
    case configuration = 78
}

/// Why a command ends without having done its work: a sentence for standard error, and a status for scripts.
struct CommandFailure: Error, CustomStringConvertible {
    let status: ExitStatus
    let description: String

    init(_ status: ExitStatus, _ text: String) {
        self.status = status
        description = text
    }
}
