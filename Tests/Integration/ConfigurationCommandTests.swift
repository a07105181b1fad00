import Foundation
import Testing

/// What is wrong with a configuration is said at once, with file, line and key; nothing starts half.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ConfigurationCommandTests {
    private func gateway(_ configuration: GatewayConfiguration = GatewayConfiguration()) throws -> Gateway {
        try Gateway(configuration, endpoint: "http://127.0.0.1:9")
    }

    private static let broken = """
        hostnam: relay.test
        smtp:
          - listen: 127.0.0.1:0
            max_recipients: many
            tls: sometimes
        routes:
          - name: contoso
            senders: ["*@contoso.com"]
            graph:
              tenent: contoso.onmicrosoft.com
              client_id: 11111111-1111-1111-1111-111111111111
              client_secret: demo-secret
              limits: {concurrency_per_mailbox: 99}

        """

    @Test(arguments: [["config", "check"], ["serve"], ["log"], ["token"]])
    func allProblemsAreNamedAtOnce(_ command: [String]) async throws {
        let gateway = try gateway()
        try gateway.write(Self.broken)
        let result = try await Command.run(Executables.postern, command + ["--config", gateway.file])
        #expect(result.status == 78 && result.output.isEmpty)
        let problems = result.errors.split(separator: "\n")
        #expect(problems.count == 6, "\(result)")
        for (line, words) in [
            (1, ["hostnam", "hostname"]), (4, ["max_recipients"]), (5, ["tls"]), (10, ["tenent", "tenant"]),
            (13, ["concurrency_per_mailbox"]),
        ] {
            let found = problems.first { problem in
                problem.hasPrefix("\(gateway.file):\(line): ") && words.allSatisfy { problem.contains($0) }
            }
            #expect(found != nil, "line \(line), \(words): \(result.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: gateway.store.path))
    }

    @Test func aMissingFileIsNamed() async throws {
        let result = try await Command.run(Executables.postern, ["serve", "--config", "/nowhere/postern.yaml"])
        #expect(
            result.status == 78 && result.errors.contains("/nowhere/postern.yaml") && result.errors.contains("--config")
        )
    }

    @Test func theFileMayBeNamedByTheEnvironment() async throws {
        let gateway = try gateway()
        let result = try await Command.run(
            Executables.postern, ["config", "check"], environment: ["POSTERN_CONFIG": gateway.file])
        #expect(result.status == 0 && result.output.contains(gateway.file), "\(result)")
    }

    @Test func secretsStayOutOfSight() async throws {
        let gateway = try gateway()
        for arguments in [["config", "show"], ["config", "show", "--json"]] {
            let result = try await Command.run(Executables.postern, arguments + ["--config", gateway.file])
            #expect(result.status == 0 && !result.output.contains(Emulator.secret), "\(result)")
            #expect(result.output.contains("client_secret"))
        }
    }

    @Test func theEffectiveConfigurationIsJSON() async throws {
        let result = try await gateway().run("config", "show", "--json")
        let document = try JSONSerialization.jsonObject(with: result.bytes) as? [String: Any]
        #expect(document?["hostname"] as? String == "relay.test")
    }

    @Test(arguments: ["config/postern.yaml", "config/demo.yaml"])
    func theShippedFilesAreValid(_ path: String) async throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
        let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
        // Its secret's file is the operator's.
        let result = try await { gateway in
            try gateway.write(text.replacing("{file: /etc/postern/client-secret}", with: "secret"))
            return try await gateway.run("config", "check")
        }(try gateway())
        #expect(result.status == 0, "\(result)")
    }

    @Test func aSecretThatIsNotThereIsNamed() async throws {
        let configuration = GatewayConfiguration(credential: "client_secret: {env: POSTERN_TEST_NOT_SET}")
        let result = try await gateway(configuration).run("config", "check")
        #expect(result.status == 78 && result.errors.contains("POSTERN_TEST_NOT_SET"), "\(result)")
    }

    @Test func aPortInUseIsNamedAndNothingStarts() async throws {
        let (first, second) = (try gateway(), try gateway())
        try await first.start()
        try second.write(
            GatewayConfiguration().yaml(
                store: second.store.path, endpoint: "http://127.0.0.1:9", host: [], listen: "127.0.0.1:\(first.port)"))
        let result = try await second.run("serve")
        await first.end()
        #expect(result.status == 69 && result.errors.contains("127.0.0.1:\(first.port)"), "\(result)")
        #expect(!result.errors.contains("ready"))
    }

    @Test func aStoreInUseIsNamed() async throws {
        let gateway = try gateway()
        try await gateway.start()
        let result = try await gateway.run("serve")
        await gateway.end()
        #expect(result.status == 69 && result.errors.contains(gateway.store.path), "\(result)")
    }

    /// Also for root, who may write everywhere else.
    @Test(arguments: ["/nowhere/at/all/postern.sqlite", "/"])
    func aStoreThatCannotBeWrittenIsNamed(_ path: String) async throws {
        let gateway = try gateway()
        try gateway.write(
            GatewayConfiguration().yaml(store: path, endpoint: "http://127.0.0.1:9", host: [], listen: "127.0.0.1:0"))
        let result = try await gateway.run("serve")
        #expect(result.status == 78 && result.errors.contains(path == "/" ? path : "/nowhere/at/all"), "\(result)")
        #expect(!result.errors.contains("ready"))
    }

    @Test(.enabled(if: getuid() != 0, "root may write everywhere"))
    func aFolderThatMayNotBeWrittenIsNamed() async throws {
        let gateway = try gateway()
        let place = try TemporaryDirectory(permissions: 0o500)
        try gateway.write(
            GatewayConfiguration().yaml(
                store: place.path("postern.sqlite"), endpoint: "http://127.0.0.1:9", host: [], listen: "127.0.0.1:0"))
        let result = try await gateway.run("serve")
        #expect(result.status == 78 && result.errors.contains(place.url.path), "\(result)")
    }

    @Test func aFileThatIsNoDatabaseIsLeftAlone() async throws {
        let gateway = try gateway()
        try gateway.directory.write(String(repeating: "not a database ", count: 100), to: "postern.sqlite")
        let result = try await gateway.run("serve")
        #expect(result.status == 78 && result.errors.contains(gateway.store.path), "\(result)")
        #expect(try gateway.directory.read("postern.sqlite").starts(with: Data("not a database".utf8)))
    }

    @Test(arguments: [
        ["nonsense"], ["log", "--status", "X"], ["send"], ["queue", "hold"], ["resend"], ["serve", "--what"],
    ])
    func wrongUsageIsSixtyFour(_ arguments: [String]) async throws {
        let result = try await Command.run(Executables.postern, arguments)
        #expect(result.status == 64 && !result.errors.isEmpty, "\(arguments): \(result)")
    }

    @Test func theVersionAndTheHelpAreThere() async throws {
        let version = try await Command.run(Executables.postern, ["--version"])
        #expect(version.status == 0 && version.output.hasPrefix("postern "), "\(version)")
        for command in ["serve", "demo", "token", "send", "log", "resend", "queue", "config", "hash-password"] {
            let help = try await Command.run(Executables.postern, [command, "--help"])
            #expect(help.status == 0 && help.output.contains("USAGE: postern \(command)"), "\(help)")
        }
    }
}
