import Foundation

/// Which file a path stood for when it was opened. SQLite goes on writing into a file that has been deleted, and what is
/// committed there is gone with the process.
struct FileIdentity: Hashable, Sendable {
    private let path: String
    private let device: UInt64
    private let inode: UInt64

    /// `nil` where there is no such file.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.path = path
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }

    /// False once the file has been removed, or another put in its place.
    var isInPlace: Bool { FileIdentity(path: path) == self }
}
