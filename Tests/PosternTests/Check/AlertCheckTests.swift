import Foundation
import HTTPTransport
import MailModel
import Testing

@testable import Postern

@Suite(.timeLimit(.minutes(1))) struct AlertCheckTests {
    private func items(_ alert: String) async throws -> [CheckItem] {
        let settings = try configuration("\(Desk.routes)\nalerts: [{name: a, when: token_error, \(alert)}]")
        let clocks = ManualClock().clocks
        var way = NetworkCheck(patience: .seconds(15), transport: HTTPTransport(), clocks: clocks)
        return await Checkup(settings, clocks: clocks).alertItems(&way)
    }

    /// The path is the secret: neither is it shown, nor is anything posted.
    @Test func theWayToAWebhook() async throws {
        try await ScriptedMicrosoft.serve { microsoft in
            let items = try await items("webhook: {url: \"\(microsoft.endpoint)/hook/s3cret\"}")
            #expect(items.map(\.verdict) == [.ok] && items[0].subject == microsoft.endpoint)
            #expect(microsoft.mailCalls.map(\.method) == ["GET"] && microsoft.mailCalls.map(\.path) == ["/"])
        }
        let lost = try await items("webhook: {url: \"http://127.0.0.1:9/s3cret\"}")
        #expect(lost.map(\.fault) == [.unavailable] && !"\(lost)".contains("s3cret"))
    }

    @Test(arguments: [
        ("ops@contoso.com", "goes to ops@contoso.com, from ops@contoso.com"),
        ("ops@elsewhere.test", "goes to ops@elsewhere.test, from noreply@fabrikam.com"),
    ])
    func whoMailComesFrom(_ recipient: String, _ text: String) async throws {
        #expect(try await items("email: \(recipient)").map(\.text) == [text])
    }

    @Test(arguments: [("/bin/sh", true), ("sh", true), ("/nowhere/page", false), ("/etc", false), ("no-such", false)])
    func aProgramThatCanBeRun(_ program: String, _ isThere: Bool) async throws {
        let items = try await items("command: [\"\(program)\", -x]")
        #expect(items.map(\.fault) == [isThere ? nil : .configuration] && items[0].text.contains(program))
    }

    @Test func theDefaultsHaveNoChannels() async throws {
        var way = NetworkCheck(patience: .seconds(15), transport: HTTPTransport(), clocks: ManualClock().clocks)
        #expect(await Checkup(try configuration(Desk.routes)).alertItems(&way).isEmpty)
    }
}
