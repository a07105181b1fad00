import Foundation
import NIOPosix

/// The accounts of this machine.
package enum LocalAccount {
    /// An account's name, or its number where it has none. The answer may come from a directory service, so this blocks.
    package static func name(_ id: UInt32) -> String {
        var (entry, found) = (passwd(), nil as UnsafeMutablePointer<passwd>?)
        var buffer = [CChar](repeating: 0, count: 16 * 1024)
        guard getpwuid_r(id, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name else {
            return String(id)
        }
        return String(cString: name)
    }

    /// As `name`, on the pool for blocking work.
    static func find(_ id: UInt32) async -> String {
        (try? await NIOThreadPool.singleton.runIfActive { name(id) }) ?? String(id)
    }
}
