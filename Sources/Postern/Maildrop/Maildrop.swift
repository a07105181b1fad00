import CSync
import EmailLog
import Foundation

/// The directory beside the store where mail waits that was handed in while the service was down.
///
/// Any user of this machine may put files into it (mode 1733: nobody but its owner sees their names, and nobody may touch
/// another's). A file is written under an unfinished name, synced, renamed, and its new name synced: what has its name is
/// whole, and stays.
package struct Maildrop: Sendable {
    /// What is wrong with the directory, or with a write to it.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }

        /// From `errno`.
        init(_ path: String, _ code: CInt = errno) { description = "\(path): \(String(cString: strerror(code)))" }
    }

    static let anybodyMayPut: mode_t = 0o1733
    /// In front of the name of what is being written.
    static let unfinishedPrefix = "."

    private let store: String
    package let path: String
    /// For what could not be taken.
    var rejected: String { path + "/bad" }

    package init(store: String) {
        self.store = store
        path = store + ".maildrop"
    }

    func path(of name: some CustomStringConvertible) -> String { "\(path)/\(name)" }

    // MARK: Making it

    /// Makes both directories where they are missing, with the right permissions, and syncs their names.
    package func prepare() throws(Failure) {
        try Self.make(path, Self.anybodyMayPut)
        try Self.make(rejected, 0o700)
        for directory in [path, URL(fileURLWithPath: path).deletingLastPathComponent().path] {
            guard try Self.syncNames(in: directory) else { throw Failure(directory) }
        }
    }

    private static func make(_ path: String, _ mode: mode_t) throws(Failure) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Failure(path) }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw Failure(path) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw Failure("\(path) is not a directory") }
        // mkdir cannot set what the umask forbids.
        guard status.st_mode & 0o7777 == mode || chmod(path, mode) == 0 else { throw Failure(path) }
    }

    /// Only beside a store, so that no mail is left where no service will look, and only for whom the store belongs to.
    private func makeBesideStore() throws(Failure) {
        var status = stat()
        if lstat(path, &status) == 0 { return }
        guard stat(store, &status) == 0 else {
            throw Failure("there is no store at \(store): start the service once")
        }
        guard geteuid() == status.st_uid || geteuid() == 0 else {
            throw Failure("there is no directory \(path): start the service once")
        }
        try prepare()
        for made in [rejected, path] where geteuid() == 0 {
            guard lchown(made, status.st_uid, status.st_gid) == 0 else { throw Failure(made) }
        }
    }

    // MARK: Putting mail in

    /// Returns when the message is on disk, synced; whatever fails, nothing of it stays.
    package func put(_ message: MaildropMessage, as name: MaildropName) throws(Failure) {
        try makeBesideStore()
        let unfinished = path(of: Self.unfinishedPrefix + name.description)
        let bytes: [UInt8]
        do { bytes = try message.encoded() } catch { throw Failure("\(error)") }
        let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure(path) }
        defer { close(descriptor) }
        do throws(Failure) {
            try Self.write(bytes, to: descriptor, unfinished)
            CrashPoint.reach(.maildropWritten)
            // The service must be able to read it, whoever it runs as.
            guard fchmod(descriptor, 0o644) == 0, fsync(descriptor) == 0 else { throw Failure(unfinished) }
            CrashPoint.reach(.maildropSynced)
            guard Foundation.rename(unfinished, path(of: name)) == 0 else { throw Failure(path(of: name)) }
            CrashPoint.reach(.maildropNamed)
            try syncNames(descriptor)
        } catch {
            unlink(unfinished)
            unlink(path(of: name))
            throw error
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: CInt, _ path: String) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress! + done, $0.count - done) }
            guard count >= 0 || errno == EINTR else { throw Failure(path) }
            done += max(0, count)
        }
    }

    /// Who may not read the directory cannot open it to sync it, and has the whole file system synced instead.
    private func syncNames(_ descriptor: CInt) throws(Failure) {
        let isSynced = try Self.syncNames(in: path)
        guard isSynced || csync_file_system(descriptor) == 0 else { throw Failure(path) }
    }

    /// - Returns: false where this user may not read the directory.
    private static func syncNames(in path: String) throws(Failure) -> Bool {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return false }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw Failure(path) }
        return true
    }
}
