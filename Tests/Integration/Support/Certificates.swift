import Foundation
import Testing

/// Certificates made by the `openssl` command, as an administrator would make them.
enum Certificates {
    private static let openssl = Executables.find("openssl") ?? "openssl"

    /// A self-signed certificate and its key, as PEM files.
    struct Pair: Sendable {
        var certificate: String
        var key: String
        /// Both, in one file.
        var together: String
    }

    /// - Parameter expired: one day before it begins.
    static func selfSigned(
        _ name: String, in directory: TemporaryDirectory, expired: Bool = false
    ) async throws -> Pair {
        let (key, request) = (directory.path("\(name).key"), directory.path("\(name).csr"))
        let certificate = directory.path("\(name).pem")
        let extensions = try directory.write("subjectAltName=IP:127.0.0.1,DNS:localhost\n", to: "\(name).ext")
        try await Command.succeed(
            openssl,
            ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=\(name)"])
        try await Command.succeed(
            openssl,
            [
                "x509", "-req", "-in", request, "-signkey", key, "-days", expired ? "-1" : "30", "-out", certificate,
                "-extfile", extensions,
            ])
        let text =
            try String(contentsOfFile: certificate, encoding: .utf8) + String(contentsOfFile: key, encoding: .utf8)
        return Pair(certificate: certificate, key: key, together: try directory.write(text, to: "\(name)-both.pem"))
    }
}
