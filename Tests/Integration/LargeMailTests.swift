import Foundation
import Testing

/// What is too large for one Graph request goes as a draft whose attachments are brought to it: whole, or not at all.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LargeMailTests {
    private struct Contents: Decodable, Equatable {
        struct File: Decodable, Equatable {
            var name: String?
            var type: String
            var digest: String
        }

        var text: String?
        var subject: String
        var files: [File]
    }

    /// A message in a file, and what is in it.
    private struct Sample {
        let directory: TemporaryDirectory
        let file: String
        let contents: Contents

        init(_ sizes: [Int], signed: Bool = false) async throws {
            directory = try TemporaryDirectory()
            file = directory.path("large.eml")
            contents = try await Python.run(
                "large.py", ["make", file] + sizes.map(String.init) + (signed ? ["--signed"] : []), as: Contents.self)
        }

        func submit(to scenario: Scenario) async throws {
            _ = try await Python.run(
                "smtplib_client.py", ["\(scenario.gateway.port)", Corpus.sender, Corpus.recipient, file])
        }
    }

    private static func contents(of message: CapturedMessage) async throws -> Contents {
        let directory = try TemporaryDirectory()
        let file = try directory.write(message.mime ?? "", to: "captured.b64")
        return try await Python.run("large.py", ["read", file], as: Contents.self)
    }

    private static let upload = GatewayConfiguration(graph: ["large: upload"])

    /// 20 MB: two attachments by upload sessions, one in place.
    private static let sizes = [10_000_000, 3_500_000, 1_200_000]

    // MARK: It arrives

    @Test func arrivesWithEveryByteOfItsAttachments() async throws {
        let sample = try await Sample(Self.sizes)
        try await Scenario.run(Self.upload) { scenario in
            try await sample.submit(to: scenario)
            let captured = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(try await Self.contents(of: captured) == sample.contents)
            #expect(captured.recipients == [Corpus.recipient] && captured.messageId == "<large@contoso.com>")
            #expect(captured.header("X-Report") == ["annual"] && captured.header("X-Postern-Id").count == 1)
            let row = try #require(try await scenario.gateway.store.rows("sent") { $0.first?.status == "S" }.first)
            try await Self.checkWords(of: row, scenario)
            let counters = try await scenario.emulator.counters()
            #expect(counters.answers(201, to: "uploadSession") == 2 && counters.answers(201, to: "upload") == 2)
            #expect(counters.answers(201, to: "attachment") == 1 && counters.answers(202, to: "send") == 1)
            #expect(counters.answers(202) == 0 && counters.drafts == 0 && counters.throttled == 0)
        }
    }

    /// Which form it took, and what of it found no place there.
    private static func checkWords(of row: Store.Row, _ scenario: Scenario) async throws {
        let attempt = try #require(try await scenario.gateway.store.attempts().first)
        let note = attempt.errorText ?? ""
        #expect(row.attempts == 1 && row.path == "graph" && attempt.outcome == "accepted")
        #expect(note.contains("upload form: a draft with 3 attachments, 2 of them by upload sessions"), "\(note)")
        #expect(note.contains("List-Unsubscribe") && !note.contains("X-Report"), "\(note)")
        let shown = try await scenario.gateway.run("log", "show", row.id)
        #expect(shown.output.contains("upload form") && shown.output.contains("List-Unsubscribe"), "\(shown)")
        let log = try scenario.gateway.program.errors.text
        #expect(!log.contains("authtoken") && !shown.output.contains("authtoken"))
    }

    // MARK: What goes wrong

    /// Ranges that break before and after they arrived, and a session that ends in the middle.
    @Test func goesOnWhereItWasBroken() async throws {
        let sample = try await Sample([7_000_000, 500_000])
        try await Scenario.run(Self.upload) { scenario in
            try await scenario.emulator.addFault(
                #"{"preset": "reset-before-body", "operation": "upload", "nth": 2}"#)
            try await scenario.emulator.addFault(#"{"preset": "answer-lost", "operation": "upload", "nth": 4}"#)
            try await scenario.emulator.addFault(
                #"{"operation": "upload", "nth": 3, "status": 404, "code": "ErrorItemNotFound", "message": "gone"}"#)
            try await sample.submit(to: scenario)
            let captured = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(try await Self.contents(of: captured) == sample.contents)
            try await scenario.gateway.store.counts("sent") { $0 == ["S": 1] }
            let counters = try await scenario.emulator.counters()
            #expect(counters.messages == 1 && counters.drafts == 0)
            #expect(counters.answers(201, to: "draft") == 1, "in one attempt")
            #expect(counters.answers(201, to: "uploadSession") == 2 && counters.answers(404, to: "upload") == 1)
            #expect(try await scenario.gateway.store.attempts().map(\.outcome) == ["accepted"])
        }
    }

    /// An attachment that is refused leaves no draft and no message; the next attempt brings all.
    @Test func aDraftThatIsNotWholeIsNeverSent() async throws {
        let sample = try await Sample([1_500_000, 1_000_000])
        try await Scenario.run(Self.upload) { scenario in
            try await scenario.emulator.addFault(
                #"{"operation": "attachment", "nth": 2, "status": 500, "code": "ErrorInternalServerError"}"#)
            try await sample.submit(to: scenario)
            let captured = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(try await Self.contents(of: captured) == sample.contents)
            try await scenario.gateway.store.counts("sent") { $0 == ["S": 1] }
            let counters = try await scenario.emulator.counters()
            #expect(counters.messages == 1 && counters.drafts == 0 && counters.answers(204, to: "delete") == 1)
            #expect(try await scenario.gateway.store.attempts().map(\.outcome) == ["deferred", "accepted"])
        }
    }

    private static let moments =
        Scale.isLong ? [("draft", 1), ("attachment", 1), ("upload", 1), ("upload", 2)] : [("upload", 1)]

    /// The process is killed when so many of those requests have been answered.
    @Test(arguments: moments) func aKillInTheMiddleLeavesNothingHalf(_ operation: String, _ count: Int) async throws {
        let sample = try await Sample([1_200_000, 7_000_000])
        let configuration = GatewayConfiguration(graph: ["large: upload", "lookup_after: 2s"])
        try await Scenario.run(configuration, emulator: #"{"graph": {"latency": 0.3}}"#) { scenario in
            try await sample.submit(to: scenario)
            try await eventually("\(count) answers to \(operation)") {
                try await scenario.emulator.counters().requests[operation]?.values.reduce(0, +) ?? 0
            } until: {
                $0 >= count
            }
            try await scenario.gateway.kill()
            #expect(try await scenario.emulator.messages().isEmpty)
            try await scenario.gateway.start()
            let captured = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(try await Self.contents(of: captured) == sample.contents)
            try await scenario.gateway.store.counts("sent") { $0 == ["S": 1] }
            try await eventually("the first draft is deleted") {
                try await scenario.emulator.counters().drafts
            } until: {
                $0 == 0
            }
            #expect(try await scenario.emulator.messages().count == 1)
            #expect(try await scenario.gateway.store.attempts().map(\.outcome).last == "accepted")
        }
    }

    @Test func withoutPermissionOnlyLargeMailWaits() async throws {
        let sample = try await Sample([2_500_000])
        try await Scenario.run(Self.upload) { scenario in
            try await scenario.emulator.changeApp(#"{"graphRoles": ["Mail.Send"]}"#)
            let checked = try await scenario.gateway.run("check")
            #expect(checked.output.contains("Mail.ReadWrite") && checked.status == 77, "\(checked)")
            try await sample.submit(to: scenario)
            let rows = try await scenario.gateway.store.rows("it says what is missing") {
                $0.first?.errorText?.contains("Mail.ReadWrite") == true
            }
            #expect(rows.first?.status == "Q" || rows.first?.status == "P")
            try await scenario.send(3)
            try await scenario.emulator.messages(count: 3)
            try await scenario.emulator.changeApp(#"{"graphRoles": ["Mail.Send", "Mail.ReadWrite"]}"#)
            try await scenario.emulator.revokeTokens()
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 4] }
        }
    }

    // MARK: What must not be taken apart

    @Test func signedMailGoesBySMTP() async throws {
        let sample = try await Sample([2_500_000], signed: true)
        try await Scenario.run(GatewayConfiguration(smtp: [], graph: ["large: upload"])) { scenario in
            try await sample.submit(to: scenario)
            let captured = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(captured.path == "smtp")
            let body = WireMessage(captured.bytes).body
            #expect(body == WireMessage(try Data(contentsOf: URL(fileURLWithPath: sample.file))).body)
            let row = try await scenario.gateway.store.rows("sent") { $0.first?.status == "S" }.first
            #expect(row?.fellBack == 1 && row?.path == "smtp")
        }
    }

    @Test func signedMailIsRefusedWhereThereIsNoOtherWay() async throws {
        let sample = try await Sample([2_500_000], signed: true)
        try await Scenario.run(Self.upload) { scenario in
            try await sample.submit(to: scenario)
            let row = try await scenario.gateway.store.rows("refused") { $0.first?.status == "F" }.first
            #expect(row?.errorText?.contains("it is signed") == true, "\(row?.errorText ?? "")")
            #expect(row?.errorText?.contains("`smtp:` section") == true)
            #expect(try await scenario.emulator.counters().requests["draft"] == nil)
        }
    }

    // MARK: Limits

    /// Octets of request bodies in any three seconds.
    @Test("Pitfall 21: octets are limited in any window") func theUploadLimitHoldsInAnyWindow() async throws {
        let configuration = GatewayConfiguration(
            graph: ["large: upload", "mime_limit: 100KB", "limits: {upload_per_mailbox: 8MB/3s}"])
        let sample = try await Sample([900_000, 600_000])
        try await Scenario.run(configuration) { scenario in
            for _ in 0..<5 { try await sample.submit(to: scenario) }
            try await scenario.emulator.messages(count: 5)
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 5] }
            let requests = try await ["draft", "attachment", "send"].asyncMap {
                try await scenario.emulator.requests($0)
            }
            .joined().sorted { $0.arrived < $1.arrived }
            #expect(requests.reduce(0) { $0 + $1.bytes } > 8_000_000)
            for (index, first) in requests.enumerated() {
                let octets = requests[index...].filter { $0.arrived < first.arrived + 3 }.reduce(0) { $0 + $1.bytes }
                #expect(octets <= 8_000_000, "\(octets) octets in the window from \(first.arrived)")
            }
        }
    }
}

extension [String] {
    fileprivate func asyncMap<Value>(_ transform: (String) async throws -> [Value]) async throws -> [[Value]] {
        var values: [[Value]] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
