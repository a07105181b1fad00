import Foundation
import Testing

/// An operator follows docs/MIGRATION.md against the emulator, with the configuration and the commands as printed there.
@Suite(.serialized, .timeLimit(.minutes(5))) struct MigrationGuideTests {
    /// What the guide has its reader do, in its order.
    private enum Step {
        /// A new week begins.
        case week(Int)
        /// The route says this from now on.
        case route([String])
        case command(String)
    }

    @Test func theWholePathAsPrinted() async throws {
        let steps = try Self.steps()
        #expect(steps.count { if case .week = $0 { true } else { false } } == 6)
        let first = GatewayConfiguration(route: ["primary: smtp", "fallback: {on: []}"], smtp: [])
        try await Scenario.run(first) { scenario in
            var walk = Walk(scenario)
            for step in steps { try await walk.take(step) }
            try await walk.checkAll()
        }
    }

    /// From the first week on: code blocks in YAML and for the shell, under the headings of the weeks.
    private static func steps() throws -> [Step] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/MIGRATION.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        var (steps, block, language): ([Step], [String], String?) = ([], [], nil)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("## Week "), let number = Int(line.dropFirst(8).prefix { $0.isNumber }) {
                steps.append(.week(number))
            } else if line == "```" || (line.hasPrefix("```") && language == nil) {
                if language == "yaml" { steps.append(.route(block)) }
                if language == "sh" { steps += block.map { .command($0) } }
                (block, language) = ([], language == nil ? String(line.dropFirst(3)) : nil)
            } else if language != nil {
                block.append(line)
            }
        }
        let start = steps.firstIndex { if case .week(1) = $0 { true } else { false } }
        return Array(steps[(start ?? steps.endIndex)...])
    }

    private struct Walk {
        private static let batch = 20
        private let scenario: Scenario
        private var week = 0
        private var sent = 0

        init(_ scenario: Scenario) { self.scenario = scenario }

        mutating func take(_ step: Step) async throws {
            switch step {
            case .week(let number):
                try await checkWeek()
                week = number
            case .route(let keys):
                let configuration = GatewayConfiguration(route: keys, smtp: week < 6 ? [] : nil)
                try scenario.gateway.write(configuration)
            case .command("sudo systemctl reload postern"):
                #expect(try await scenario.gateway.reload().contains("configuration reloaded"), "week \(week)")
                try await mail()
            case .command(let line): try await run(line)
            }
        }

        /// As bash runs it, with what it needs to find our `postern` and its configuration.
        private mutating func run(_ line: String) async throws {
            let directory = scenario.gateway.directory
            let folder = URL(fileURLWithPath: Executables.postern).deletingLastPathComponent().path
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            let result = try await Command.run(
                "/bin/bash", ["-c", line.replacing("/tmp/", with: directory.path("") + "/")],
                environment: ["PATH": "\(folder):\(path)", "POSTERN_CONFIG": scenario.gateway.file],
                directory: directory)
            #expect(result.status == 0, "week \(week): \(line)\n\(result)")
            if line.hasPrefix("postern send") { sent += 1 }
        }

        private mutating func mail() async throws {
            try await scenario.send(Self.batch, from: Corpus.sender, prefix: "week\(week)-\(sent)")
            sent += Self.batch
        }

        /// Nothing waits or has failed, and the paths are those the week promises.
        private func checkWeek() async throws {
            let count = sent
            try await scenario.gateway.store.counts("week \(week): all sent") { $0 == ["S": count] || count == 0 }
            let rows = try await scenario.gateway.store.rows("subject LIKE 'week\(week)-%'")
            switch week {
            case 1, 2: #expect(rows.allSatisfy { $0.path == "smtp" }, "week \(week)")
            case 5, 6: #expect(rows.allSatisfy { $0.path == "graph" }, "week \(week)")
            default: break
            }
            #expect(week == 0 || week == 1 || !rows.isEmpty, "week \(week): no mail was sent")
        }

        /// Each message reached its recipient once, whatever week it was, and the shadow left nothing behind.
        func checkAll() async throws {
            try await checkWeek()
            let captured = try await scenario.emulator.messages()
            #expect(captured.count == sent)
            #expect(Set(captured.map(\.messageId)).count == sent)
            #expect(try await scenario.emulator.counters().drafts == 0)
            #expect(FileManager.default.fileExists(atPath: scenario.gateway.directory.path("trial.html")))
        }
    }
}
