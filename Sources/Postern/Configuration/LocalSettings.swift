import Foundation

/// What a program needs to know that hands mail to the service of this machine. No secret is read for it, so that users
/// may call it who must not see any.
package struct LocalSettings: Hashable, Sendable {
    /// This machine's name in mail.
    package var hostname: String
    package var store: String
    /// Octets that the most generous listener takes, and so the service from its own machine.
    package var largestMessage: Int64

    package init(hostname: String, store: String, largestMessage: Int64) {
        self.hostname = hostname
        self.store = store
        self.largestMessage = largestMessage
    }

    /// Where the running service listens for programs of its machine.
    package var socket: String { LocalSettings.socket(beside: store) }

    static func socket(beside store: String) -> String { store + ".sock" }
}

extension ConfigurationFile {
    /// Reads `hostname`, `store` and `smtp`, whatever else the file holds.
    package func loadLocalSettings() throws(ConfigurationError) -> LocalSettings {
        let reader = Section.Reader(file: path, secrets: SecretSources(environment: [:]))
        let root = try ConfigurationDecoder.root(of: try text(), reader: reader)
        let hostname = root.scalar(
            "hostname", expected: "a host name such as relay.contoso.com", parse: ConfigurationDecoder.hostName)
        let listeners = root.sections("smtp").compactMap(ListenerDecoder.listener)
        let settings = LocalSettings(
            hostname: hostname ?? ProcessInfo.processInfo.hostName, store: ConfigurationDecoder.store(root),
            largestMessage: listeners.largestMessage)
        let errors = reader.problems.filter { $0.severity == .error }
        guard errors.isEmpty else { throw ConfigurationError(problems: errors) }
        return settings
    }
}
