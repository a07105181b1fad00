import Foundation
import Testing

/// Programs that people already have deliver through the gateway, and Microsoft gets what they handed in.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ClientTests {
    private func deliver(
        adding: Set<String> = [], _ client: (Corpus, UInt16) async throws -> Void
    ) async throws {
        let corpus = try await Corpus.make()
        try await Scenario.run { scenario in
            try await client(corpus, scenario.gateway.port)
            let captured = try await scenario.emulator.messages(count: corpus.files.count, mime: true)
            try corpus.check(captured, adding: adding)
            try await scenario.gateway.store.counts("all are logged as sent") { $0 == ["S": corpus.files.count] }
        }
    }

    @Test func smtplib() async throws {
        try await deliver { corpus, port in
            _ = try await Python.run(
                "smtplib_client.py", ["\(port)", Corpus.sender, Corpus.recipient] + corpus.paths)
        }
    }

    @Test func curl() async throws {
        let curl = try #require(Executables.find("curl"))
        try await deliver { corpus, port in
            for path in corpus.paths {
                try await Command.succeed(
                    curl,
                    [
                        "--silent", "--show-error", "--url", "smtp://127.0.0.1:\(port)/client.test", "--mail-from",
                        Corpus.sender, "--mail-rcpt", Corpus.recipient, "--upload-file", path,
                    ])
            }
        }
    }

    @Test(.enabled(if: Executables.find("swaks") != nil, "swaks is not installed: scripts/requirements test"))
    func swaks() async throws {
        let swaks = try #require(Executables.find("swaks"))
        try await deliver { corpus, port in
            let place = try TemporaryDirectory()
            for file in corpus.files {
                // swaks takes one final dot away and puts it back, which keeps the text's own end as it is.
                let data = try corpus.directory.read(file) + Data(".\r\n".utf8)
                try data.write(to: place.url.appendingPathComponent(file))
                try await Command.succeed(
                    swaks,
                    [
                        "--server", "127.0.0.1:\(port)", "--helo", "client.test", "--from", Corpus.sender, "--to",
                        Corpus.recipient, "--data", "@\(place.path(file))", "--suppress-data", "--hide-all",
                    ])
            }
        }
    }

    @Test(.enabled(if: Executables.find("msmtp") != nil, "msmtp is not installed: scripts/requirements test"))
    func msmtp() async throws {
        let msmtp = try #require(Executables.find("msmtp"))
        try await deliver { corpus, port in
            for path in corpus.paths {
                try await Command.succeed(
                    msmtp,
                    [
                        "--file=/dev/null", "--host=127.0.0.1", "--port=\(port)", "--domain=client.test",
                        "--from=\(Corpus.sender)", Corpus.recipient,
                    ], input: try Data(contentsOf: URL(fileURLWithPath: path)))
            }
        }
    }

    @Test(
        .enabled(if: Executables.find("postfix") != nil, "postfix is not installed: scripts/requirements test"),
        .enabled(if: getuid() == 0, "Postfix starts only as root"))
    func postfixAsRelay() async throws {
        try await deliver(adding: ["received"]) { corpus, port in
            let place = try TemporaryDirectory(permissions: 0o755)
            struct Started: Decodable { var port: UInt16 }
            let started = try await Python.run(
                "postfix_relay.py", ["start", place.url.path, "\(port)"], as: Started.self)
            do {
                _ = try await Python.run(
                    "smtplib_client.py", ["\(started.port)", Corpus.sender, Corpus.recipient] + corpus.paths)
                try await Self.waitUntilRelayed(corpus, place)
            } catch {
                _ = try? await Python.run("postfix_relay.py", ["stop", place.url.path])
                throw error
            }
            _ = try await Python.run("postfix_relay.py", ["stop", place.url.path])
        }
    }

    /// Postfix answers before it relays, so its own log says when it is done.
    private static func waitUntilRelayed(_ corpus: Corpus, _ place: TemporaryDirectory) async throws {
        try await eventually("relayed by Postfix") {
            let log = String(decoding: try place.read("log"), as: UTF8.self)
            return log.components(separatedBy: "status=sent").count - 1
        } until: {
            $0 >= corpus.files.count
        }
    }
}
