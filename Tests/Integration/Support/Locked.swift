import Foundation

/// A value behind a lock.
final class Locked<Value>: @unchecked Sendable {
    // The value is only touched inside the lock: that is what makes it safe to share.
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func with<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
