import Foundation

/// Just enough HTTP for the emulator's control interface: one request a connection, on a blocking socket of its own.
struct ControlClient: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let host: String
    let port: UInt16

    /// - Returns: the body of a 2xx answer.
    func request(_ method: String, _ path: String, body: String = "") async throws -> Data {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try self.exchange(method, path, body) })
            }
        }
    }

    private func exchange(_ method: String, _ path: String, _ body: String) throws -> Data {
        let socket = try connect()
        defer { close(socket) }
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: close\r\n"
            + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        try send(Data((head + body).utf8), on: socket)
        return try Self.read(try receive(from: socket), "\(method) \(path)")
    }

    private func connect() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw Failure(description: "no connection to \(host):\(port): errno \(errno)")
        }
        return descriptor
    }

    private func send(_ data: Data, on socket: Int32) throws {
        var sent = 0
        while sent < data.count {
            let count = data[sent...].withUnsafeBytes {
                Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "the emulator closed the connection: errno \(errno)") }
            sent += count
        }
    }

    private func receive(from socket: Int32) throws -> Data {
        var answer = Data()
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return answer }
            answer.append(contentsOf: buffer[..<count])
        }
    }

    private static func read(_ answer: Data, _ request: String) throws -> Data {
        guard let end = answer.range(of: Data("\r\n\r\n".utf8)) else {
            throw Failure(description: "\(request): no answer")
        }
        let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self)
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let body = Data(answer[end.upperBound...])
        guard 200..<300 ~= status else {
            throw Failure(description: "\(request): \(status) \(String(decoding: body, as: UTF8.self))")
        }
        return head.lowercased().contains("transfer-encoding: chunked") ? unchunk(body) : body
    }

    private static func unchunk(_ data: Data) -> Data {
        var (rest, result) = (data, Data())
        let newline = Data("\r\n".utf8)
        while let end = rest.range(of: newline),
            let size = Int(String(decoding: rest[rest.startIndex..<end.lowerBound], as: UTF8.self), radix: 16), size > 0
        {
            result.append(rest[end.upperBound..<end.upperBound + size])
            rest = Data(rest[(end.upperBound + size + newline.count)...])
        }
        return result
    }
}
