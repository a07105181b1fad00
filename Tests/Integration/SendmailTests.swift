import Foundation
import Testing

/// The real program, called as other programs call `/usr/sbin/sendmail`.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SendmailTests {
    private static let sender = "reports@contoso.com"
    private static let message = "From: reports@contoso.com\nTo: a@example.org\nSubject: by hand\n\nOne.\n..\nTwo.\n"

    /// A link to the program, by the name that its callers know.
    private func link(_ name: String, _ gateway: Gateway) throws -> String {
        let path = gateway.directory.path(name)
        if !FileManager.default.fileExists(atPath: path) {
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: Executables.postern)
        }
        return path
    }

    private func call(
        _ arguments: [String], input: Data = Data(message.utf8), _ gateway: Gateway, by name: String = "sendmail"
    ) async throws -> Command.Result {
        try await Command.run(
            link(name, gateway), arguments, input: input, environment: ["POSTERN_CONFIG": gateway.file],
            directory: gateway.directory)
    }

    private func maildrop(_ gateway: Gateway) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: gateway.store.path + ".maildrop").filter { $0 != "bad" }
    }

    // MARK: With a service

    @Test func throughTheSocket() async throws {
        try await Scenario.run { scenario in
            let result = try await call(["-v", "-f", "bounces@contoso.com", "a@example.org"], scenario.gateway)
            #expect(result.status == 0 && result.errors.contains("queued as "), "\(result)")
            let captured = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(captured.recipients == ["a@example.org"] && captured.subject == "by hand")
            #expect(WireMessage(captured.bytes).body == Data("One.\r\n..\r\nTwo.\r\n".utf8))
            let rows = try await scenario.gateway.store.rows("it is sent") { $0.first?.status == "S" }
            #expect(rows.count == 1 && rows[0].sender == "bounces@contoso.com" && rows[0].client == "sendmail")
            #expect(rows[0].user == NSUserName())
        }
    }

    @Test func theRecipientsOfTheHeader() async throws {
        try await Scenario.run { scenario in
            let text =
                "From: reports@contoso.com\nTo: A <a@example.org>,\n b@example.org\nCc: c@example.org\n"
                + "Bcc: d@example.org\nSubject: to all\n\nHello\n.\nnot this\n"
            let result = try await call(["-t", "e@example.org"], input: Data(text.utf8), scenario.gateway)
            #expect(result.status == 0, "\(result)")
            let captured = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(Set(captured.recipients) == Set("abcde".map { "\($0)@example.org" }))
            #expect(WireMessage(captured.bytes).body == Data("Hello\r\n".utf8))
            let row = try #require(try await scenario.gateway.store.rows().first)
            #expect(row.recipientCount == 5)
        }
    }

    /// Nothing is lost or changed on the way that any other client's mail takes unchanged.
    @Test func everyByteBelowTheHeader() async throws {
        let corpus = try await Corpus.make()
        try await Scenario.run { scenario in
            for path in corpus.paths {
                let data = try Data(contentsOf: URL(fileURLWithPath: path))
                let result = try await call(
                    ["-i", "-f", Corpus.sender, Corpus.recipient], input: data, scenario.gateway)
                #expect(result.status == 0, "\(path): \(result)")
            }
            try corpus.check(try await scenario.emulator.messages(count: corpus.files.count, mime: true))
        }
    }

    @Test func asASession() async throws {
        try await Scenario.run { scenario in
            let session = [
                "EHLO me", "MAIL FROM:<reports@contoso.com>", "RCPT TO:<a@example.org>", "DATA",
                "Subject: session", "From: reports@contoso.com", "", "Hello", ".", "QUIT", "",
            ].joined(separator: "\r\n")
            let result = try await call(["-bs"], input: Data(session.utf8), scenario.gateway)
            #expect(result.status == 0 && result.output.hasPrefix("220 relay.test"), "\(result)")
            #expect(result.output.contains("queued as ") && result.output.contains("221 2.0.0 Bye"))
            #expect(try await scenario.emulator.messages(count: 1).first?.subject == "session")
        }
    }

    @Test func theQueue() async throws {
        let nobodyThere = GatewayConfiguration(endpoint: "http://127.0.0.1:9")
        try await Scenario.run(nobodyThere) { scenario in
            _ = try await call(["a@example.org"], scenario.gateway)
            for (name, arguments) in [("mailq", [String]()), ("sendmail", ["-bp"])] {
                let result = try await call(arguments, scenario.gateway, by: name)
                #expect(result.status == 0 && result.output.contains("a@example.org"), "\(result)")
            }
            #expect(try await call(["-q"], scenario.gateway).status == 0)
            #expect(try await call([], scenario.gateway, by: "newaliases").status == 0)
        }
    }

    // MARK: Without one

    @Test(arguments: [false, true]) func itWaitsForTheNextStart(_ wasKilled: Bool) async throws {
        try await Scenario.run { scenario in
            let gateway = scenario.gateway
            if wasKilled { try await gateway.kill() } else { try await gateway.stop() }
            for number in 1...3 {
                let text = Self.message.replacingOccurrences(of: "by hand", with: "waits \(number)")
                let result = try await call(["-t"], input: Data(text.utf8), gateway)
                #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
            }
            #expect(try maildrop(gateway).count == 3)
            try await gateway.start()
            let captured = try await scenario.emulator.messages(count: 3)
            #expect(Set(captured.map(\.subject)) == ["waits 1", "waits 2", "waits 3"])
            try await eventually("nothing is left") {
                try maildrop(gateway)
            } until: {
                $0.isEmpty
            }
            let rows = try await gateway.store.rows("all are sent") { $0.allSatisfy { $0.status == "S" } }
            #expect(rows.count == 3 && rows.allSatisfy { $0.client == "sendmail" && $0.user == NSUserName() })
        }
    }

    @Test func aSessionIsToldToComeAgain() async throws {
        try await Scenario.run(started: false) { scenario in
            let result = try await call(["-bs"], input: Data("QUIT\r\n".utf8), scenario.gateway)
            #expect(result.status == 75 && result.output.hasPrefix("421 4.3.2 "), "\(result)")
        }
    }

    @Test func whereThereWasNeverAServiceNothingIsAccepted() async throws {
        try await Scenario.run(started: false) { scenario in
            let result = try await call(["a@example.org"], scenario.gateway)
            #expect(result.status == 75 && result.errors.contains("start the service once"), "\(result)")
        }
    }

    /// The service dies and comes back in the middle: what was accepted is there once.
    @Test func exitZeroMeansOnceAndForAll() async throws {
        try await Scenario.run { scenario in
            let gateway = scenario.gateway
            var accepted: Set<String> = []
            for round in 1...3 {
                async let calls = burst(round, gateway)
                try await gateway.kill()
                try await gateway.start()
                accepted.formUnion(try await calls)
            }
            let expected = accepted
            let table = try await eventually("all are in the store") {
                try await gateway.store.query("SELECT subject, COUNT(*) FROM email_log GROUP BY subject")
            } until: {
                Set($0.rows.compactMap(\.first)).isSuperset(of: expected)
            }
            let counts = Dictionary(uniqueKeysWithValues: table.rows.map { ($0[0] ?? "", $0[1] ?? "") })
            #expect(!accepted.isEmpty && accepted.allSatisfy { counts[$0] == "1" }, "\(counts)")
        }
    }

    /// - Returns: the subjects that were accepted.
    private func burst(_ round: Int, _ gateway: Gateway) async throws -> Set<String> {
        _ = try link("sendmail", gateway)
        return try await withThrowingTaskGroup(of: String?.self) { calls in
            for number in 1...8 {
                let subject = "round \(round) number \(number)"
                let text = Self.message.replacingOccurrences(of: "by hand", with: subject)
                calls.addTask {
                    let result = try await call(["-t"], input: Data(text.utf8), gateway)
                    #expect([0, 75].contains(result.status), "\(result)")
                    return result.status == 0 ? subject : nil
                }
            }
            return try await calls.reduce(into: []) { subjects, subject in
                if let subject { subjects.insert(subject) }
            }
        }
    }

    // MARK: For everybody

    private static let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"]

    private static func canBeNobody() async throws -> Bool {
        guard geteuid() == 0, let setpriv = Executables.find("setpriv") else { return false }
        let result = try await Command.run(setpriv, nobody + ["/usr/bin/test", "-x", Executables.postern])
        return result.status == 0
    }

    @Test(.enabled("needs root, setpriv, and a program that others may run") { try await canBeNobody() })
    func aUserWhoMayNotTouchTheStore() async throws {
        let setpriv = try #require(Executables.find("setpriv"))
        try await Scenario.run { scenario in
            let gateway = scenario.gateway
            chmod(gateway.directory.url.path, 0o711)
            let program = try link("sendmail", gateway)
            func send() async throws -> Command.Result {
                try await Command.run(
                    setpriv, Self.nobody + [program, "-C", gateway.file, "-t"], input: Data(Self.message.utf8))
            }
            let beside = try await send()
            #expect(beside.status == 0, "\(beside)")
            try await gateway.stop()
            let without = try await send()
            #expect(without.status == 0, "\(without)")
            try await gateway.start()
            try await scenario.emulator.messages(count: 2)
            let rows = try await gateway.store.rows("both are sent") { $0.map(\.status) == ["S", "S"] }
            #expect(rows.allSatisfy { $0.user == "nobody" })
        }
    }

    // MARK: What is refused

    @Test func refusalsHaveTheirStatus() async throws {
        try await Scenario.run { scenario in
            let stranger = Data("From: x@stranger.org\n\nHello\n".utf8)
            let refused = try await call(["a@example.org"], input: stranger, scenario.gateway)
            #expect(refused.status == 1 && refused.errors.contains("550 5.7.1 No route takes mail from x@stranger.org"))
            for arguments in [[], ["-t"], ["-bd"], ["-Z"], ["not an address"], ["-f"]] {
                let result = try await call(arguments, input: Data("Subject: x\n\nx\n".utf8), scenario.gateway)
                #expect(result.status == 64 && !result.errors.isEmpty, "\(arguments): \(result)")
            }
            let blind = try await call(["-C", "/nowhere/postern.yaml", "a@example.org"], scenario.gateway)
            #expect(blind.status == 78 && blind.errors.contains("/nowhere/postern.yaml"), "\(blind)")
            #expect(try await scenario.gateway.store.rows().isEmpty)
        }
    }

    @Test func whatIsTooLarge() async throws {
        try await Scenario.run(GatewayConfiguration(listener: ["max_message_size: 10KB"])) { scenario in
            let large = Data((Self.message + String(repeating: "x", count: 10_001)).utf8)
            let result = try await call(["a@example.org"], input: large, scenario.gateway)
            #expect(result.status == 1 && result.errors.contains("larger than"), "\(result)")
        }
    }

    @Test func helpIsTheCommandsOwn() async throws {
        try await Scenario.run(started: false) { scenario in
            let result = try await Command.run(Executables.postern, ["sendmail", "--help"])
            #expect(
                result.status == 0 && result.output.contains("-oi") && result.output.contains("maildrop"), "\(result)")
        }
    }
}
