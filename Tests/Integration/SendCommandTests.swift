import Foundation
import Testing

/// `postern send`: one message now, or into the queue.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SendCommandTests {
    private static let message = [
        "--from", "Reports <reports@contoso.com>", "--to", "a@example.org", "b@example.org", "--cc", "c@example.org",
        "--bcc", "d@example.org", "--subject", "Grüße & figures", "--text", "It works.\nZweite Zeile.",
    ]

    private func send(_ arguments: [String], _ scenario: Scenario) async throws -> Command.Result {
        try await Command.run(Executables.postern, ["send", "--config", scenario.gateway.file] + arguments)
    }

    @Test func oneMessageNow() async throws {
        try await Scenario.run(started: false) { scenario in
            let attachment = try scenario.gateway.directory.write("a,b\n1,2\n", to: "figures.csv")
            let result = try await send(Self.message + ["--attach", attachment], scenario)
            #expect(result.status == 0, "\(result)")
            let message = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(Set(message.recipients) == Set("abcd".map { "\($0)@example.org" }))
            #expect(message.subject == "Grüße & figures")
            #expect(message.bytes.text.contains("figures.csv") && !message.bytes.text.contains("d@example.org"))
        }
    }

    @Test func theOutcomeAsJSON() async throws {
        try await Scenario.run(started: false) { scenario in
            let result = try await send(Self.message + ["--json"], scenario)
            let document = try #require(try JSONSerialization.jsonObject(with: result.bytes) as? [String: Any])
            #expect(document["outcome"] as? String == "accepted" && document["http_status"] as? Int == 202)
            #expect((document["request_id"] as? String)?.isEmpty == false)
        }
    }

    // MARK: Which way it would take

    @Test func aDryRunExplainsTheWayAndSendsNothing() async throws {
        try await Scenario.run(GatewayConfiguration(smtp: []), started: false) { scenario in
            let plain = try await send(Self.message + ["--dry-run"], scenario)
            #expect(plain.status == 0 && plain.output.contains("by Graph, as one MIME request"), "\(plain)")
            #expect(plain.output.contains("4 recipients") && plain.output.contains("Nothing was sent."))
            let naming = try scenario.gateway.directory.write(
                "From: reports@contoso.com\r\nTo: x@example.net\r\n\r\nText.\r\n", to: "naming.eml")
            let arguments = ["--from", Corpus.sender, "--to", Corpus.recipient, "--eml", naming, "--dry-run"]
            let other = try await send(arguments + ["--json"], scenario)
            let document = try #require(try JSONSerialization.jsonObject(with: other.bytes) as? [String: Any])
            let plan = try #require(document["plan"] as? [String: Any])
            #expect(plan["form"] as? String == "submission" && plan["path"] as? String == "smtp")
            #expect(plan["fell_back"] as? Bool == true && document["dry_run"] as? Bool == true)
            let refused = try await send(arguments + ["--via", "graph"], scenario)
            #expect(refused.status == 1 && refused.output.contains("plan     refused"), "\(refused)")
            #expect(try await scenario.emulator.counters().messages == 0)
            #expect(!FileManager.default.fileExists(atPath: scenario.gateway.store.path))
        }
    }

    @Test func aRefusalSaysWhyAndWhatToDo() async throws {
        try await Scenario.run(started: false) { scenario in
            try await scenario.emulator.changeApp(#"{"graphRoles": []}"#)
            let result = try await send(Self.message, scenario)
            #expect(result.status == 77, "\(result)")
            #expect(result.output.contains("ErrorAccessDenied") && result.output.contains("Access is denied"))
        }
    }

    @Test func aRefusalForGoodIsOne() async throws {
        try await Scenario.run(started: false) { scenario in
            try await scenario.emulator.addFault(
                #"{"operation": "sendMail", "status": 400, "code": "ErrorInvalidRecipients", "message": "One is bad."}"#
            )
            let result = try await send(Self.message, scenario)
            #expect(result.status == 1 && result.output.contains("ErrorInvalidRecipients"), "\(result)")
            #expect(result.output.contains("One is bad."))
        }
    }

    @Test func anOutageIsSixtyNine() async throws {
        try await Scenario.run(GatewayConfiguration(endpoint: "http://127.0.0.1:9"), started: false) { scenario in
            let result = try await send(Self.message, scenario)
            #expect(result.status == 69, "\(result)")
        }
    }

    @Test func aSenderWithoutARouteIsRefused() async throws {
        try await Scenario.run(started: false) { scenario in
            let result = try await send(
                ["--from", "x@elsewhere.test", "--to", "a@example.org", "--text", "x"], scenario)
            #expect(result.status != 0 && result.errors.contains("x@elsewhere.test"), "\(result)")
        }
    }

    /// Without a service the message waits; with one it goes out.
    @Test func intoTheQueueBeforeAndBesideTheService() async throws {
        try await Scenario.run(started: false) { scenario in
            let before = try await send(Self.message + ["--queue"], scenario)
            #expect(before.status == 0 && before.output.contains("queued as "), "\(before)")
            #expect(try await scenario.gateway.store.counts() == ["Q": 1])
            try await scenario.gateway.start()
            try await scenario.emulator.messages(count: 1)
            let beside = try await send(Self.message + ["--queue"], scenario)
            #expect(beside.status == 0)
            try await scenario.emulator.messages(count: 2)
            try await scenario.gateway.store.counts("both sent") { $0 == ["S": 2] }
        }
    }

    @Test func aWholeMessageFromAFile() async throws {
        let corpus = try await Corpus.make()
        try await Scenario.run(started: false) { scenario in
            for path in corpus.paths {
                let result = try await send(
                    ["--from", Corpus.sender, "--to", Corpus.recipient, "--eml", path], scenario)
                #expect(result.status == 0, "\(path): \(result)")
            }
            for message in try await scenario.emulator.messages(count: corpus.files.count, mime: true) {
                let original = WireMessage(try corpus.directory.read("\(message.subject).eml"))
                #expect(WireMessage(message.bytes).body == original.body, "\(message.subject)")
            }
        }
    }
}
