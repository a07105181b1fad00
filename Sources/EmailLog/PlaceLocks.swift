import Foundation
import MailModel
import NIOConcurrencyHelpers

/// Places that processes which work with one store share by name, such as the last connection a mailbox may have open:
/// whoever has a place keeps it until it gives it back or ends.
///
/// Each is one byte of the lock file beside the store, locked like the claimants' (`LockFile`), above all of these.
package final class PlaceLocks: Sendable {
    private let path: String
    /// Opened when it is first asked for: a store that is only checked may not be there.
    private let descriptor = NIOLockedValueBox<CInt?>(nil)

    /// - Parameter store: the path of the store.
    package init(store: String) { path = LockFile.path(of: store) }

    deinit { descriptor.withLockedValue { $0.map { _ = close($0) } } }

    /// - Returns: false where another process has the place, or nobody can tell. Where no process has ever worked with the
    ///   store, there is nobody to share with.
    package func take(_ name: String) -> Bool {
        descriptor.withLockedValue { opened in
            let file = opened ?? open(path, O_RDWR | O_CLOEXEC)
            guard file >= 0 else { return errno == ENOENT }
            opened = file
            return LockFile.lock(byte: Self.byte(of: name), of: file)
        }
    }

    package func release(_ name: String) {
        descriptor.withLockedValue { $0.map { LockFile.unlock(byte: Self.byte(of: name), of: $0) } }
    }

    /// Two names that meet by chance share a place, which costs one of them a wait.
    private static func byte(of name: String) -> Int64 {
        LockFile.claimants.upperBound + Int64(FNV1a.hash(name.utf8) >> 4)
    }
}
