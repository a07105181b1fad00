import Foundation

/// The file beside the store that says who works on it, by two kinds of locks the kernel drops when a process ends:
/// one lock on the whole file (`flock`) for the one service, and one byte each (open file description locks, `fcntl(2)`)
/// for every process that claims messages, so that a claim outlives its claimant visibly.
///
/// Unlike process ids, locks hold across containers that share the directory.
final class LockFile: Sendable {
    /// Every one may have a byte of the file; the bytes above are places (`PlaceLocks`).
    static let claimants: Range<Int64> = 1..<(1 << 62)

    static func path(of store: String) -> String { store + ".lock" }

    private let descriptor: CInt
    private let path: String

    init(path: String) throws(EmailLogError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw EmailLogError(errno: errno, path: path) }
    }

    deinit { close(descriptor) }

    /// Becomes the one that may migrate and checkpoint; false where another is.
    func takeWhole() -> Bool {
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return false }
        let text = Array("\(getpid())\n".utf8)
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
        return true
    }

    /// Whether another has it; a shared lock of an instant finds out.
    var isTaken: Bool {
        guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else { return true }
        flock(descriptor, LOCK_UN)
        return false
    }

    func releaseWhole() { flock(descriptor, LOCK_UN) }

    /// The process id the holder left here, for messages to people only.
    var holder: Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return Int32(String(decoding: bytes.prefix(max(0, count)).prefix { $0 != 0x0A }, as: UTF8.self))
    }

    /// Marks `claimant` as alive until this object goes, or its process.
    func takeClaimant(_ claimant: Int64) throws(EmailLogError) {
        guard Self.lock(byte: claimant, of: descriptor) else { throw EmailLogError(errno: errno, path: path) }
    }

    /// Whether someone else holds `claimant`; one's own claims are never seen.
    func isAlive(_ claimant: Int64) -> Bool {
        var range = Self.range(claimant, F_WRLCK)
        guard fcntl(descriptor, Self.getLock, &range) == 0 else { return true }
        return range.l_type != Int16(F_UNLCK)
    }

    /// - Returns: false where another open file has the byte. Taking one's own again changes nothing.
    static func lock(byte: Int64, of file: CInt) -> Bool {
        var range = range(byte, F_WRLCK)
        return fcntl(file, setLock, &range) == 0
    }

    static func unlock(byte: Int64, of file: CInt) {
        var range = range(byte, F_UNLCK)
        _ = fcntl(file, setLock, &range)
    }

    private static func range(_ byte: Int64, _ type: CInt) -> flock {
        var range = flock()
        range.l_type = Int16(type)
        range.l_whence = Int16(SEEK_SET)
        range.l_start = off_t(byte)
        range.l_len = 1
        return range
    }

    #if os(Linux)
        private static let getLock: CInt = 36  // F_OFD_GETLK
        private static let setLock: CInt = 37  // F_OFD_SETLK
    #else
        private static let getLock = F_OFD_GETLK
        private static let setLock = F_OFD_SETLK
    #endif
}
