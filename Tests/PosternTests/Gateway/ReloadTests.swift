import EmailLog
import Logging
import MailModel
import NIOConcurrencyHelpers
import SMTPProtocol
import SMTPTransport
import Testing

@testable import Postern

/// Another configuration in force while the gateway runs: whole, or not at all.
@Suite(.timeLimit(.minutes(5))) struct ReloadTests {
    private let bench: GatewayBench

    init() throws { bench = try GatewayBench() }

    private func file(_ text: String) throws -> ConfigurationFile {
        ConfigurationFile(path: try bench.directory.write("postern.yaml", text), environment: [:])
    }

    private func code(from sender: String, _ port: Int) async throws -> Int {
        switch try await bench.submit(mail("From: \(sender)", "", "x"), from: sender, port: port) {
        case .accepted(let reply), .refused(_, let reply): reply.code
        case .tooLarge, .needsUTF8: 0
        }
    }

    @Test func aReloadChangesRoutesAndListeners() async throws {
        let recorder = LogRecorder()
        let reloaded = NIOLockedValueBox<[Configuration]>([])
        try await ScriptedMicrosoft.serve { microsoft in
            let file = try file(bench.yaml(microsoft))
            try await bench.running(
                file.load().configuration, file: file, logger: recorder.logger,
                onReload: { new in reloaded.withLockedValue { $0.append(new) } }
            ) { gateway, port in
                #expect(try await code(from: "ann@contoso.com", port) == 250)
                #expect(try await code(from: "ann@fabrikam.com", port) == 550)
                var client = try await bench.connect(port)
                #expect(client.capabilities.size == 5_000_000)
                try bench.directory.write(
                    "postern.yaml",
                    bench.yaml(microsoft, senders: "*@fabrikam.com").replacing("5MB", with: "1MB"))
                await gateway.reload.reload(file)
                #expect(recorder.sentences.contains("configuration reloaded"))
                #expect(reloaded.withLockedValue { $0.map(\.listeners[0].maxMessageSize) } == [1_000_000])
                #expect(try await code(from: "ann@contoso.com", port) == 550)
                #expect(try await code(from: "ann@fabrikam.com", port) == 250)
                var next = try await bench.connect(port)
                #expect(next.capabilities.size == 1_000_000)
                #expect(client.isOpen, "sessions go on")
                await client.quit()
                await next.quit()
            }
        }
    }

    @Test func aReloadChangesAlerts() async throws {
        func yaml(_ alerts: String) -> String {
            bench.yaml(extra: "alerts: [\(alerts)]")
                .replacing("client_secret: s", with: "client_secret: s, secret_expires: 2020-01-01")
        }
        let recorder = LogRecorder(awaiting: "alert opened")
        let file = try file(yaml(""))
        try await bench.running(file.load().configuration, file: file, logger: recorder.logger) { gateway, _ in
            try bench.directory.write("postern.yaml", yaml("{name: secret, when: secret_expires < 30d}"))
            await gateway.reload.reload(file)
            await recorder.logged("alert opened")
            #expect(recorder.lines.first { $0.sentence == "alert opened" }?.metadata["alert"]?.description == "secret")
        }
    }

    @Test(arguments: ["routes: [", "hostname: only", "rutes: []", ""])
    func aBadFileIsRefusedAndTheOldOneStays(_ text: String) async throws {
        let recorder = LogRecorder()
        let file = try file(bench.yaml())
        try await bench.running(file.load().configuration, file: file, logger: recorder.logger) { gateway, port in
            try bench.directory.write("postern.yaml", text)
            await gateway.reload.reload(file)
            #expect(recorder.sentences.contains("configuration refused, the old one stays"))
            #expect(try await code(from: "ann@contoso.com", port) == 250)
        }
    }

    @Test func aReloadThatNamesABadFileIsRefusedWhole() async throws {
        let recorder = LogRecorder()
        let file = try file(bench.yaml())
        try await bench.running(file.load().configuration, file: file, logger: recorder.logger) { gateway, port in
            let bad = bench.yaml(senders: "*@fabrikam.com")
                .replacing("client_secret: s", with: "certificate: {file: /nowhere/app.pem}")
            try bench.directory.write("postern.yaml", bad)
            await gateway.reload.reload(file)
            let line = recorder.lines.first { $0.sentence == "configuration refused, the old one stays" }
            let reason = line?.metadata["reason"]?.description
            #expect(reason?.hasPrefix("route contoso: the certificate file /nowhere") == true)
            #expect(try await code(from: "ann@fabrikam.com", port) == 550)
        }
    }

    @Test func whatOnlyARestartChangesIsSaid() async throws {
        let recorder = LogRecorder()
        let file = try file(bench.yaml())
        try await bench.running(file.load().configuration, file: file, logger: recorder.logger) { gateway, port in
            let moved = bench.yaml(listen: ["127.0.0.1:0", "127.0.0.1:1"])
                .replacing(bench.directory.store, with: "\(bench.directory.path)/other.sqlite")
            try bench.directory.write("postern.yaml", moved)
            await gateway.reload.reload(file)
            let warnings = recorder.lines.filter { $0.level == .warning }.map(\.sentence)
            #expect(warnings.contains("store changes only with a restart"))
            #expect(warnings.contains("listeners' addresses change only with a restart"))
            #expect(gateway.addresses.count == 1)
            #expect(try await code(from: "ann@contoso.com", port) == 250)
        }
    }
}
