import EmailLog
import Foundation
import GRDB

/// A directory of its own for a test's files, gone with the last reference to it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "postern-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var store: String { path + "/postern.sqlite" }
    var spool: String { store + ".spool" }
    var spoolNames: [String] { (try? FileManager.default.contentsOfDirectory(atPath: spool)) ?? [] }

    func service() throws -> EmailLog { try EmailLog.open(path: store, role: .service) }
    func tool() throws -> EmailLog { try EmailLog.open(path: store, role: .tool) }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = "\(path)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    /// The store's file as any other program sees it.
    func outside(_ sql: String) throws {
        try DatabaseQueue(path: store).writeWithoutTransaction { try $0.execute(sql: sql) }
    }
}
