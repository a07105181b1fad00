import Foundation

/// `sendmail -bs`: carries bytes between standard input and output and the service's socket, and understands none of them.
struct SMTPBridge {
    private let socket: Int32

    /// `nil` where nobody listens.
    init?(to path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        #if os(Linux)
            let stream = Int32(SOCK_STREAM.rawValue)
        #else
            let stream = SOCK_STREAM
        #endif
        socket = Foundation.socket(AF_UNIX, stream, 0)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            close(socket)
            return nil
        }
    }

    /// Blocks until the service has ended the session.
    ///
    /// - Returns: false where it was cut off.
    func run(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO) -> Bool {
        defer { close(socket) }
        var ends = [Self.wait(for: socket), Self.wait(for: input)]
        while true {
            guard poll(&ends, nfds_t(ends.count), -1) >= 0 || errno == EINTR else { return false }
            if ends[0].revents != 0 {
                switch Self.copy(from: socket, to: output) {
                case .some(0): return true
                case .some: break
                case .none: return false
                }
            }
            if ends[1].revents != 0 {
                // At the end of what the client says, the service still has its answers to give.
                guard let count = Self.copy(from: input, to: socket), count > 0 else {
                    shutdown(socket, Int32(SHUT_WR))
                    ends[1].fd = -1
                    continue
                }
            }
        }
    }

    private static func wait(for descriptor: Int32) -> pollfd {
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    }

    /// - Returns: how many bytes; 0 at the end, `nil` after an error.
    private static func copy(from source: Int32, to target: Int32) -> Int? {
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        let count = read(source, &buffer, buffer.count)
        guard count >= 0 else { return errno == EINTR ? 1 : nil }
        var done = 0
        while done < count {
            let written = buffer.withUnsafeBytes { write(target, $0.baseAddress! + done, count - done) }
            guard written > 0 || errno == EINTR else { return nil }
            done += max(0, written)
        }
        return count
    }
}
