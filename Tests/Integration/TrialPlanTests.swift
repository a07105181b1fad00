import Foundation
import Testing

/// `postern trial plan`: counts as a plain count over the log counts, and a configuration that is one.
@Suite(.serialized, .timeLimit(.minutes(5))) struct TrialPlanTests {
    private struct Plan: Decodable {
        struct Sender: Decodable {
            struct Busiest: Decodable { var count: Int }
            var sender: String
            var messages: Int
            var recipients: Int
            var busiestMinute: Busiest
            var longestWaitMs: Int
        }

        var format: String
        var messages: Int
        var recipients: Int
        var size: Int
        var oversize: Int
        var split: Int
        var unrepresentable: Int?
        var senders: [Sender]
        var unusableSenders: [String: Int]
    }

    private struct Count: Decodable {
        struct Sender: Decodable {
            var sender: String
            var messages: Int
            var recipients: Int
            var minute: Int
        }

        var messages: Int
        var recipients: Int
        var size: Int
        var oversize: Int
        var split: Int
        var senders: [Sender]
    }

    private static func plan(_ arguments: [String], input: Data = Data()) async throws -> Command.Result {
        try await Command.run(Executables.postern, ["trial", "plan"] + arguments, input: input)
    }

    /// Of mail that a real Postfix took, and then tried to deliver again and again.
    @Test(
        .enabled(if: Executables.find("postfix") != nil, "postfix is not installed: scripts/requirements test"),
        .enabled(if: getuid() == 0, "Postfix starts only as root"))
    func aPostfixLogIsCountedAsAPlainCountDoes() async throws {
        let place = try TemporaryDirectory(permissions: 0o755)
        let log = try await Self.logOfPostfix(place)
        let count = try await Python.run("mail_volume.py", ["count", log], as: Count.self)
        let result = try await Self.plan(["--json", log])
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        let plan = try JSONDecoder.snakeCase.decode(Plan.self, from: result.bytes)
        #expect(plan.format == "postfix" && plan.unrepresentable == nil)
        #expect(count.messages == 51 && count.oversize == 1 && count.split == 3)
        #expect(plan.messages == count.messages && plan.recipients == count.recipients && plan.size == count.size)
        #expect(plan.oversize == count.oversize && plan.split == count.split)
        let usable = count.senders.filter { !$0.sender.isEmpty }
        #expect(plan.unusableSenders == ["": 1])
        #expect(plan.senders.map(\.sender).sorted() == usable.map(\.sender))
        for sender in usable {
            let found = plan.senders.first { $0.sender == sender.sender }
            #expect(found?.messages == sender.messages && found?.recipients == sender.recipients, "\(sender)")
            #expect(found?.busiestMinute.count == sender.minute, "\(sender)")
        }
        try await Self.isReadFromStandardInput(log, result)
        try await Self.givesAConfiguration(log, place)
    }

    /// Nobody listens where it relays to, so it goes on naming the same senders in its log.
    private static func logOfPostfix(_ place: TemporaryDirectory) async throws -> String {
        struct Started: Decodable { var port: UInt16 }
        let started = try await Python.run("postfix_relay.py", ["start", place.url.path, "9"], as: Started.self)
        do {
            _ = try await Python.run("mail_volume.py", ["send", "\(started.port)"])
            try await eventually("each was tried twice") {
                let text = String(decoding: try place.read("log"), as: UTF8.self)
                return text.components(separatedBy: ", nrcpt=").count - 1
            } until: {
                $0 >= 2 * 51
            }
        } catch {
            _ = try? await Python.run("postfix_relay.py", ["stop", place.url.path])
            throw error
        }
        _ = try await Python.run("postfix_relay.py", ["stop", place.url.path])
        return place.path("log")
    }

    private static func isReadFromStandardInput(_ log: String, _ expected: Command.Result) async throws {
        let result = try await plan(["--json", "-"], input: try Data(contentsOf: URL(fileURLWithPath: log)))
        #expect(result.status == 0 && result.bytes == expected.bytes)
    }

    private static func givesAConfiguration(_ log: String, _ place: TemporaryDirectory) async throws {
        let yaml = try await plan(["--yaml", log])
        let file = try place.write(yaml.output, to: "postern.yaml")
        let check = try await Command.run(
            Executables.postern, ["config", "check", "--config", file],
            environment: ["POSTERN_CLIENT_SECRET": "secret"])
        #expect(check.status == 0 && check.errors.isEmpty, "\(yaml.output)\n\(check)")
    }

    @Test func aCSVFileIsShownAsATable() async throws {
        let place = try TemporaryDirectory()
        let rows = (0..<45).map { "2026-11-21 10:00:\($0 + 10),reports@contoso.com,2,3000" }
        let file = try place.write((["time,sender,recipients,size"] + rows).joined(separator: "\n"), to: "volume.csv")
        let result = try await Self.plan([file])
        #expect(result.status == 0, "\(result)")
        #expect(result.lines.first == "45 messages to 90 recipients from 1 sender")
        #expect(result.output.contains("reports@contoso.com up to 45") && result.output.contains("primary: smtp"))
    }

    @Test func whatCannotBeReadIsNamed() async throws {
        let place = try TemporaryDirectory()
        let missing = try await Self.plan([place.path("none")])
        #expect(missing.status == 66 && missing.errors.contains("none cannot be read"), "\(missing)")
        let note = try await Self.plan([try place.write("hello\n", to: "note.txt")])
        #expect(note.status == 64 && note.errors.contains("is no log of Postfix or Exim"), "\(note)")
        let empty = try await Self.plan(["--format", "postfix", place.path("note.txt")])
        #expect(empty.status == 66 && empty.errors.contains("no messages found in 1 lines"), "\(empty)")
        #expect(try await Self.plan([]).status == 64)
    }
}
