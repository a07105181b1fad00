import Foundation
import Testing

/// A real Postfix as a submission host with STARTTLS and SASL, delivering into a maildir.
struct SubmissionServer: Sendable {
    static let user = "relay"
    static let password = "s3cret-of-the-relay"

    /// `nil`: it can run here.
    static let obstacle: String? =
        if getuid() != 0 {
            "Postfix starts only as root"
        } else if Executables.find("postfix") == nil || Executables.find("saslpasswd2") == nil {
            "postfix or sasl2-bin is not installed: scripts/requirements test"
        } else {
            nil
        }

    struct Delivered: Decodable, Sendable {
        var subject: String
        /// Postfix's own, as in its answer to the final dot.
        var queueId: String
        var file: String
    }

    let port: UInt16
    let certificate: String
    private let directory: TemporaryDirectory

    static func run(_ body: (SubmissionServer) async throws -> Void) async throws {
        struct Started: Decodable { var port: UInt16 }
        let directory = try TemporaryDirectory(permissions: 0o755)
        let pair = try await Certificates.selfSigned("submission", in: directory)
        let started = try await Python.run(
            "postfix_submission.py", ["start", directory.url.path, user, password, pair.certificate, pair.key],
            as: Started.self)
        let server = SubmissionServer(port: started.port, certificate: pair.certificate, directory: directory)
        do {
            try await body(server)
        } catch {
            _ = try? await server.command("stop")
            throw error
        }
        try await server.command("stop")
    }

    /// All of its processes, at once.
    func kill() async throws { try await command("kill") }

    /// On the same queue and port.
    func startAgain() async throws { try await command("again") }

    func mail() async throws -> [Delivered] {
        try await Python.run("postfix_submission.py", ["mail", directory.url.path], as: [Delivered].self)
    }

    private func command(_ verb: String) async throws {
        _ = try await Python.run("postfix_submission.py", [verb, directory.url.path])
    }

    /// Keys of a route's `smtp`.
    func keys(password: String = "\(Self.password)", isTrusted: Bool = true) -> [String] {
        [
            "host: localhost", "port: \(port)", "tls: starttls", "auth: password", "username: \(Self.user)",
            "password: \(password)",
        ] + (isTrusted ? ["ca_file: \(certificate)"] : [])
    }
}
