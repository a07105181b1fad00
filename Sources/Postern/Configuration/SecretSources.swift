import Foundation

/// Where secrets are kept outside the configuration file.
package struct SecretSources: Sendable {
    enum Kind: String {
        case file, env, credential
    }

    struct Failure: Error {
        let text: String
    }

    private let environment: [String: String]

    package init(environment: [String: String]) { self.environment = environment }

    func read(_ kind: Kind, _ name: String) -> Result<Secret, Failure> {
        switch kind {
        case .file: file(name)
        case .env: variable(name)
        case .credential: credential(name)
        }
    }

    /// White space at the end, such as the newline every editor adds, is no part of the secret.
    private func file(_ path: String) -> Result<Secret, Failure> {
        do {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let secret = String(text.reversed().drop { $0.isWhitespace }.reversed())
            return secret.isEmpty ? failure("the file \(path) is empty") : .success(Secret(secret))
        } catch {
            return failure(
                "the file \(path) cannot be read (\(reason(error))); it must exist and be readable by this user")
        }
    }

    private func variable(_ name: String) -> Result<Secret, Failure> {
        guard let text = environment[name], !text.isEmpty else {
            return failure("the environment variable \(name) is not set; set it where the service is started")
        }
        return .success(Secret(text))
    }

    private func credential(_ name: String) -> Result<Secret, Failure> {
        guard let directory = environment["CREDENTIALS_DIRECTORY"] else {
            return failure(
                "$CREDENTIALS_DIRECTORY is not set; systemd sets it for units with LoadCredential=\(name):PATH")
        }
        return file("\(directory)/\(name)")
    }

    private func failure(_ text: String) -> Result<Secret, Failure> { .failure(Failure(text: text)) }

    private func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile: "no such file"
        case .fileReadNoPermission: "permission denied"
        default: "unreadable"
        }
    }
}
