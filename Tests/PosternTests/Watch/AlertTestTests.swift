import EmailLog
import Foundation
import MailModel
import Testing

@testable import Postern

/// `postern alert test`: the channels fired now.
@Suite(.timeLimit(.minutes(5))) struct AlertTestTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func settings(_ alerts: String) throws -> Configuration {
        try AlertBench.settings("store: \(directory.store)\nalerts:\n\(alerts)")
    }

    private func run(_ alerts: String) async throws -> [String] {
        let settings = try settings(alerts)
        return await AlertTest(settings, clocks: ManualClock().clocks).run(settings.alerts).map { step in
            let words: String =
                switch step.result {
                case .success(let detail): "ok: \(detail)"
                case .failure(let failure): "failed: \(failure)"
                }
            return "\(step.alert) \(step.channel.rawValue) \(words)"
        }
    }

    @Test func everyChannelIsFiredAndNamed() async throws {
        let friendly: ScriptedMicrosoft.Script = { _, _ in .status(204) }
        try await ScriptedMicrosoft.serve(friendly) { receiver in
            let steps = try await run(
                """
                  - name: all
                    when: token_error
                    webhook: {url: "\(receiver.endpoint)/hook?key=secret"}
                    email: ops@contoso.com
                    command: [/bin/sh, -c, 'cat > "$0"', '\(directory.path)/out']
                  - {name: quiet, when: token_error}
                """)
            let log = try directory.tool()
            let row = try #require(try await log.rows(LogFilter()).first)
            #expect(
                steps == [
                    "all webhook ok: the receiver answered 204", "all email ok: queued as \(row.id)",
                    "all command ok: /bin/sh ended with status 0",
                ])
            #expect(row.client == "alert" && row.status == .queued)
            #expect(receiver.postedWords == ["all test 0"])
            let text = try String(contentsOfFile: "\(directory.path)/out", encoding: .utf8)
            #expect(text.hasPrefix("This is a test of the alert, nothing is wrong.\n"))
        }
    }

    @Test func whatFailsIsNamedWithoutTheSecretAddress() async throws {
        let refusing: ScriptedMicrosoft.Script = { _, _ in .status(403) }
        try await ScriptedMicrosoft.serve(refusing) { receiver in
            let steps = try await run(
                """
                  - name: hook
                    when: token_error
                    webhook: {url: "\(receiver.endpoint)/secret"}
                    email: ops@elsewhere.org
                    command: /bin/false
                  - {name: gone, when: token_error, webhook: {url: "http://127.0.0.1:1/secret"}}
                """)
            #expect(
                steps.prefix(3) == [
                    "hook webhook failed: the receiver answered 403",
                    "hook email failed: no route takes mail from ops@elsewhere.org, and none has a `mailbox` it could come from",
                    "hook command failed: /bin/false ended with status 1",
                ])
            #expect(steps.count == 4 && steps[3].hasPrefix("gone webhook failed: "))
            #expect(!steps.joined().contains("secret"))
        }
    }

    @Test func aStoreThatCannotBeOpenedIsAFailureOfThatChannel() async throws {
        let settings = try AlertBench.settings(
            "store: /nowhere/postern.sqlite\nalerts: [{name: a, when: token_error, email: ops@contoso.com}]")
        let steps = await AlertTest(settings).run(settings.alerts)
        guard case .failure(let failure) = steps.first?.result else {
            Issue.record("\(steps)")
            return
        }
        #expect(failure.description.hasPrefix("not queued: the directory /nowhere does not exist"))
    }
}
