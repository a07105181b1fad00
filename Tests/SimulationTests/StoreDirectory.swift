import Foundation

/// A directory for a store, which goes with the test.
final class StoreDirectory: Sendable {
    private let path: String
    var store: String { path + "/store.sqlite" }

    init() throws {
        path = NSTemporaryDirectory() + "postern-simulation-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
