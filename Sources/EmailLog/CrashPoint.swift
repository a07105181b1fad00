import Foundation
import Synchronization

/// The moments of docs/INTERNALS.md at which a process may die, by name, so that a test can have it die at each of them.
///
/// A debug build whose environment says `POSTERN_CRASH_AT=bodyNamed:3` ends, as by `kill -9`, when it reaches that point for
/// the third time. A release build knows nothing of it.
package enum CrashPoint: String, CaseIterable, Sendable {
    // A message is being accepted.

    /// A piece of a large body is in its spool file.
    case bodyArriving
    case bodySynced
    /// It has its name, which is not synced yet.
    case bodyNamed
    /// From now on a row may point at it.
    case bodyPublished
    /// The statements of a transaction have run, and it is not committed.
    case committing
    /// A transaction is committed, and those who wait for it do not know yet.
    case committed
    /// The next thing is the 250.
    case accepted

    // A message is being attempted.

    /// In Q: its turn has come.
    case chosen
    /// In P: nothing was sent.
    case claimed
    /// A piece of it is ready for the connection.
    case bytesLeaving
    /// With `exactly_once: draft`, or in the upload form: its draft is made, and the id is not written down.
    case draftMade
    /// The id is written down, and the draft is not sent.
    case draftKept
    /// Microsoft's answer is known, and not recorded.
    case answered
    /// It is recorded, and a spool file without a row is still there.
    case settled

    // Graph is exercised beside the mail.

    /// A shadow is taken, and nothing was asked of Graph.
    case shadowClaimed
    /// Its draft is deleted, or its copy sent, and nothing of that is recorded.
    case shadowAnswered

    /// The service starts, and has recorded the attempts that were cut off.
    case recovered

    // A program hands a message to the maildrop.

    case maildropWritten
    case maildropSynced
    /// It has its name, which is not synced yet.
    case maildropNamed

    // The service takes one from there.

    case maildropRead
    /// It is in the store, and its file is still there.
    case maildropTaken
}

extension CrashPoint {
    /// Says that the process is at this point; nothing in a release build.
    @inlinable
    package static func reach(_ point: CrashPoint) {
        #if DEBUG
            armed?.reach(point)
        #endif
    }

    #if DEBUG
        @usableFromInline static let armed = Armed(
            ProcessInfo.processInfo.environment["POSTERN_CRASH_AT"] ?? "")

        @usableFromInline
        final class Armed: Sendable {
            private let point: CrashPoint
            private let left: Atomic<Int>

            /// - Parameter text: a name, and `:N` where it is not the first time.
            init?(_ text: String) {
                let words = text.split(separator: ":")
                guard let name = words.first, let point = CrashPoint(rawValue: String(name)) else { return nil }
                self.point = point
                left = Atomic(words.count > 1 ? Int(words[1]) ?? 1 : 1)
            }

            @usableFromInline
            func reach(_ reached: CrashPoint) {
                guard reached == point, left.subtract(1, ordering: .relaxed).newValue == 0 else { return }
                kill(getpid(), SIGKILL)
            }
        }
    #endif
}
