import Foundation

/// A descriptor that is closed with the last reference to it.
final class OpenFile: Sendable {
    let descriptor: CInt
    let path: String

    init(path: String, flags: CInt) throws(EmailLogError) {
        self.path = path
        descriptor = open(path, flags | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw EmailLogError(errno: errno, path: path) }
    }

    deinit { close(descriptor) }

    /// Takes the file for this process; false where another has it.
    func lock(waiting: Bool) -> Bool { flock(descriptor, waiting ? LOCK_EX : LOCK_EX | LOCK_NB) == 0 }

    /// False once the file was deleted under our hands.
    var hasName: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_nlink > 0
    }

    func size() throws(EmailLogError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw EmailLogError(errno: errno, path: path) }
        return Int(status.st_size)
    }

    func write(_ bytes: [UInt8]) throws(EmailLogError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress! + done, $0.count - done) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw EmailLogError(errno: errno, path: path) }
            done += count
        }
    }

    func sync() throws(EmailLogError) {
        guard fsync(descriptor) == 0 else { throw EmailLogError(errno: errno, path: path) }
    }

    /// Up to `count` bytes from `offset` on; fewer only at the end. Usable from any thread at once.
    func read(at offset: Int, upTo count: Int) throws(EmailLogError) -> [UInt8] {
        let descriptor = descriptor
        var failure: CInt = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                guard got > 0 else { return }
                filled += got
            }
        }
        guard failure == 0 else { throw EmailLogError(errno: failure, path: path) }
        return bytes
    }
}
