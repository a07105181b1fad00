// TLS servers of Python's standard library, with certificates made by the openssl command: an implementation that is
// not the one under test. They also end when their standard input closes.

import Foundation

enum TLSServer {
    static let isPossible = ["openssl", "python3"].allSatisfy { find($0) != nil }

    struct Failed: Error {}

    /// A self-signed certificate for localhost, made once per test run.
    static let certificate: Result<Certificate, any Error> = Result { try Certificate() }

    struct Certificate: Sendable {
        let file: String
        let key: String

        init() throws {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("postern-tls-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            file = folder.appendingPathComponent("certificate.pem").path
            key = folder.appendingPathComponent("key.pem").path
            try run([
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key,
                "-out", file,
            ])
        }
    }

    /// Runs `script` (Python, a function `serve(connection, number)`) while `body` runs; `body` gets the port.
    static func with<Value>(
        _ script: String, alpn: [String] = ["http/1.1"], _ body: (Int, Certificate) async throws -> Value
    ) async throws -> Value {
        let certificate = try certificate.get()
        let process = Process()
        let input = Pipe()
        let output = Pipe()
        process.executableURL = find("python3")
        process.arguments = [
            "-c", script + harness, certificate.file, certificate.key, alpn.joined(separator: ","),
        ]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        // Not by the end of its input: a process that another test has spawned meanwhile may hold that open.
        defer { process.terminate() }
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else { throw Failed() }
        return try await body(port, certificate)
    }

    private static func find(_ tool: String) -> URL? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
            .map { URL(fileURLWithPath: String($0)).appendingPathComponent(tool) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    private static func run(_ command: [String]) throws {
        let process = Process()
        process.executableURL = find(command[0])
        process.arguments = Array(command.dropFirst())
        process.standardError = FileHandle.nullDevice
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        ended.wait()
        guard process.terminationStatus == 0 else { throw Failed() }
    }

    private static let harness = """

        import os, socket, ssl, sys, threading
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        context.set_alpn_protocols(sys.argv[3].split(","))
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        def one(raw, number):
            try:
                serve(context.wrap_socket(raw, server_side=True), number)
            except OSError:
                pass
        def accept():
            number = 0
            while True:
                raw, _ = listener.accept()
                number += 1
                threading.Thread(target=one, args=(raw, number), daemon=True).start()
        threading.Thread(target=accept, daemon=True).start()
        print(listener.getsockname()[1], flush=True)
        sys.stdin.read()
        os._exit(0)
        """

    /// Answers every request without a body with 200 and the connection's number.
    static let http1 = """
        def serve(connection, number):
            stream = connection.makefile("rwb")
            while stream.readline():
                while stream.readline() not in (b"\\r\\n", b""):
                    pass
                body = str(number).encode()
                stream.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
                stream.flush()
        """

    /// Enough of RFC 9113 for a script: `respond(state, kind, stream, ended)` is called for each DATA (0), HEADERS (1) and
    /// PING acknowledgement (6), and returns frames.
    static func http2(_ respond: String) -> String {
        """
        import struct
        def frame(kind, flags, stream, payload=b""):
            return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload
        def head(status, flags):
            return lambda stream: frame(1, 4 | flags, stream, bytes([8, 3]) + str(status).encode())
        \(respond)
        def exactly(connection, count):
            data = b""
            while len(data) < count:
                piece = connection.recv(count - len(data))
                if not piece:
                    raise OSError("closed")
                data += piece
            return data
        def serve(connection, number):
            exactly(connection, 24)
            connection.sendall(frame(4, 0, 0))
            state = {"number": number, "ended": []}
            while True:
                header = exactly(connection, 9)
                length, kind, flags = int.from_bytes(header[:3], "big"), header[3], header[4]
                stream = int.from_bytes(header[5:], "big") & 0x7fffffff
                exactly(connection, length)
                if kind == 4 and not flags & 1:
                    connection.sendall(frame(4, 1, 0))
                if kind in (0, 1, 6):
                    for reply in respond(state, kind, stream, bool(flags & 1)):
                        connection.sendall(reply)

        """
    }
}
