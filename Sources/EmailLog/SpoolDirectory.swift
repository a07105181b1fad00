import Foundation

/// The directory beside the database that holds the bodies too large for it.
///
/// A row never points at a missing body: a file is synced and has its name before its row is committed, and is deleted
/// only after the commit that takes the last reference away. Whoever writes a file holds a lock on it until its row is
/// committed, so that a sweep by another process leaves it alone.
struct SpoolDirectory: Sendable {
    static let unfinishedSuffix = ".part"

    let path: String
    private let cleaner = DispatchQueue(label: "postern.spool.cleaner")

    init(path: String) throws(EmailLogError) {
        self.path = path
        guard mkdir(path, 0o750) == 0 || errno == EEXIST else { throw EmailLogError(errno: errno, path: path) }
        // Also where it is there already: who made it may have died before this. SQLite syncs this directory only once the
        // log it has just made is synced first, which may be earlier.
        try Self.syncNames(in: URL(fileURLWithPath: path).deletingLastPathComponent().path)
    }

    private static func syncNames(in directory: String) throws(EmailLogError) {
        try OpenFile(path: directory, flags: O_RDONLY | O_DIRECTORY).sync()
    }

    func path(of name: String) -> String { "\(path)/\(name)" }

    /// Makes an empty, locked file under a new unfinished name.
    func create() throws(EmailLogError) -> (name: String, file: OpenFile) {
        while true {
            let name = String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt64(getpid()), radix: 36)
            let file = try OpenFile(
                path: path(of: name + Self.unfinishedSuffix), flags: O_RDWR | O_CREAT | O_EXCL)
            // A sweep may come between the creation and the lock, and then has deleted the file.
            if file.lock(waiting: true), file.hasName { return (name, file) }
        }
    }

    /// Gives a finished file its name for good.
    func publish(_ name: String) throws(EmailLogError) {
        let source = path(of: name + Self.unfinishedSuffix)
        guard rename(source, path(of: name)) == 0 else { throw EmailLogError(errno: errno, path: source) }
        CrashPoint.reach(.bodyNamed)
        try Self.syncNames(in: path)
    }

    /// Deletes bodies whose last reference is gone, behind the caller's back; what a crash leaves, the next sweep takes.
    func remove(_ names: [String]) {
        guard !names.isEmpty else { return }
        cleaner.async { for name in names { unlink(path(of: name)) } }
    }

    /// Waits until what was to be removed is.
    func finishRemovals() { cleaner.sync {} }

    /// Deletes the files that no row references and no process is writing.
    ///
    /// - Parameter unreferenced: those of the names that no row references, at this moment.
    func sweep(unreferenced: ([String]) throws -> [String]) throws {
        for name in try unreferenced(FileManager.default.contentsOfDirectory(atPath: path)) {
            guard let file = try? OpenFile(path: path(of: name), flags: O_RDONLY), file.lock(waiting: false) else {
                continue
            }
            // Asked again under the lock: the writer may have committed its row since.
            if try !unreferenced([name]).isEmpty { unlink(file.path) }
        }
    }
}
