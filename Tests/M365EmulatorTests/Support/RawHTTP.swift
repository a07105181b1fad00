import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

// Inside `RawHTTP`, these names would mean its own functions.
private let systemSend = send
private let systemConnect = connect
private let systemSocket = socket

/// One request over one connection, byte by byte: what a client library would hide, such as a reset, shows here.
enum RawHTTP {
    enum Ending: Hashable, Sendable {
        /// The bytes that came before the end of the stream.
        case closed(String)
        case reset
    }

    struct Failure: Error { let number: Int32 }

    /// - Parameter body: sent with its Content-Length, unless `request` is a whole one already.
    static func send(
        _ method: String, _ target: String, _ headers: [String: String] = [:], _ body: String = "", port: Int
    ) async throws -> Ending {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"]
        lines += headers.map { "\($0): \($1)" } + ["Content-Length: \(body.utf8.count)", "", body]
        return try await exchange(lines.joined(separator: "\r\n"), port: port)
    }

    /// All that a client has to say, and all that comes back.
    static func exchange(_ text: String, port: Int) async throws -> Ending {
        let bytes = Array(text.utf8)
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try exchange(bytes, port) })
            }
        }
    }

    private static func exchange(_ request: [UInt8], _ port: Int) throws -> Ending {
        let socket = try connect(port)
        defer { close(socket) }
        var sent = 0
        while sent < request.count {
            let count = request[sent...].withUnsafeBytes {
                systemSend(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 { return errno == ECONNRESET || errno == EPIPE ? .reset : try fail() }
            sent += count
        }
        return try receive(socket)
    }

    private static func receive(_ socket: Int32) throws -> Ending {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0 { return errno == ECONNRESET ? .reset : try fail() }
            if count == 0 { return .closed(String(decoding: received, as: UTF8.self)) }
            received += buffer[..<count]
        }
    }

    private static func connect(_ port: Int) throws -> Int32 {
        let socket = systemSocket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                systemConnect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { return try fail() }
        return socket
    }

    private static func fail<Value>() throws -> Value { throw Failure(number: errno) }
}

extension RawHTTP.Ending {
    private var text: String? {
        guard case .closed(let text) = self, !text.isEmpty else { return nil }
        return text
    }

    /// `nil` where no answer came.
    var status: Int? {
        let words = text?.split(separator: " ", maxSplits: 2) ?? []
        return words.count > 1 ? Int(words[1]) : nil
    }

    var body: String {
        text.flatMap { $0.split(separator: "\r\n\r\n", maxSplits: 1).dropFirst().first.map(String.init) } ?? ""
    }
}
