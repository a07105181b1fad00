import Foundation
import Testing

@testable import Postern

@Suite struct LocalSettingsTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func load(_ yaml: String) throws -> LocalSettings {
        try ConfigurationFile(path: directory.write("p.yaml", yaml), environment: [:]).loadLocalSettings()
    }

    @Test func threeKeysAreRead() throws {
        let settings = try load(
            """
            hostname: relay.test
            store: /var/lib/postern/p.sqlite
            smtp:
              - {listen: "127.0.0.1:25", max_message_size: 5MB}
              - {listen: "127.0.0.1:26", max_message_size: 50MB}
            """)
        #expect(
            settings
                == LocalSettings(
                    hostname: "relay.test", store: "/var/lib/postern/p.sqlite", largestMessage: 50_000_000))
        #expect(settings.socket == "/var/lib/postern/p.sqlite.sock")
    }

    /// A user who may not see the secrets, and does not have the service's environment, can still send.
    @Test func secretsAreNotTouched() throws {
        let settings = try load(
            """
            routes: [{name: r, senders: ["*"], graph: {tenant: t, client_id: c, client_secret: {file: /nowhere}}}]
            users: [{name: u, password_hash: {env: UNSET}}]
            nonsense: {credential: gone}
            """)
        #expect(settings.hostname == ProcessInfo.processInfo.hostName)
        #expect(settings.store == "./postern.sqlite" && settings.largestMessage == 35_000_000)
    }

    @Test(arguments: ["hostname: \"a b\"", "store: postgres://x/y", "smtp: [{listen: here}]", "[", ""])
    func whatItNeedsMustBeRight(_ yaml: String) {
        #expect(throws: ConfigurationError.self) { try load(yaml) }
    }

    @Test func aMissingFileIsNamed() {
        let file = ConfigurationFile(path: "/nowhere/p.yaml", environment: [:])
        let error = #expect(throws: ConfigurationError.self) { try file.loadLocalSettings() }
        #expect(error?.description.contains("/nowhere/p.yaml: the configuration file does not exist") == true)
    }
}
