import Foundation
import Testing

/// `postern log bursts`: failures clustered in time, beside a running service and without one.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LogBurstsTests {
    @Test func nothingFound() async throws {
        try await Scenario.run { scenario in
            let text = try await scenario.gateway.run("log", "bursts")
            #expect(text.status == 0 && text.output.hasPrefix("No bursts"), "\(text)")
            let document = try await scenario.gateway.run("log", "bursts", "--json")
            #expect(document.status == 0 && document.output == "[]\n", "\(document)")
        }
    }

    @Test func refusalsTogether() async throws {
        try await Scenario.run { scenario in
            try await scenario.emulator.addFault(
                #"{"operation": "sendMail", "count": 5, "status": 400, "code": "ErrorInvalidRecipients", "message": "One is bad."}"#
            )
            try await scenario.send(5)
            try await scenario.gateway.store.counts("all failed") { $0 == ["F": 5] }
            try await scenario.send(2)
            try await scenario.gateway.store.counts("two sent") { $0["S"] == 2 }
            try await isTold(scenario)
            try await scenario.gateway.stop()
            try await isTold(scenario)
            let elsewhere = try await scenario.gateway.run("log", "bursts", "--route", "elsewhere", "--since", "1d")
            #expect(elsewhere.status == 0 && elsewhere.output.hasPrefix("No bursts"), "\(elsewhere)")
        }
    }

    private func isTold(_ scenario: Scenario) async throws {
        let text = try await scenario.gateway.run("log", "bursts", "--window", "1m")
        #expect(text.status == 0 && text.lines.count == 5, "\(text)")
        #expect(text.output.contains("400 ErrorInvalidRecipients One is bad.") && text.output.contains("5 failed"))
        #expect(text.output.contains("postern resend"))
        let result = try await scenario.gateway.run("log", "bursts", "--window", "1m", "--since", "1d", "--json")
        #expect(result.status == 0, "\(result)")
        let bursts = try #require(try JSONSerialization.jsonObject(with: result.bytes) as? [[String: Any]])
        let burst = try #require(bursts.first)
        #expect(bursts.count == 1 && burst["kind"] as? String == "refused" && burst["path"] as? String == "graph")
        #expect(burst["attempts"] as? Int == 5 && burst["messages"] as? Int == 5)
        #expect(burst["mailboxes"] as? [String] == ["reports@contoso.com"])
        #expect((burst["status"] as? [String: Int])?["F"] == 5)
    }

    @Test func theWindowIsLongerThanNothing() async throws {
        try await Scenario.run(started: false) { scenario in
            let result = try await scenario.gateway.run("log", "bursts", "--window", "0s")
            #expect(result.status == 64, "\(result)")
        }
    }
}
