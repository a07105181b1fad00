import Foundation
import MailModel

/// The service's side of the maildrop. What lies there may have been put there by anybody, in any form.
extension Maildrop {
    /// A file that is a message, and the account it belongs to.
    struct Found: Sendable {
        var message: MaildropMessage
        var userID: UInt32
    }

    enum Reading: Sendable {
        case found(Found)
        /// It will never be a message.
        case bad(String)
        /// It cannot be read now.
        case unavailable(Failure)
        case gone
    }

    /// All but what is being written, in the order of acceptance.
    func names() throws(Failure) -> [String] {
        guard let directory = opendir(path) else { throw Failure(path) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(Self.unfinishedPrefix), name != "bad" { names.append(name) }
        }
        return names.sorted()
    }

    /// - Parameter largest: octets of a message.
    func read(_ name: String, largest: Int) -> Reading {
        // Opening a pipe must not wait for somebody to write into it.
        let descriptor = open(path(of: name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return Self.unopened(path(of: name)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .unavailable(Failure(path(of: name))) }
        guard status.st_mode & S_IFMT == S_IFREG else { return .bad("it is not a file") }
        // Else anybody could have the service send a file that only the service may read.
        guard status.st_nlink == 1 else { return .bad("it has another name elsewhere") }
        // Dot-stuffing at worst doubles a message; an envelope takes its part.
        guard status.st_size <= 2 * largest + 8 << 20 else { return .bad(Self.tooLarge(largest)) }
        guard let bytes = Self.bytes(of: descriptor, count: Int(status.st_size)) else {
            return .unavailable(Failure(path(of: name)))
        }
        do throws(MaildropMessage.Fault) {
            let message = try MaildropMessage(decoding: bytes)
            guard message.content.count <= largest else { return .bad(Self.tooLarge(largest)) }
            return .found(Found(message: message, userID: status.st_uid))
        } catch { return .bad("\(error)") }
    }

    private static func tooLarge(_ largest: Int) -> String { "it is larger than \(largest) octets" }

    private static func unopened(_ path: String) -> Reading {
        switch errno {
        case ENOENT: .gone
        case ELOOP: .bad("it is a symbolic link")
        case EACCES: .bad("its owner does not let the service read it")
        // A socket.
        case ENXIO: .bad("it is not a file")
        default: .unavailable(Failure(path))
        }
    }

    /// `nil` after an error; fewer than `count` where the file was cut meanwhile.
    private static func bytes(of descriptor: CInt, count: Int) -> [UInt8]? {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = Foundation.read(descriptor, buffer.baseAddress! + filled, count - filled)
                if got < 0, errno == EINTR { continue }
                failed = got < 0
                guard got > 0 else { return }
                filled += got
            }
        }
        return failed ? nil : bytes
    }

    /// Its message is in the store.
    func remove(_ name: String) { unlink(path(of: name)) }

    /// Puts a file aside where people find it.
    func reject(_ name: String) throws(Failure) {
        guard Foundation.rename(path(of: name), "\(rejected)/\(name)") == 0 else { throw Failure(path(of: name)) }
    }

    func rename(_ name: MaildropName, to new: MaildropName) throws(Failure) {
        guard Foundation.rename(path(of: name), path(of: new)) == 0 else { throw Failure(path(of: name)) }
    }

    /// Deletes what writers have left behind that died; an hour after its last byte nobody is still at it.
    func sweepUnfinished(at now: Timestamp) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        for name in names where name.hasPrefix(Self.unfinishedPrefix) {
            var status = stat()
            guard lstat(path(of: name), &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            let written = Timestamp(secondsSince1970: Int64(status.st_mtim.tv_sec))
            if now - written > .seconds(3600) { unlink(path(of: name)) }
        }
    }
}
