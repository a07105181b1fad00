import Foundation
import Testing

/// Alerts as people get them: by a real HTTP receiver, from the real service.
@Suite(.serialized, .timeLimit(.minutes(5))) struct AlertTests {
    private struct Told: Decodable {
        var name: String
        var state: String
        var count: Int
        var samples: [Sample]
        struct Sample: Decodable { var id: String, status: String }
    }

    /// - Parameter refusals: how many posts the receiver answers with 500 first.
    private func withReceiver(refusals: Int = 0, _ body: (String, () throws -> [Told]) async throws -> Void)
        async throws
    {
        let receiver = try Python.program("receiver.py", ["--refuse", "\(refusals)"])
        do {
            let url = try await receiver.readyLine().split(separator: " ").last.map(String.init) ?? ""
            try await body(url) {
                try receiver.output.text.split(separator: "\n").map {
                    try JSONDecoder().decode(Told.self, from: Data($0.utf8))
                }
            }
        } catch {
            await receiver.kill()
            throw error
        }
        await receiver.kill()
    }

    /// The reports of the incident, refused for good, at a receiver that has trouble of its own.
    @Test func theIncidentIsOneOpeningWithTheRightCountAndOneClosing() async throws {
        try await withReceiver(refusals: 1) { url, told in
            let alerts = "alerts: [{name: failures, when: failed >= 5 in 20s, webhook: {url: \"\(url)/hook\"}}]"
            try await Scenario.run(GatewayConfiguration(top: [alerts])) { scenario in
                try await scenario.emulator.addFault(
                    #"{"operation": "sendMail", "status": 400, "code": "ErrorInvalidRecipients", "message": "No.", "count": 27}"#
                )
                let ids = try await scenario.send(27)
                try await scenario.gateway.store.counts("failed") { $0 == ["F": 27] }
                let all = try await eventually("opening and closing", within: .seconds(120)) {
                    try told()
                } until: {
                    $0.count >= 2
                }
                #expect(
                    all.map { "\($0.name) \($0.state) \($0.count)" } == ["failures opened 27", "failures closed 27"])
                #expect(all.first?.samples.count == 5)
                #expect(all.first?.samples.allSatisfy { ids.contains($0.id) && $0.status == "F" } == true)
                let log = try scenario.gateway.program.errors.text
                #expect(log.contains("error alert opened") && log.contains("notice alert closed"))
                #expect(!log.contains(url), "the address is a secret")
            }
        }
    }

    @Test func theChannelsCanBeTriedOutWithoutAService() async throws {
        try await withReceiver { url, told in
            let alerts = """
                alerts:
                  - {name: hook, when: token_error, webhook: {url: "\(url)/hook"}}
                  - {name: page, when: token_error, command: [/bin/false]}
                  - {name: quiet, when: token_error}
                """
            try await Scenario.run(
                GatewayConfiguration(top: alerts.split(separator: "\n").map(String.init)), started: false
            ) { scenario in
                let hook = try await scenario.gateway.run("alert", "test", "hook")
                #expect(hook.status == 0 && hook.output.hasPrefix("hook webhook: ok, the receiver answered 200 ("))
                #expect(try told().map(\.state) == ["test"])
                let quiet = try await scenario.gateway.run("alert", "test", "quiet")
                #expect(quiet.status == 0 && quiet.output == "quiet: no channel, it is heard of in the log alone\n")
                let all = try await scenario.gateway.run("alert", "test", "--json")
                #expect(all.status == 69 && all.output.contains("/bin/false ended with status 1"))
                let stranger = try await scenario.gateway.run("alert", "test", "nobody")
                #expect(stranger.status == 64 && stranger.errors.contains("there is no alert nobody"))
            }
        }
    }
}
