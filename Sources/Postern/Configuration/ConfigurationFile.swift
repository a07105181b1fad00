import Foundation

/// The one YAML file: where it is, and how it becomes a `Configuration`.
package struct ConfigurationFile: Sendable {
    /// Where it lies unless the command line or `$POSTERN_CONFIG` says otherwise.
    package static let defaultPath = "/etc/postern/postern.yaml"

    package let path: String
    private let environment: [String: String]

    /// - Parameter path: what the command line names; `nil` or empty: `$POSTERN_CONFIG`, else the default path.
    package init(path: String?, environment: [String: String] = ProcessInfo.processInfo.environment) {
        let candidates = [path, environment["POSTERN_CONFIG"], Self.defaultPath].compactMap(\.self)
        self.path = candidates.first { !$0.isEmpty } ?? Self.defaultPath
        self.environment = environment
    }

    /// Reads and checks the file; relative paths in it count from the working directory.
    package func load() throws(ConfigurationError) -> (configuration: Configuration, warnings: [ConfigurationProblem]) {
        try ConfigurationDecoder.decode(
            try text(), file: path, secrets: SecretSources(environment: environment),
            hostname: ProcessInfo.processInfo.hostName)
    }

    func text() throws(ConfigurationError) -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            let reason = FileManager.default.fileExists(atPath: path) ? "cannot be read by this user" : "does not exist"
            let advice = "name a file with --config or $POSTERN_CONFIG; config/postern.yaml is a commented reference"
            throw problem("the configuration file \(reason); \(advice)")
        }
        guard let text = String(data: data, encoding: .utf8) else { throw problem("the file is not UTF-8 text") }
        return text
    }

    private func problem(_ text: String) -> ConfigurationError {
        ConfigurationError(problems: [ConfigurationProblem(file: path, line: nil, key: "", text: text)])
    }
}
